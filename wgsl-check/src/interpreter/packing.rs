//! Built-in functions that pack several numbers into a word, and take them out again.

use half::f16;
use naga::MathFunction;

use super::arithmetic::f;
use super::value::{Operand, Values, taint_across};

/// Computes a function that packs or unpacks; `false` if it is another.
pub(crate) fn pack(out: &mut Values, fun: MathFunction, a: Operand, lanes: usize) -> bool {
    use MathFunction as M;
    let pack: fn(&[u32]) -> u32 = match fun {
        M::Pack4x8snorm => |v| word(v, 8, |x| norm(x, -1.0, 127.0)),
        M::Pack4x8unorm => |v| word(v, 8, |x| norm(x, 0.0, 255.0)),
        M::Pack2x16snorm => |v| word(v, 16, |x| norm(x, -1.0, 32767.0)),
        M::Pack2x16unorm => |v| word(v, 16, |x| norm(x, 0.0, 65535.0)),
        M::Pack2x16float => |v| word(v, 16, |x| u32::from(f16::from_f32(f(x)).to_bits())),
        M::Pack4xI8 | M::Pack4xU8 => |v| word(v, 8, |x| x),
        M::Pack4xI8Clamp => |v| word(v, 8, |x| (x as i32).clamp(-128, 127) as u32),
        M::Pack4xU8Clamp => |v| word(v, 8, |x| x.min(255)),
        _ => return unpack(out, fun, a, lanes),
    };
    if !taint_across(out, &[a], 1, lanes) {
        let mut parts = vec![0; a.count];
        for lane in 0..lanes {
            for (part, to) in parts.iter_mut().enumerate() {
                *to = a.values.words[part * lanes + lane];
            }
            out.words[lane] = pack(&parts);
        }
    }
    true
}

fn unpack(out: &mut Values, fun: MathFunction, a: Operand, lanes: usize) -> bool {
    use MathFunction as M;
    let (count, unpack): (usize, fn(u32) -> u32) = match fun {
        M::Unpack4x8snorm => (4, |x| (f32::from(x as i8) / 127.0).max(-1.0).to_bits()),
        M::Unpack4x8unorm => (4, |x| (f32::from(x as u8) / 255.0).to_bits()),
        M::Unpack2x16snorm => (2, |x| (f32::from(x as i16) / 32767.0).max(-1.0).to_bits()),
        M::Unpack2x16unorm => (2, |x| (f32::from(x as u16) / 65535.0).to_bits()),
        M::Unpack2x16float => (2, |x| f16::from_bits(x as u16).to_f32().to_bits()),
        M::Unpack4xI8 => (4, |x| x as i8 as i32 as u32),
        M::Unpack4xU8 => (4, |x| x & 0xff),
        _ => return false,
    };
    if !taint_across(out, &[a], count, lanes) {
        for part in 0..count {
            for lane in 0..lanes {
                let shift = part as u32 * (32 / count as u32);
                out.words[part * lanes + lane] = unpack(a.values.words[lane] >> shift);
            }
        }
    }
    true
}

/// Puts the lowest `bits` of each part side by side, the first lowest.
fn word(parts: &[u32], bits: u32, of: impl Fn(u32) -> u32) -> u32 {
    let mask = (1 << bits) - 1;
    let places = parts.iter().zip(0..);
    places.fold(0, |word, (&part, place)| {
        word | (of(part) & mask) << (place * bits)
    })
}

fn norm(x: u32, least: f32, scale: f32) -> u32 {
    (0.5 + scale * f(x).max(least).min(1.0)).floor() as i32 as u32
}
