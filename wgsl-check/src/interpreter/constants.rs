//! Constant expressions, as initial values have them.

use naga::{Arena, Expression, Handle, Literal, Module};

use crate::layout::Layout;

/// The words of a constant expression; none if it is none, or is of a type that is not followed.
pub(crate) fn words(
    module: &Module,
    layout: &Layout,
    expressions: &Arena<Expression>,
    expression: Handle<Expression>,
) -> Option<Vec<u32>> {
    match expressions[expression] {
        Expression::Literal(literal) => Some(vec![of_literal(literal)?]),
        Expression::Constant(constant) => words(
            module,
            layout,
            &module.global_expressions,
            module.constants[constant].init,
        ),
        Expression::ZeroValue(ty) => Some(vec![0; layout.flat(ty)? as usize]),
        Expression::Splat { size, value } => {
            let value = words(module, layout, expressions, value)?;
            Some(value.repeat(size as usize))
        }
        Expression::Compose { ty, ref components } => {
            layout.flat(ty)?;
            let mut all = Vec::new();
            for &component in components {
                all.extend(words(module, layout, expressions, component)?);
            }
            Some(all)
        }
        _ => None,
    }
}

fn of_literal(literal: Literal) -> Option<u32> {
    match literal {
        Literal::U32(x) => Some(x),
        Literal::I32(x) => Some(x as u32),
        Literal::F32(x) => Some(x.to_bits()),
        Literal::Bool(x) => Some(u32::from(x)),
        _ => None,
    }
}
