//! Which values may differ within a workgroup.

use naga::{
    AddressSpace, BinaryOperator, Binding, BuiltIn, Expression, Handle, Statement, StorageAccess,
    TypeInner,
};

use super::Flow;
use crate::lint::walk::statements;

impl Flow<'_> {
    /// Whether one invocation of a workgroup at most meets the condition: an id equal to something uniform.
    pub(super) fn picks_one(&self, condition: Handle<Expression>) -> bool {
        match self.function.expressions[condition] {
            Expression::Binary {
                op: BinaryOperator::Equal,
                left,
                right,
            } => {
                self.is_own_id(left) && !self.varies(right)
                    || self.is_own_id(right) && !self.varies(left)
            }
            _ => false,
        }
    }

    /// Whether the expression is an id that no two invocations of a workgroup have in common.
    fn is_own_id(&self, expression: Handle<Expression>) -> bool {
        let built_in = |argument: u32| self.function.arguments[argument as usize].binding.clone();
        match self.function.expressions[expression] {
            Expression::FunctionArgument(argument) => {
                built_in(argument) == Some(Binding::BuiltIn(BuiltIn::LocalInvocationIndex))
            }
            Expression::AccessIndex { base, index } => {
                let Expression::FunctionArgument(argument) = self.function.expressions[base] else {
                    return false;
                };
                let mut others = (0..3).filter(|&axis| axis != index as usize);
                matches!(
                    built_in(argument),
                    Some(Binding::BuiltIn(
                        BuiltIn::LocalInvocationId | BuiltIn::GlobalInvocationId
                    ))
                ) && others.all(|axis| self.size[axis] == 1)
            }
            _ => false,
        }
    }

    pub(super) fn is_atomic(&self, pointer: Handle<Expression>) -> bool {
        matches!(self.behind(pointer), Some(TypeInner::Atomic(_)))
    }

    /// What a pointer into a global variable points at.
    fn behind(&self, pointer: Handle<Expression>) -> Option<&TypeInner> {
        let types = &self.module.types;
        let part = |base: Handle<Expression>, index: Option<u32>| match self.behind(base)? {
            TypeInner::Array { base, .. } => Some(&types[*base].inner),
            TypeInner::Struct { members, .. } => {
                let member = members.get(index? as usize)?;
                Some(&types[member.ty].inner)
            }
            _ => None,
        };
        match self.function.expressions[pointer] {
            Expression::GlobalVariable(variable) => {
                Some(&types[self.module.global_variables[variable].ty].inner)
            }
            Expression::Access { base, .. } => part(base, None),
            Expression::AccessIndex { base, index } => part(base, Some(index)),
            _ => None,
        }
    }

    /// Whether a pointer points into what each invocation has for itself: a private variable, or what an argument points at,
    /// which WGSL lets be nothing else.
    pub(super) fn is_own(&self, pointer: Handle<Expression>) -> bool {
        match self.function.expressions[pointer] {
            Expression::GlobalVariable(variable) => {
                self.module.global_variables[variable].space == AddressSpace::Private
            }
            Expression::FunctionArgument(argument) => {
                let argument = &self.function.arguments[argument as usize];
                matches!(
                    self.module.types[argument.ty].inner.pointer_space(),
                    Some(AddressSpace::Function | AddressSpace::Private)
                )
            }
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
                self.is_own(base)
            }
            _ => false,
        }
    }

    /// Whether an index on the way to what a pointer points at may differ within a workgroup.
    pub(super) fn varies_index(&self, pointer: Handle<Expression>) -> bool {
        match self.function.expressions[pointer] {
            Expression::Access { base, index } => self.varies(index) || self.varies_index(base),
            Expression::AccessIndex { base, .. } => self.varies_index(base),
            _ => false,
        }
    }

    pub(super) fn varies(&self, expression: Handle<Expression>) -> bool {
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
            Expression::FunctionArgument(index) => self.arguments[*index as usize],
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
