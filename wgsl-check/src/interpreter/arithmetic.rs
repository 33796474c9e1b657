//! Operators, and conversions from one kind of number to another, as WGSL has them.

use naga::{BinaryOperator, RelationalFunction, ScalarKind, UnaryOperator};

use super::value::{Operand, Values, map1, map2, taint_across};

/// A number's bits taken for an `f32`.
pub(crate) fn f(word: u32) -> f32 {
    f32::from_bits(word)
}

/// An operator of one operand; `false` if there is none for this kind.
pub(crate) fn unary(
    out: &mut Values,
    op: UnaryOperator,
    kind: ScalarKind,
    a: Operand,
    lanes: usize,
) {
    let count = a.count;
    match op {
        UnaryOperator::Negate if kind == ScalarKind::Float => {
            map1(out, a, count, lanes, |x| x ^ 0x8000_0000)
        }
        UnaryOperator::Negate => map1(out, a, count, lanes, u32::wrapping_neg),
        UnaryOperator::LogicalNot => map1(out, a, count, lanes, |x| u32::from(x == 0)),
        UnaryOperator::BitwiseNot => map1(out, a, count, lanes, |x| !x),
    }
}

/// An operator of two operands, component by component.
pub(crate) fn binary(
    out: &mut Values,
    op: BinaryOperator,
    kind: ScalarKind,
    operands: [Operand; 2],
    count: usize,
    lanes: usize,
) {
    match kind {
        ScalarKind::Float => float(out, op, operands, count, lanes),
        ScalarKind::Sint => signed(out, op, operands, count, lanes),
        _ => unsigned(out, op, operands, count, lanes),
    }
    if matches!(op, BinaryOperator::LogicalAnd | BinaryOperator::LogicalOr) {
        decide_alone(out, op, operands, count, lanes);
    }
}

/// Where one side of `&&` or `||` decides, the other need not be known.
fn decide_alone(
    out: &mut Values,
    op: BinaryOperator,
    operands: [Operand; 2],
    count: usize,
    lanes: usize,
) {
    let deciding = u32::from(op == BinaryOperator::LogicalOr);
    for word in 0..count * lanes {
        if out.is_unknown(word)
            && operands
                .iter()
                .any(|o| o.values.get(word) == Some(deciding))
        {
            out.set(word, Some(deciding));
        }
    }
}

fn float(out: &mut Values, op: BinaryOperator, ab: [Operand; 2], count: usize, lanes: usize) {
    use BinaryOperator as Op;
    macro_rules! number {
        ($f:expr) => {{
            let of: fn(f32, f32) -> f32 = $f;
            let _ = of;
            map2(out, ab, count, lanes, |a, b| ($f)(f(a), f(b)).to_bits())
        }};
    }
    macro_rules! comparison {
        ($f:expr) => {
            map2(out, ab, count, lanes, |a, b| u32::from(($f)(&f(a), &f(b))))
        };
    }
    match op {
        Op::Add => number!(|a: f32, b: f32| a + b),
        Op::Subtract => number!(|a: f32, b: f32| a - b),
        Op::Multiply => number!(|a: f32, b: f32| a * b),
        Op::Divide => number!(|a: f32, b: f32| a / b),
        Op::Modulo => number!(|a: f32, b: f32| a - b * (a / b).trunc()),
        Op::Equal => comparison!(|a: &f32, b: &f32| a == b),
        Op::NotEqual => comparison!(|a: &f32, b: &f32| a != b),
        Op::Less => comparison!(|a: &f32, b: &f32| a < b),
        Op::LessEqual => comparison!(|a: &f32, b: &f32| a <= b),
        Op::Greater => comparison!(|a: &f32, b: &f32| a > b),
        Op::GreaterEqual => comparison!(|a: &f32, b: &f32| a >= b),
        // Not of floats in valid WGSL.
        _ => {
            *out = Values::unknown(count, lanes);
        }
    }
}

fn signed(out: &mut Values, op: BinaryOperator, ab: [Operand; 2], count: usize, lanes: usize) {
    use BinaryOperator as Op;
    macro_rules! signed {
        ($f:expr) => {
            map2(out, ab, count, lanes, |a, b| {
                ($f)(a as i32, b as i32) as u32
            })
        };
    }
    match op {
        Op::Divide => signed!(|a: i32, b: i32| a.checked_div(b).unwrap_or(a)),
        Op::Modulo => signed!(|a: i32, b: i32| a.checked_rem(b).unwrap_or(0)),
        Op::Less => signed!(|a: i32, b: i32| a < b),
        Op::LessEqual => signed!(|a: i32, b: i32| a <= b),
        Op::Greater => signed!(|a: i32, b: i32| a > b),
        Op::GreaterEqual => signed!(|a: i32, b: i32| a >= b),
        Op::ShiftRight => map2(out, ab, count, lanes, |a, b| {
            (a as i32).wrapping_shr(b) as u32
        }),
        _ => unsigned(out, op, ab, count, lanes),
    }
}

fn unsigned(out: &mut Values, op: BinaryOperator, ab: [Operand; 2], count: usize, lanes: usize) {
    use BinaryOperator as Op;
    macro_rules! map {
        ($f:expr) => {
            map2(out, ab, count, lanes, $f)
        };
    }
    match op {
        Op::Add => map!(u32::wrapping_add),
        Op::Subtract => map!(u32::wrapping_sub),
        Op::Multiply => map!(u32::wrapping_mul),
        Op::Divide => map!(|a, b| a.checked_div(b).unwrap_or(a)),
        Op::Modulo => map!(|a, b| a.checked_rem(b).unwrap_or(0)),
        Op::Equal => map!(|a, b| u32::from(a == b)),
        Op::NotEqual => map!(|a, b| u32::from(a != b)),
        Op::Less => map!(|a, b| u32::from(a < b)),
        Op::LessEqual => map!(|a, b| u32::from(a <= b)),
        Op::Greater => map!(|a, b| u32::from(a > b)),
        Op::GreaterEqual => map!(|a, b| u32::from(a >= b)),
        Op::And | Op::LogicalAnd => map!(|a, b| a & b),
        Op::ExclusiveOr => map!(|a, b| a ^ b),
        Op::InclusiveOr | Op::LogicalOr => map!(|a, b| a | b),
        Op::ShiftLeft => map!(u32::wrapping_shl),
        Op::ShiftRight => map!(u32::wrapping_shr),
    }
}

/// A number of one kind made another; `bits` keeps its bits.
pub(crate) fn convert(
    out: &mut Values,
    a: Operand,
    [from, to]: [ScalarKind; 2],
    bits: bool,
    lanes: usize,
) {
    use ScalarKind::{Bool, Float, Sint, Uint};
    let count = a.count;
    match (from, to) {
        _ if bits => map1(out, a, count, lanes, |x| x),
        (Float, Float) | (Sint | Uint, Sint | Uint) | (Bool, Bool | Sint | Uint) => {
            map1(out, a, count, lanes, |x| x)
        }
        (Float, Bool) => map1(out, a, count, lanes, |x| u32::from(f(x) != 0.0)),
        (_, Bool) => map1(out, a, count, lanes, |x| u32::from(x != 0)),
        // Rust's casts clamp to what the kind holds, as WGSL's.
        (Float, Sint) => map1(out, a, count, lanes, |x| f(x) as i32 as u32),
        (Float, Uint) => map1(out, a, count, lanes, |x| f(x) as u32),
        (Sint, Float) => map1(out, a, count, lanes, |x| (x as i32 as f32).to_bits()),
        (_, Float) => map1(out, a, count, lanes, |x| (x as f32).to_bits()),
        _ => *out = Values::unknown(count, lanes),
    }
}

/// `all`, `any` and the tests of single numbers.
pub(crate) fn relational(out: &mut Values, fun: RelationalFunction, a: Operand, lanes: usize) {
    match fun {
        RelationalFunction::IsNan => map1(out, a, a.count, lanes, |x| u32::from(f(x).is_nan())),
        RelationalFunction::IsInf => {
            map1(out, a, a.count, lanes, |x| u32::from(f(x).is_infinite()))
        }
        RelationalFunction::All | RelationalFunction::Any => {
            let deciding = u32::from(fun == RelationalFunction::Any);
            taint_across(out, &[a], 1, lanes);
            for lane in 0..lanes {
                let part = |part: usize| a.values.get(part * lanes + lane);
                if (0..a.count).any(|p| part(p).is_some_and(|x| (x != 0) == (deciding == 1))) {
                    out.set(lane, Some(deciding));
                } else if !out.is_unknown(lane) {
                    out.set(lane, Some(1 - deciding));
                }
            }
        }
    }
}
