//! [`Frame`]: a function that runs, with what its expressions are for every invocation.

use naga::valid::FunctionInfo;
use naga::{Expression, Function, Handle, Module, TypeInner};

use super::constants;
use super::pointer::Pointer;
use super::value::{Mask, Operand, Values};
use crate::layout::{Layout, Shape};

/// A function that runs.
pub(crate) struct Frame<'a> {
    pub function: &'a Function,
    pub info: &'a FunctionInfo,
    /// What expressions are, by index.
    pub values: Vec<Values>,
    /// Where those that are pointers point, by index.
    pub pointers: Vec<Option<Pointer>>,
    /// The first of its local variables among those of all functions that run.
    pub locals: usize,
    /// Steps that a call counts for.
    pub cost: u64,
    pub result: Option<Values>,
    pub returned: Mask,
    /// Left the innermost loop or switch.
    pub broken: Mask,
    /// Gone on to the next iteration.
    pub continued: Mask,
    /// May have left the function, or a loop that it is in, and went on as if not.
    pub unsure: Mask,
}

impl<'a> Frame<'a> {
    /// A frame whose constants are there already.
    pub fn new(
        module: &'a Module,
        layout: &Layout,
        function: &'a Function,
        info: &'a FunctionInfo,
        lanes: usize,
    ) -> Frame<'a> {
        let expressions = &function.expressions;
        let values = expressions.iter().map(|(handle, expression)| {
            let constant = matches!(
                expression,
                Expression::Literal(_)
                    | Expression::Constant(_)
                    | Expression::ZeroValue(_)
                    | Expression::Splat { .. }
                    | Expression::Compose { .. }
            );
            let words = constant
                .then(|| constants::words(module, layout, expressions, handle))
                .flatten();
            words.map_or_else(Values::default, |words| Values::splat(&words, lanes))
        });
        Frame {
            function,
            info,
            values: values.collect(),
            pointers: vec![None; expressions.len()],
            locals: 0,
            cost: 1,
            result: None,
            returned: Mask::nobody(lanes),
            broken: Mask::nobody(lanes),
            continued: Mask::nobody(lanes),
            unsure: Mask::nobody(lanes),
        }
    }

    /// Makes an earlier frame of the same function fit for another call.
    pub fn reset(&mut self, lanes: usize) {
        self.result = None;
        self.returned = Mask::nobody(lanes);
        self.broken = Mask::nobody(lanes);
        self.continued = Mask::nobody(lanes);
        self.unsure = Mask::nobody(lanes);
    }

    pub fn inner<'m>(
        &'m self,
        module: &'m Module,
        expression: Handle<Expression>,
    ) -> &'m TypeInner {
        self.info[expression].ty.inner_with(&module.types)
    }

    pub fn shape(&self, module: &Module, expression: Handle<Expression>) -> Option<Shape> {
        Shape::of(self.inner(module, expression))
    }

    pub fn value(&self, expression: Handle<Expression>) -> &Values {
        &self.values[expression.index()]
    }

    /// A value as an operand; its words tell how many components it has.
    pub fn operand(&self, expression: Handle<Expression>, lanes: usize) -> Operand<'_> {
        let values = self.value(expression);
        Operand {
            count: (values.words.len() / lanes).max(1),
            values,
        }
    }
}
