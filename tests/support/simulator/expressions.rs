//! What expressions are for the invocations of a workgroup, where pointers point, and what is read and written there.

use naga::{Expression, GlobalVariable, Handle, LocalVariable, ScalarKind, Span, TypeInner};

use super::machine::{Frame, Mask, Values, Workgroup};
use super::values::{UNKNOWN, Value, compute, is_followed, shape};
use crate::support::lint::Rule;

/// What a pointer points at.
struct Place {
    root: Root,
    /// In bytes; `None` if it depends on what is not computed.
    offset: Option<u32>,
}

enum Root {
    Global(Handle<GlobalVariable>),
    Local(Handle<LocalVariable>),
    Unknown,
}

impl<'a> Workgroup<'a, '_> {
    pub(super) fn inner<'f>(
        &'f self,
        frame: &'f Frame<'a>,
        expression: Handle<Expression>,
    ) -> &'f TypeInner {
        frame.info[expression]
            .ty
            .inner_with(&self.shader.module.types)
    }

    pub(super) fn emit(
        &mut self,
        frame: &mut Frame<'a>,
        expression: Handle<Expression>,
        active: &Mask,
    ) {
        let span = frame.function.expressions.get_span(expression);
        if let Expression::Load { pointer } = frame.function.expressions[expression] {
            let values = self.load(frame, pointer, span, active);
            frame.values.insert(expression, values);
        } else if is_followed(self.inner(frame, expression)) {
            let old = frame.values.remove(&expression);
            let mut values = old.unwrap_or_else(|| vec![UNKNOWN; self.invocations]);
            for lane in (0..self.invocations).filter(|&lane| active[lane]) {
                values[lane] = self.compute(frame, expression, lane);
            }
            frame.values.insert(expression, values);
        }
    }

    fn compute(&self, frame: &Frame<'a>, expression: Handle<Expression>, lane: usize) -> Value {
        if let Expression::FunctionArgument(index) = frame.function.expressions[expression] {
            return frame.arguments[index as usize][lane];
        }
        compute(
            &self.shader.module,
            frame.function,
            expression,
            &|operand| shape(self.inner(frame, operand)),
            &|operand| self.value(frame, operand, lane),
        )
    }

    /// What an expression is for an invocation; those that need no emission are computed.
    pub(super) fn value(
        &self,
        frame: &Frame<'a>,
        expression: Handle<Expression>,
        lane: usize,
    ) -> Value {
        match frame.values.get(&expression) {
            Some(values) => values[lane],
            None if frame.function.expressions[expression].needs_pre_emit() => {
                self.compute(frame, expression, lane)
            }
            // Of a type that is not followed.
            None => UNKNOWN,
        }
    }

    pub(super) fn all(&self, frame: &Frame<'a>, expression: Handle<Expression>) -> Values {
        (0..self.invocations)
            .map(|lane| self.value(frame, expression, lane))
            .collect()
    }

    fn place(&self, frame: &Frame<'a>, pointer: Handle<Expression>, lane: usize) -> Place {
        let step = |base: Handle<Expression>, index: Option<u32>| {
            let mut place = self.place(frame, base, lane);
            let types = &self.shader.module.types;
            let apart = |inner: &TypeInner| match (inner, index) {
                (TypeInner::Array { stride, .. }, Some(index)) => {
                    Some(stride.saturating_mul(index))
                }
                (TypeInner::Vector { .. }, Some(index)) => Some(4 * index),
                (TypeInner::Struct { members, .. }, Some(index)) => {
                    members.get(index as usize).map(|member| member.offset)
                }
                _ => None,
            };
            let offset = match *self.inner(frame, base) {
                TypeInner::Pointer { base, .. } => apart(&types[base].inner),
                TypeInner::ValuePointer { .. } => index.map(|index| 4 * index),
                _ => None,
            };
            // An offset past 4 GiB is out of bounds, though some drivers wrap it around to a word that is there.
            place.offset = place.offset.zip(offset).map(|(a, b)| a.saturating_add(b));
            place
        };
        let root = match frame.function.expressions[pointer] {
            Expression::GlobalVariable(variable) => Root::Global(variable),
            Expression::LocalVariable(variable) => Root::Local(variable),
            Expression::Access { base, index } => {
                return step(base, self.value(frame, index, lane)[0]);
            }
            Expression::AccessIndex { base, index } => return step(base, Some(index)),
            _ => Root::Unknown,
        };
        Place {
            root,
            offset: Some(0),
        }
    }

    /// Words of what a pointer points at, and whether it is an atomic.
    fn pointee(&self, frame: &Frame<'a>, pointer: Handle<Expression>) -> (usize, bool) {
        let module = &self.shader.module;
        match *self.inner(frame, pointer) {
            TypeInner::Pointer { base, .. } => {
                let inner = &module.types[base].inner;
                let atomic = matches!(inner, TypeInner::Atomic(_));
                let words = match inner {
                    // A boolean has no size in memory; here it takes a word.
                    TypeInner::Scalar(scalar) if scalar.kind == ScalarKind::Bool => 1,
                    TypeInner::Vector { size, scalar } if scalar.kind == ScalarKind::Bool => {
                        *size as u32
                    }
                    _ => inner.size(module.to_ctx()) / 4,
                };
                (words as usize, atomic)
            }
            TypeInner::ValuePointer { size, scalar, .. } => {
                debug_assert!(scalar.kind == ScalarKind::Bool || scalar.width == 4);
                (size.map_or(1, |size| size as usize), false)
            }
            _ => (1, false),
        }
    }

    pub(super) fn load(
        &mut self,
        frame: &Frame<'a>,
        pointer: Handle<Expression>,
        span: Span,
        active: &Mask,
    ) -> Values {
        let (count, atomic) = self.pointee(frame, pointer);
        let mut values = vec![UNKNOWN; self.invocations];
        for lane in (0..self.invocations).filter(|&lane| active[lane] && !atomic) {
            let place = self.place(frame, pointer, lane);
            values[lane] = match (place.root, place.offset) {
                (Root::Local(variable), Some(offset)) => {
                    let first = offset as usize / 4;
                    let whole = frame.locals[&variable][lane];
                    std::array::from_fn(|i| whole.get(first + i).copied().flatten())
                }
                (Root::Global(variable), Some(offset)) => {
                    let first = offset as usize / 4;
                    let memory = &mut *self.memory;
                    memory.touch(variable, first, count, lane as u32, false, span)
                }
                (Root::Global(_), None) => {
                    self.memory
                        .report(Rule::Opaque, span, "an index".to_owned());
                    UNKNOWN
                }
                _ => UNKNOWN,
            };
        }
        values
    }

    pub(super) fn store(
        &mut self,
        frame: &mut Frame<'a>,
        pointer: Handle<Expression>,
        value: Handle<Expression>,
        span: Span,
        active: &Mask,
    ) {
        let (count, atomic) = self.pointee(frame, pointer);
        for lane in (0..self.invocations).filter(|&lane| active[lane] && !atomic) {
            let place = self.place(frame, pointer, lane);
            match (place.root, place.offset) {
                (Root::Local(variable), offset) => {
                    let new = self.value(frame, value, lane);
                    let Some(values) = frame.locals.get_mut(&variable) else {
                        continue;
                    };
                    match offset {
                        Some(offset) => {
                            let first = offset as usize / 4;
                            let parts = values[lane].iter_mut().skip(first).take(count);
                            parts.zip(new).for_each(|(part, new)| *part = new);
                        }
                        None => values[lane] = UNKNOWN,
                    }
                }
                (Root::Global(variable), Some(offset)) => {
                    let first = offset as usize / 4;
                    let memory = &mut *self.memory;
                    memory.touch(variable, first, count, lane as u32, true, span);
                }
                (Root::Global(_), None) => {
                    self.memory
                        .report(Rule::Opaque, span, "an index".to_owned());
                }
                (Root::Unknown, _) => {}
            }
        }
    }
}
