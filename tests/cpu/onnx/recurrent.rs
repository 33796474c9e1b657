//! The operators `LSTM` and `GRU`.
//!
//! # Source
//! ONNX, Operators.md, LSTM-14 and GRU-14: X is `[T, B, I]`, W `[D, G·H, I]`, R `[D, G·H, H]`, B `[D, 2·G·H]`, Y
//! `[T, D, B, H]` and Y_h `[D, B, H]`. The gates of an LSTM are i, o, f, c, those of a GRU z, r, h.

use super::messages::Node;
use super::values::{Kind, Outcome, Tensor, int};

/// ONNX does not say what an operator gives at padding; whoever used this number would be far off.
const AT_PADDING: f64 = 1e3;

/// Y and Y_h.
pub fn run(node: &Node, inputs: &[&Tensor]) -> Outcome<[Tensor; 2]> {
    let (x, w, r, b, lengths) = match *inputs {
        [x, w, r, b] => (x, w, r, b, None),
        [x, w, r, b, lengths] => (x, w, r, b, Some(lengths.is(Kind::Int32)?)),
        _ => return Err(format!("{} inputs", inputs.len())),
    };
    let [steps, rows, width] = x.shape[..] else {
        return Err(format!("X of shape {:?}", x.shape));
    };
    let units = int(node, "hidden_size").ok_or("no hidden_size")? as usize;
    let gates = match node.op_type.as_str() {
        "LSTM" => 4,
        _ => 3,
    };
    let direction = node.attribute.iter().find(|one| one.name == "direction");
    let directions = match direction.map_or(&b"forward"[..], |one| &one.s) {
        b"forward" => 1,
        b"bidirectional" => 2,
        other => return Err(format!("direction {other:?}")),
    };
    for (tensor, shape) in [
        (w, &[directions, gates * units, width][..]),
        (r, &[directions, gates * units, units]),
        (b, &[directions, 2 * gates * units]),
    ] {
        if tensor.is(Kind::Float)?.shape != shape {
            return Err(format!("shape {:?} for {shape:?}", tensor.shape));
        }
    }
    if lengths.is_some_and(|lengths| lengths.shape != [rows]) {
        return Err("lengths of another shape".to_string());
    }
    let mut every = vec![AT_PADDING; steps * directions * rows * units];
    let mut last = Vec::new();
    for direction in 0..directions {
        let cell = Cell {
            gates,
            units,
            resets_after: int(node, "linear_before_reset").unwrap_or(0) == 1,
            w: part(w, direction),
            r: part(r, direction),
            b: part(b, direction),
        };
        for row in 0..rows {
            let length = lengths.map_or(steps, |lengths| lengths.at(&[row]) as usize);
            let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
            for step in 0..length {
                // Each row is read backwards within its own length.
                let at = match direction {
                    0 => step,
                    _ => length - 1 - step,
                };
                let start = (at * rows + row) * width;
                let x = &x.values[start..start + width];
                match node.op_type.as_str() {
                    "LSTM" => cell.lstm(x, &mut h, &mut c),
                    _ => cell.gru(x, &mut h),
                }
                let place = ((at * directions + direction) * rows + row) * units;
                every[place..place + units].copy_from_slice(&h);
            }
            last.extend(h);
        }
    }
    Ok([
        Tensor::new(Kind::Float, &[steps, directions, rows, units], every),
        Tensor::new(Kind::Float, &[directions, rows, units], last),
    ])
}

/// What is of one direction.
fn part(tensor: &Tensor, direction: usize) -> &[f64] {
    let size = tensor.values.len() / tensor.shape[0];
    &tensor.values[direction * size..][..size]
}

/// One direction's parameters.
struct Cell<'a> {
    gates: usize,
    units: usize,
    resets_after: bool,
    w: &'a [f64],
    r: &'a [f64],
    b: &'a [f64],
}

impl Cell<'_> {
    /// x·Wᵀ + Wb of a gate's unit.
    fn of_input(&self, gate: usize, unit: usize, x: &[f64]) -> f64 {
        let row = gate * self.units + unit;
        dot(&self.w[row * x.len()..], x) + self.b[row]
    }

    /// h·Rᵀ + Rb of a gate's unit.
    fn of_state(&self, gate: usize, unit: usize, h: &[f64]) -> f64 {
        let row = gate * self.units + unit;
        dot(&self.r[row * h.len()..], h) + self.b[self.gates * self.units + row]
    }

    fn lstm(&self, x: &[f64], h: &mut Vec<f64>, c: &mut [f64]) {
        let sum = |gate, unit| self.of_input(gate, unit, x) + self.of_state(gate, unit, h);
        let mut next = Vec::new();
        for (unit, c) in c.iter_mut().enumerate() {
            let [i, o, f] = [0, 1, 2].map(|gate| sigmoid(sum(gate, unit)));
            *c = f * *c + i * sum(3, unit).tanh();
            next.push(o * c.tanh());
        }
        *h = next;
    }

    fn gru(&self, x: &[f64], h: &mut Vec<f64>) {
        let gate = |gate: usize| -> Vec<f64> {
            let sum = |unit| self.of_input(gate, unit, x) + self.of_state(gate, unit, h);
            (0..self.units).map(|unit| sigmoid(sum(unit))).collect()
        };
        let (z, r) = (gate(0), gate(1));
        let reset: Vec<f64> = r.iter().zip(&*h).map(|(r, h)| r * h).collect();
        let candidate = |unit: usize| {
            let state = match self.resets_after {
                true => r[unit] * self.of_state(2, unit, h),
                false => self.of_state(2, unit, &reset),
            };
            (self.of_input(2, unit, x) + state).tanh()
        };
        let next = |unit: usize| (1.0 - z[unit]) * candidate(unit) + z[unit] * h[unit];
        *h = (0..self.units).map(next).collect();
    }
}

/// The sum of products of `x` and as many numbers.
fn dot(row: &[f64], x: &[f64]) -> f64 {
    row.iter().zip(x).map(|(a, b)| a * b).sum()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
