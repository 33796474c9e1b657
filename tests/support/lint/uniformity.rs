//! What naga's validator does not check: subgroup operations where there may be none, and barriers that not
//! every invocation of a workgroup reaches.

use std::collections::HashSet;

use naga::{
    AddressSpace, Binding, Block, BuiltIn, Expression, Function, Handle, LocalVariable, Module,
    Statement, StorageAccess,
};

use super::modules::{functions, statements};

/// Subgroup operations and built-ins in the module.
pub fn subgroup_operations(module: &Module) -> usize {
    let mut count = 0;
    for function in functions(module) {
        count += function
            .arguments
            .iter()
            .filter(|argument| is_subgroup(argument.binding.as_ref()))
            .count();
        statements(&function.body, &mut |statement| {
            count += usize::from(matches!(
                statement,
                Statement::SubgroupBallot { .. }
                    | Statement::SubgroupGather { .. }
                    | Statement::SubgroupCollectiveOperation { .. }
            ));
        });
    }
    count
}

fn is_subgroup(binding: Option<&Binding>) -> bool {
    matches!(
        binding,
        Some(Binding::BuiltIn(
            BuiltIn::SubgroupId
                | BuiltIn::SubgroupSize
                | BuiltIn::SubgroupInvocationId
                | BuiltIn::NumSubgroups
        ))
    )
}

/// Barriers of the entry points that stand where control flow may differ within a workgroup.
///
/// A value is uniform if it comes from constants, uniforms, the workgroup's place, or read-only memory at a
/// uniform index. A local variable is uniform if all it is ever given is, in uniform control flow. A break,
/// continue or return in non-uniform flow makes what may follow it non-uniform: to the end of the loop or
/// function.
pub fn divergent_barriers(module: &Module) -> Vec<String> {
    let mut complaints = Vec::new();
    for entry in &module.entry_points {
        let mut flow = Flow {
            module,
            function: &entry.function,
            varying: HashSet::new(),
            complaints: 0,
        };
        // What a local variable holds may depend on a store further down, so until nothing new is found.
        loop {
            let known = flow.varying.len();
            flow.complaints = 0;
            flow.block(&entry.function.body, false);
            if flow.varying.len() == known {
                break;
            }
        }
        if flow.complaints > 0 {
            complaints.push(format!(
                "{} barriers in non-uniform control flow",
                flow.complaints
            ));
        }
    }
    complaints
}

/// Which non-uniform exits a block may have taken.
#[derive(Clone, Copy, Default)]
struct Exits {
    /// Out of the innermost loop, or to its next iteration.
    iteration: bool,
    function: bool,
}

struct Flow<'a> {
    module: &'a Module,
    function: &'a Function,
    /// Local variables that may differ within a workgroup.
    varying: HashSet<Handle<LocalVariable>>,
    complaints: usize,
}

impl Flow<'_> {
    fn block(&mut self, block: &Block, divergent: bool) -> Exits {
        let mut exits = Exits::default();
        for statement in block.iter() {
            let divergent = divergent || exits.iteration || exits.function;
            let inner = self.statement(statement, divergent);
            exits.iteration |= inner.iteration;
            exits.function |= inner.function;
        }
        exits
    }

    fn statement(&mut self, statement: &Statement, divergent: bool) -> Exits {
        match statement {
            Statement::ControlBarrier(_) => {
                self.complaints += usize::from(divergent);
                Exits::default()
            }
            Statement::WorkGroupUniformLoad { .. } => {
                self.complaints += usize::from(divergent);
                Exits::default()
            }
            Statement::Store { pointer, value } => {
                if let Some(variable) = self.local(*pointer)
                    && (divergent || self.varies(*value) || self.varies_index(*pointer))
                {
                    self.varying.insert(variable);
                }
                Exits::default()
            }
            Statement::Block(inner) => self.block(inner, divergent),
            Statement::If {
                condition,
                accept,
                reject,
            } => {
                let divergent = divergent || self.varies(*condition);
                self.branches([accept, reject], divergent)
            }
            Statement::Switch { selector, cases } => {
                let divergent = divergent || self.varies(*selector);
                self.branches(cases.iter().map(|case| &case.body), divergent)
            }
            Statement::Loop {
                body,
                continuing,
                break_if,
            } => self.repeat(body, continuing, *break_if, divergent),
            Statement::Break | Statement::Continue => Exits {
                iteration: divergent,
                function: false,
            },
            Statement::Return { .. } => Exits {
                iteration: false,
                function: divergent,
            },
            _ => Exits::default(),
        }
    }

    fn branches<'b>(
        &mut self,
        branches: impl IntoIterator<Item = &'b Block>,
        divergent: bool,
    ) -> Exits {
        let mut exits = Exits::default();
        for branch in branches {
            let inner = self.block(branch, divergent);
            exits.iteration |= inner.iteration;
            exits.function |= inner.function;
        }
        exits
    }

    fn repeat(
        &mut self,
        body: &Block,
        continuing: &Block,
        break_if: Option<Handle<Expression>>,
        divergent: bool,
    ) -> Exits {
        let before = self.complaints;
        let first = self.branches([body, continuing], divergent);
        let leaves_early =
            first.iteration || first.function || break_if.is_some_and(|end| self.varies(end));
        if leaves_early && !divergent {
            // From the second iteration on, not all invocations are there.
            self.complaints = before;
            self.branches([body, continuing], true);
        }
        Exits {
            iteration: false,
            function: first.function,
        }
    }

    /// The local variable that a pointer points into.
    fn local(&self, pointer: Handle<Expression>) -> Option<Handle<LocalVariable>> {
        match self.function.expressions[pointer] {
            Expression::LocalVariable(variable) => Some(variable),
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
                self.local(base)
            }
            _ => None,
        }
    }

    /// Whether an index on the way to what a pointer points at may differ within a workgroup.
    fn varies_index(&self, pointer: Handle<Expression>) -> bool {
        match self.function.expressions[pointer] {
            Expression::Access { base, index } => self.varies(index) || self.varies_index(base),
            Expression::AccessIndex { base, .. } => self.varies_index(base),
            _ => false,
        }
    }

    fn varies(&self, expression: Handle<Expression>) -> bool {
        let any = |parts: &[Handle<Expression>]| parts.iter().any(|&part| self.varies(part));
        match &self.function.expressions[expression] {
            Expression::Literal(_)
            | Expression::Constant(_)
            | Expression::Override(_)
            | Expression::ZeroValue(_) => false,
            Expression::Compose { components, .. } => any(components),
            Expression::Access { base, index } => any(&[*base, *index]),
            Expression::AccessIndex { base, .. } => self.varies(*base),
            Expression::Splat { value, .. } => self.varies(*value),
            Expression::Swizzle { vector, .. } => self.varies(*vector),
            Expression::FunctionArgument(index) => !matches!(
                self.function.arguments[*index as usize].binding,
                Some(Binding::BuiltIn(
                    BuiltIn::WorkGroupId | BuiltIn::NumWorkGroups | BuiltIn::WorkGroupSize
                ))
            ),
            Expression::GlobalVariable(variable) => {
                !self.is_uniform_memory(self.module.global_variables[*variable].space)
            }
            Expression::LocalVariable(variable) => self.varying.contains(variable),
            Expression::Load { pointer } => self.varies(*pointer),
            Expression::Unary { expr, .. } | Expression::As { expr, .. } => self.varies(*expr),
            Expression::Binary { left, right, .. } => any(&[*left, *right]),
            Expression::Select {
                condition,
                accept,
                reject,
            } => any(&[*condition, *accept, *reject]),
            Expression::Relational { argument, .. } => self.varies(*argument),
            Expression::Math {
                arg,
                arg1,
                arg2,
                arg3,
                ..
            } => any(&[Some(*arg), *arg1, *arg2, *arg3]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()),
            Expression::CallResult(_) => self.varies_call(expression),
            Expression::WorkGroupUniformLoadResult { .. } => false,
            _ => true,
        }
    }

    fn is_uniform_memory(&self, space: AddressSpace) -> bool {
        matches!(space, AddressSpace::Uniform)
            || space
                == AddressSpace::Storage {
                    access: StorageAccess::LOAD,
                }
    }

    /// A call's result is uniform if its arguments are and the function reads nothing that is not.
    fn varies_call(&self, result: Handle<Expression>) -> bool {
        let mut varies = true;
        statements(&self.function.body, &mut |statement| {
            if let Statement::Call {
                function,
                arguments,
                result: Some(of),
            } = statement
                && *of == result
            {
                let reads =
                    self.module.functions[*function]
                        .expressions
                        .iter()
                        .any(|(_, expression)| {
                            matches!(expression, Expression::GlobalVariable(variable)
                        if !self.is_uniform_memory(self.module.global_variables[*variable].space))
                        });
                varies = reads || arguments.iter().any(|&argument| self.varies(argument));
            }
        });
        varies
    }
}
