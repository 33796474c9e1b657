//! Integers and booleans of one invocation.

use naga::{
    BinaryOperator, Expression, Function, Handle, Literal, MathFunction, Module,
    RelationalFunction, ScalarKind, TypeInner, UnaryOperator,
};

/// The components of a scalar or vector; `None` is a number that is not computed, as all with a fraction.
pub type Value = [Option<u32>; 4];

pub const UNKNOWN: Value = [None; 4];

/// Kind and number of components of a scalar or vector.
pub fn shape(inner: &TypeInner) -> Option<(ScalarKind, usize)> {
    match *inner {
        TypeInner::Scalar(scalar) => Some((scalar.kind, 1)),
        TypeInner::Vector { size, scalar } => Some((scalar.kind, size as usize)),
        _ => None,
    }
}

/// Whether values of this type are computed.
pub fn is_followed(inner: &TypeInner) -> bool {
    shape(inner).is_some_and(|(kind, _)| {
        matches!(kind, ScalarKind::Uint | ScalarKind::Sint | ScalarKind::Bool)
    })
}

/// What an expression of a known shape makes of its operands, given by `of`.
pub fn compute(
    module: &Module,
    function: &Function,
    expression: Handle<Expression>,
    shape_of: &dyn Fn(Handle<Expression>) -> Option<(ScalarKind, usize)>,
    of: &dyn Fn(Handle<Expression>) -> Value,
) -> Value {
    // Component i of an operand; a scalar stands for all components.
    let part = |operand: Handle<Expression>, i: usize| {
        let single = shape_of(operand).is_some_and(|(_, count)| count == 1);
        of(operand)[if single { 0 } else { i }]
    };
    let signed = |operand: Handle<Expression>| {
        shape_of(operand).is_some_and(|(kind, _)| kind == ScalarKind::Sint)
    };
    let each = |value: &dyn Fn(usize) -> Option<u32>| std::array::from_fn(value);
    match function.expressions[expression] {
        Expression::Literal(literal) => [from_literal(literal); 4],
        Expression::Constant(constant) => {
            let init = module.constants[constant].init;
            match module.global_expressions[init] {
                Expression::Literal(literal) => [from_literal(literal); 4],
                _ => UNKNOWN,
            }
        }
        Expression::ZeroValue(_) => [Some(0); 4],
        Expression::Splat { value, .. } => [of(value)[0]; 4],
        Expression::Compose { ref components, .. } => {
            let parts: Vec<Option<u32>> = components
                .iter()
                .flat_map(|&component| {
                    let count = shape_of(component).map_or(1, |(_, count)| count);
                    of(component).into_iter().take(count)
                })
                .collect();
            each(&|i| parts.get(i).copied().flatten())
        }
        Expression::Swizzle {
            vector, pattern, ..
        } => each(&|i| of(vector)[pattern[i] as usize]),
        Expression::AccessIndex { base, index } => {
            [of(base).get(index as usize).copied().flatten(); 4]
        }
        Expression::Access { base, index } => {
            let place = of(index)[0].map(|index| index as usize);
            [place.and_then(|place| of(base).get(place).copied().flatten()); 4]
        }
        Expression::Unary { op, expr } => each(&|i| {
            part(expr, i).map(|x| match op {
                UnaryOperator::Negate => x.wrapping_neg(),
                UnaryOperator::LogicalNot => u32::from(x == 0),
                UnaryOperator::BitwiseNot => !x,
            })
        }),
        Expression::Binary { op, left, right } => {
            each(&|i| binary(op, part(left, i), part(right, i), signed(left)))
        }
        Expression::Select {
            condition,
            accept,
            reject,
        } => each(&|i| match part(condition, i) {
            Some(0) => part(reject, i),
            Some(_) => part(accept, i),
            None if part(accept, i) == part(reject, i) => part(accept, i),
            None => None,
        }),
        Expression::Relational { fun, argument } => {
            let count = shape_of(argument).map_or(1, |(_, count)| count);
            let parts = of(argument);
            let parts = &parts[..count];
            let result = match fun {
                RelationalFunction::All if parts.contains(&Some(0)) => Some(0),
                RelationalFunction::Any if parts.contains(&Some(1)) => Some(1),
                _ if parts.contains(&None) => None,
                RelationalFunction::All => Some(1),
                RelationalFunction::Any => Some(0),
                _ => None,
            };
            [result; 4]
        }
        Expression::Math {
            fun,
            arg,
            arg1,
            arg2,
            ..
        } => each(&|i| {
            let other = |operand: Option<Handle<Expression>>| part(operand?, i);
            let is_signed = signed(arg);
            let least = |a: u32, b: u32| if less(a, b, is_signed) { a } else { b };
            let most = |a: u32, b: u32| if less(a, b, is_signed) { b } else { a };
            match fun {
                MathFunction::Min => Some(least(part(arg, i)?, other(arg1)?)),
                MathFunction::Max => Some(most(part(arg, i)?, other(arg1)?)),
                MathFunction::Clamp => Some(least(most(part(arg, i)?, other(arg1)?), other(arg2)?)),
                _ => None,
            }
        }),
        // Between integers of 32 bits and booleans; from a number with a fraction there is nothing to take.
        Expression::As { expr, kind, .. } => each(&|i| {
            let x = part(expr, i)?;
            Some(if kind == ScalarKind::Bool {
                u32::from(x != 0)
            } else {
                x
            })
        }),
        _ => UNKNOWN,
    }
}

fn from_literal(literal: Literal) -> Option<u32> {
    match literal {
        Literal::U32(x) => Some(x),
        Literal::I32(x) => Some(x as u32),
        Literal::Bool(x) => Some(u32::from(x)),
        _ => None,
    }
}

fn less(a: u32, b: u32, signed: bool) -> bool {
    if signed { (a as i32) < b as i32 } else { a < b }
}

fn binary(op: BinaryOperator, a: Option<u32>, b: Option<u32>, signed: bool) -> Option<u32> {
    use BinaryOperator as Op;
    // One side may decide alone.
    match (op, a, b) {
        (Op::LogicalAnd, Some(0), _) | (Op::LogicalAnd, _, Some(0)) => return Some(0),
        (Op::LogicalOr, Some(1), _) | (Op::LogicalOr, _, Some(1)) => return Some(1),
        _ => {}
    }
    let (a, b) = (a?, b?);
    Some(match op {
        Op::Add => a.wrapping_add(b),
        Op::Subtract => a.wrapping_sub(b),
        Op::Multiply => a.wrapping_mul(b),
        // As WGSL has it for unsigned numbers.
        Op::Divide if !signed => a.checked_div(b).unwrap_or(a),
        Op::Modulo if !signed => a.checked_rem(b).unwrap_or(0),
        Op::Divide => (a as i32).checked_div(b as i32).unwrap_or(a as i32) as u32,
        Op::Modulo => (a as i32).checked_rem(b as i32).unwrap_or(0) as u32,
        Op::Equal => u32::from(a == b),
        Op::NotEqual => u32::from(a != b),
        Op::Less => u32::from(less(a, b, signed)),
        Op::LessEqual => u32::from(!less(b, a, signed)),
        Op::Greater => u32::from(less(b, a, signed)),
        Op::GreaterEqual => u32::from(!less(a, b, signed)),
        Op::And | Op::LogicalAnd => a & b,
        Op::ExclusiveOr => a ^ b,
        Op::InclusiveOr | Op::LogicalOr => a | b,
        Op::ShiftLeft => a.wrapping_shl(b),
        Op::ShiftRight if signed => (a as i32).wrapping_shr(b) as u32,
        Op::ShiftRight => a.wrapping_shr(b),
    })
}
