//! One direction of an LSTM layer over a whole sequence, forward and backward.
//!
//! With σ the logistic function, gate columns in the order i, f, g, o (Keras writes c for g) and
//! h, c zero before the first step:
//!
//! ```text
//! a = z[p] + h_prev·U                      z = x·W + b, made before
//! i = σ(a_i)   f = σ(a_f)   g = tanh(a_g)   o = σ(a_o)
//! c = f·c_prev + i·g        h = o·tanh(c)
//! ```
//!
//! A masked position copies h and c from the step before it.
//!
//! # Source
//! Hochreiter and Schmidhuber (1997), forget gate of Gers et al. (2000); columns, directions and
//! masks as in Keras 3's `LSTM`.

use super::activations::{sigmoid, sigmoid_derivative, tanh, tanh_derivative};
pub use super::recurrence::Run;

/// What the backward pass needs of a forward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Tape {
    /// `[P, H]`, h after each position.
    pub h: Vec<f64>,
    /// `[P, H]`, c after each position.
    pub c: Vec<f64>,
    /// `[P, 4H]`, i, f, g, o after their activations; computed at masked positions too, unused there.
    pub gates: Vec<f64>,
}

/// Runs the recurrence over all positions; the twin of the recurrent forward kernels.
///
/// # Shapes
/// `z` `[P, 4H]`: x·W + b, before any activation. `u` `[H, 4H]`: the recurrent kernel.
///
/// # Examples
/// ```
/// use gatefold::reference::lstm::{Run, forward};
///
/// // One step, one unit, all pre-activations 0: every gate is 0.5 and g is 0.
/// let run = Run { steps: 1, batch: 1, units: 1, reverse: false, keep: None };
/// let tape = forward(&run, &[0.0; 4], &[1.0; 4]);
/// assert_eq!(tape.gates, [0.5, 0.5, 0.0, 0.5]);
/// assert_eq!(tape.h, [0.0]);
/// ```
pub fn forward(run: &Run, z: &[f64], u: &[f64]) -> Tape {
    let h_count = run.units;
    let positions = run.steps * run.batch;
    let mut tape = Tape {
        h: vec![0.0; positions * h_count],
        c: vec![0.0; positions * h_count],
        gates: vec![0.0; positions * 4 * h_count],
    };
    for s in 0..run.steps {
        for b in 0..run.batch {
            let p = run.position(s, b);
            let h_prev = run.state_before(&tape.h, s, b);
            let c_prev = run.state_before(&tape.c, s, b);
            let gates = &mut tape.gates[p * 4 * h_count..(p + 1) * 4 * h_count];
            for column in 0..4 * h_count {
                let recurrent: f64 = (0..h_count)
                    .map(|k| h_prev[k] * u[k * 4 * h_count + column])
                    .sum();
                let a = z[p * 4 * h_count + column] + recurrent;
                gates[column] = if column / h_count == 2 {
                    tanh(a)
                } else {
                    sigmoid(a)
                };
            }
            for j in 0..h_count {
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates[gate * h_count + j]);
                let c = f * c_prev[j] + i * g;
                let at = p * h_count + j;
                if run.masked(p) {
                    tape.c[at] = c_prev[j];
                    tape.h[at] = h_prev[j];
                } else {
                    tape.c[at] = c;
                    tape.h[at] = o * tanh(c);
                }
            }
        }
    }
    tape
}

/// Gradient of the pre-activations a, which is that of `z`; the twin of the recurrent backward
/// kernels.
///
/// Steps are taken in the opposite order, dh and dc carried from each to the one before it:
///
/// ```text
/// dh = d_h[p] + carried dh              dc = carried dc + dh·o·(1 − tanh²(c))
/// da_i = dc·g·i(1 − i)   da_f = dc·c_prev·f(1 − f)   da_g = dc·i·(1 − g²)
/// da_o = dh·tanh(c)·o(1 − o)
/// carry: dh = da·Uᵀ, dc = dc·f
/// ```
///
/// A masked position passes dh and dc on unchanged and has da = 0.
///
/// # Shapes
/// `u` `[H, 4H]`, `d_h` `[P, H]`: the gradient that reaches each position's h from above (for a
/// last-state layer 0 but at [`Run::last`]). Returns `[P, 4H]`.
pub fn backward(run: &Run, u: &[f64], tape: &Tape, d_h: &[f64]) -> Vec<f64> {
    let h_count = run.units;
    let mut d_z = vec![0.0; run.steps * run.batch * 4 * h_count];
    for b in 0..run.batch {
        let mut dh_carried = vec![0.0; h_count];
        let mut dc_carried = vec![0.0; h_count];
        for s in (0..run.steps).rev() {
            let p = run.position(s, b);
            for j in 0..h_count {
                dh_carried[j] += d_h[p * h_count + j];
            }
            if run.masked(p) {
                continue;
            }
            let c_prev = run.state_before(&tape.c, s, b);
            let gates = &tape.gates[p * 4 * h_count..(p + 1) * 4 * h_count];
            let da = &mut d_z[p * 4 * h_count..(p + 1) * 4 * h_count];
            for j in 0..h_count {
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates[gate * h_count + j]);
                let tanh_c = tanh(tape.c[p * h_count + j]);
                let dh = dh_carried[j];
                let dc = dc_carried[j] + dh * o * tanh_derivative(tanh_c);
                da[j] = dc * g * sigmoid_derivative(i);
                da[h_count + j] = dc * c_prev[j] * sigmoid_derivative(f);
                da[2 * h_count + j] = dc * i * tanh_derivative(g);
                da[3 * h_count + j] = dh * tanh_c * sigmoid_derivative(o);
                dc_carried[j] = dc * f;
            }
            for k in 0..h_count {
                dh_carried[k] = (0..4 * h_count)
                    .map(|column| da[column] * u[k * 4 * h_count + column])
                    .sum();
            }
        }
    }
    d_z
}
