//! Built-in functions and products that take whole vectors and matrices; what they return is computed invocation by
//! invocation in 64 bits and rounded once.

use naga::{MathFunction, ScalarKind};

use super::arithmetic::f;
use super::value::{Operand, Values, taint_across};
use crate::layout::Shape;

/// Products of which one side at least is a matrix, in the order of the columns.
pub(crate) fn multiply(
    out: &mut Values,
    [a, b]: [Operand; 2],
    [left, right]: [Shape; 2],
    lanes: usize,
) {
    let at =
        |o: &Operand, part: usize, lane: usize| f64::from(f(o.values.words[part * lanes + lane]));
    // A vector on the left is a row, on the right a column.
    let left_is_row = left.columns == 1;
    let (rows, inner) = match left_is_row {
        true => (1, left.rows),
        false => (left.rows, left.columns),
    };
    let columns = right.columns;
    if taint_across(out, &[a, b], rows * columns, lanes) {
        return;
    }
    for lane in 0..lanes {
        for column in 0..columns {
            for row in 0..rows {
                let term = |k: usize| {
                    let left = if left_is_row { k } else { k * left.rows + row };
                    at(&a, left, lane) * at(&b, column * right.rows + k, lane)
                };
                let sum: f64 = (0..inner).map(term).sum();
                out.words[(column * rows + row) * lanes + lane] = (sum as f32).to_bits();
            }
        }
    }
}

/// Computes a function of vectors or matrices; `false` if it is another. `count` is the number of components that it
/// returns.
pub(crate) fn whole(
    out: &mut Values,
    fun: MathFunction,
    shape: Shape,
    operands: &[Operand],
    count: usize,
    lanes: usize,
) -> bool {
    use MathFunction as M;
    if fun == M::Dot && shape.kind != ScalarKind::Float {
        return integer_dot(out, operands, lanes);
    }
    let function: fn(&[&[f64]], Shape, &mut [f64]) = match fun {
        M::Dot => |v, _, out| out[0] = dot(v[0], v[1]),
        M::Cross => |v, _, out| {
            let (a, b) = (v[0], v[1]);
            for (i, out) in out.iter_mut().enumerate() {
                let (j, k) = ((i + 1) % 3, (i + 2) % 3);
                *out = a[j] * b[k] - a[k] * b[j];
            }
        },
        M::Distance => |v, _, out| {
            let apart: Vec<f64> = v[0].iter().zip(v[1]).map(|(a, b)| a - b).collect();
            out[0] = dot(&apart, &apart).sqrt();
        },
        M::Length => |v, _, out| out[0] = dot(v[0], v[0]).sqrt(),
        M::Normalize => |v, _, out| {
            let length = dot(v[0], v[0]).sqrt();
            out.iter_mut()
                .zip(v[0])
                .for_each(|(out, x)| *out = x / length);
        },
        M::FaceForward => |v, _, out| {
            let sign = if dot(v[1], v[2]) < 0.0 { 1.0 } else { -1.0 };
            out.iter_mut()
                .zip(v[0])
                .for_each(|(out, x)| *out = sign * x);
        },
        M::Reflect => |v, _, out| {
            let along = 2.0 * dot(v[1], v[0]);
            for (i, out) in out.iter_mut().enumerate() {
                *out = v[0][i] - along * v[1][i];
            }
        },
        M::Refract => |v, _, out| {
            let (along, ratio) = (dot(v[1], v[0]), v[2][0]);
            let k = 1.0 - ratio * ratio * (1.0 - along * along);
            for (i, out) in out.iter_mut().enumerate() {
                *out = match k < 0.0 {
                    true => 0.0,
                    false => ratio * v[0][i] - (ratio * along + k.sqrt()) * v[1][i],
                };
            }
        },
        M::Outer => |v, _, out| {
            for (i, out) in out.iter_mut().enumerate() {
                *out = v[0][i % v[0].len()] * v[1][i / v[0].len()];
            }
        },
        M::Transpose => |v, shape, out| {
            for (i, out) in out.iter_mut().enumerate() {
                *out = v[0][i % shape.columns * shape.rows + i / shape.columns];
            }
        },
        M::Determinant => |v, shape, out| out[0] = determinant(v[0], shape.rows),
        M::Inverse => |v, shape, out| inverse(v[0], shape.rows, out),
        // Both return a struct: what is left of the point, then the whole part or the power.
        M::Modf => |v, _, out| {
            for (i, x) in v[0].iter().enumerate() {
                out[i] = x - x.trunc();
                out[v[0].len() + i] = x.trunc();
            }
        },
        _ => return fun == M::Frexp && frexp(out, operands, lanes),
    };
    if taint_across(out, operands, count, lanes) {
        return true;
    }
    let mut inputs: Vec<Vec<f64>> = operands.iter().map(|o| vec![0.0; o.count]).collect();
    let mut result = vec![0.0; count];
    for lane in 0..lanes {
        for (input, operand) in inputs.iter_mut().zip(operands) {
            for (part, to) in input.iter_mut().enumerate() {
                *to = f64::from(f(operand.values.words[part * lanes + lane]));
            }
        }
        let views: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        function(&views, shape, &mut result);
        for (part, number) in result.iter().enumerate() {
            out.words[part * lanes + lane] = (*number as f32).to_bits();
        }
    }
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn integer_dot(out: &mut Values, operands: &[Operand], lanes: usize) -> bool {
    let [a, b] = operands else { return false };
    if taint_across(out, operands, 1, lanes) {
        return true;
    }
    for lane in 0..lanes {
        let product = |part: usize| {
            let at = part * lanes + lane;
            a.values.words[at].wrapping_mul(b.values.words[at])
        };
        out.words[lane] = (0..a.count).map(product).fold(0, u32::wrapping_add);
    }
    true
}

/// The matrix of `n` rows without one row and one column, in the order of the columns.
fn minor(m: &[f64], n: usize, row: usize, column: usize) -> Vec<f64> {
    let kept = (0..n * n).filter(|i| i / n != column && i % n != row);
    kept.map(|i| m[i]).collect()
}

fn determinant(m: &[f64], n: usize) -> f64 {
    if n == 1 {
        return m[0];
    }
    let term = |row: usize| {
        let sign = if row.is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * m[row] * determinant(&minor(m, n, row, 0), n - 1)
    };
    (0..n).map(term).sum()
}

fn inverse(m: &[f64], n: usize, out: &mut [f64]) {
    let whole = determinant(m, n);
    for column in 0..n {
        for row in 0..n {
            let sign = if (row + column).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            };
            out[column * n + row] = sign * determinant(&minor(m, n, column, row), n - 1) / whole;
        }
    }
}

/// The part between a half and one, then the power of two as an integer.
fn frexp(out: &mut Values, operands: &[Operand], lanes: usize) -> bool {
    let [a] = operands else { return false };
    let count = a.count;
    if taint_across(out, operands, 2 * count, lanes) {
        return true;
    }
    for at in 0..count * lanes {
        let x = f64::from(f(a.values.words[at]));
        let (part, power) = match x == 0.0 || !x.is_finite() {
            true => (x, 0),
            false => {
                let mut power = x.abs().log2().floor() as i32 + 1;
                let mut part = x / f64::from(power).exp2();
                if part.abs() >= 1.0 {
                    part /= 2.0;
                    power += 1;
                }
                (part, power)
            }
        };
        out.words[at] = (part as f32).to_bits();
        out.words[count * lanes + at] = power as u32;
    }
    true
}
