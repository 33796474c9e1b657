//! Built-in functions that go component by component.
//!
//! Those that IEEE 754 rounds are rounded so; the others are computed in 64 bits and rounded once, so a driver differs by
//! as much as WGSL's accuracy table lets it.

use naga::{MathFunction, ScalarKind};

use super::arithmetic::f;
use super::value::{Operand, Values, map1, map2, map3};

/// Computes a function that goes component by component; `false` if it is another.
pub(crate) fn each(
    out: &mut Values,
    fun: MathFunction,
    kind: ScalarKind,
    operands: &[Operand],
    count: usize,
    lanes: usize,
) -> bool {
    match (kind, operands) {
        (ScalarKind::Float, [a]) => {
            let Some(f1) = float1(fun) else { return false };
            map1(out, *a, count, lanes, |x| f1(f(x)).to_bits());
        }
        (ScalarKind::Float, [a, b]) => {
            if fun == MathFunction::Ldexp {
                map2(out, [*a, *b], count, lanes, |x, power| {
                    let power = f64::from(power as i32).clamp(-300.0, 300.0);
                    ((f64::from(f(x)) * power.exp2()) as f32).to_bits()
                });
                return true;
            }
            let Some(f2) = float2(fun) else { return false };
            map2(out, [*a, *b], count, lanes, |x, y| f2(f(x), f(y)).to_bits());
        }
        (ScalarKind::Float, [a, b, c]) => {
            let Some(f3) = float3(fun) else { return false };
            map3(out, [*a, *b, *c], count, lanes, |x, y, z| {
                f3(f(x), f(y), f(z)).to_bits()
            });
        }
        (_, [a]) => {
            let Some(i1) = integer1(fun, kind == ScalarKind::Sint) else {
                return false;
            };
            map1(out, *a, count, lanes, i1);
        }
        (_, [a, b]) => {
            let Some(i2) = integer2(fun, kind == ScalarKind::Sint) else {
                return false;
            };
            map2(out, [*a, *b], count, lanes, i2);
        }
        (_, [a, b, c]) => {
            let Some(i3) = integer3(fun, kind == ScalarKind::Sint) else {
                return false;
            };
            map3(out, [*a, *b, *c], count, lanes, i3);
        }
        (_, [a, b, c, d]) if fun == MathFunction::InsertBits => {
            let mut field = Values::default();
            map2(&mut field, [*c, *d], 1, lanes, |offset, bits| {
                let offset = offset.min(32);
                offset | bits.min(32 - offset) << 8
            });
            let field = Operand {
                values: &field,
                count: 1,
            };
            map3(out, [*a, *b, field], count, lanes, |old, new, field| {
                let (offset, bits) = (field & 0xff, field >> 8);
                let mask = ((1u64 << bits) - 1) << offset;
                let moved = (u64::from(new) << offset) & mask;
                ((u64::from(old) & !mask) | moved) as u32
            });
        }
        _ => return false,
    }
    true
}

macro_rules! wide {
    ($f:ident) => {
        |x| f64::from(x).$f() as f32
    };
}

fn float1(fun: MathFunction) -> Option<fn(f32) -> f32> {
    use MathFunction as M;
    Some(match fun {
        M::Abs => f32::abs,
        M::Saturate => |x| x.clamp(0.0, 1.0),
        M::Cos => wide!(cos),
        M::Cosh => wide!(cosh),
        M::Sin => wide!(sin),
        M::Sinh => wide!(sinh),
        M::Tan => wide!(tan),
        M::Tanh => wide!(tanh),
        M::Acos => wide!(acos),
        M::Asin => wide!(asin),
        M::Atan => wide!(atan),
        M::Asinh => wide!(asinh),
        M::Acosh => wide!(acosh),
        M::Atanh => wide!(atanh),
        M::Radians => wide!(to_radians),
        M::Degrees => wide!(to_degrees),
        M::Ceil => f32::ceil,
        M::Floor => f32::floor,
        M::Round => f32::round_ties_even,
        M::Fract => |x| x - x.floor(),
        M::Trunc => f32::trunc,
        M::Exp => wide!(exp),
        M::Exp2 => wide!(exp2),
        M::Log => wide!(ln),
        M::Log2 => wide!(log2),
        M::Sign => |x| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        },
        M::Sqrt => f32::sqrt,
        M::InverseSqrt => |x| (1.0 / f64::from(x).sqrt()) as f32,
        M::QuantizeToF16 => |x| half::f16::from_f32(x).to_f32(),
        _ => return None,
    })
}

fn float2(fun: MathFunction) -> Option<fn(f32, f32) -> f32> {
    use MathFunction as M;
    Some(match fun {
        M::Min => f32::min,
        M::Max => f32::max,
        M::Atan2 => |y, x| f64::from(y).atan2(f64::from(x)) as f32,
        M::Pow => |x, y| f64::from(x).powf(f64::from(y)) as f32,
        M::Step => |edge, x| if edge <= x { 1.0 } else { 0.0 },
        _ => return None,
    })
}

fn float3(fun: MathFunction) -> Option<fn(f32, f32, f32) -> f32> {
    use MathFunction as M;
    Some(match fun {
        M::Clamp => |x, low, high| x.max(low).min(high),
        // The product is exact in 64 bits.
        M::Fma => |a, b, c| (f64::from(a) * f64::from(b) + f64::from(c)) as f32,
        M::Mix => |a, b, t| a * (1.0 - t) + b * t,
        M::SmoothStep => |low, high, x| {
            let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        },
        _ => return None,
    })
}

fn integer1(fun: MathFunction, signed: bool) -> Option<fn(u32) -> u32> {
    use MathFunction as M;
    Some(match fun {
        M::Abs if signed => |x| (x as i32).wrapping_abs() as u32,
        M::Abs => |x| x,
        M::Sign => |x| (x as i32).signum() as u32,
        M::CountTrailingZeros => u32::trailing_zeros,
        M::CountLeadingZeros => u32::leading_zeros,
        M::CountOneBits => u32::count_ones,
        M::ReverseBits => u32::reverse_bits,
        M::FirstTrailingBit => |x| if x == 0 { u32::MAX } else { x.trailing_zeros() },
        M::FirstLeadingBit if signed => |x| {
            let x = if (x as i32) < 0 { !x } else { x };
            31u32.wrapping_sub(x.leading_zeros())
        },
        M::FirstLeadingBit => |x| 31u32.wrapping_sub(x.leading_zeros()),
        _ => return None,
    })
}

fn integer2(fun: MathFunction, signed: bool) -> Option<fn(u32, u32) -> u32> {
    use MathFunction as M;
    Some(match fun {
        M::Min if signed => |a, b| (a as i32).min(b as i32) as u32,
        M::Max if signed => |a, b| (a as i32).max(b as i32) as u32,
        M::Min => |a, b| a.min(b),
        M::Max => |a, b| a.max(b),
        M::Dot4I8Packed => |a, b| {
            let parts = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
            let products = parts.map(|(a, b)| i32::from(a as i8) * i32::from(b as i8));
            products.sum::<i32>() as u32
        },
        M::Dot4U8Packed => |a, b| {
            let parts = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
            parts.map(|(a, b)| u32::from(a) * u32::from(b)).sum()
        },
        _ => return None,
    })
}

fn integer3(fun: MathFunction, signed: bool) -> Option<fn(u32, u32, u32) -> u32> {
    use MathFunction as M;
    Some(match fun {
        M::Clamp if signed => |x, low, high| (x as i32).max(low as i32).min(high as i32) as u32,
        M::Clamp => |x, low, high| x.max(low).min(high),
        M::ExtractBits if signed => |x, offset, bits| {
            let offset = offset.min(32);
            let bits = bits.min(32 - offset);
            match bits {
                0 => 0,
                _ => (((x << (32 - bits - offset)) as i32) >> (32 - bits)) as u32,
            }
        },
        M::ExtractBits => |x, offset, bits| {
            let offset = offset.min(32);
            let bits = bits.min(32 - offset);
            ((u64::from(x) >> offset) & ((1u64 << bits) - 1)) as u32
        },
        _ => return None,
    })
}
