//! One direction of a GRU layer over a whole sequence, forward and backward.
//!
//! With σ the logistic function, gate columns in the order z, r, g (Keras writes h for g) and h zero before the
//! first step:
//!
//! ```text
//! x = input[p]                   input = x·W + b, made before
//! i = h_prev·U + b_r             b_r: the recurrent bias
//! z = σ(x_z + i_z)   r = σ(x_r + i_r)   g = tanh(x_g + r·i_g)
//! h = z·h_prev + (1 − z)·g
//! ```
//!
//! The reset gate r acts on the product i_g, not on h_prev before it, which is why both products have a bias of
//! their own (Keras's `reset_after`, and cuDNN's cell). A masked position copies h from the step before it.
//!
//! # Source
//! Cho et al. (2014); this form of the reset gate as in Keras 3's `GRU` with its default `reset_after=True`.

use super::activations::{sigmoid, sigmoid_derivative, tanh, tanh_derivative};
pub use super::recurrence::Run;

/// What the backward pass needs of a forward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Tape {
    /// `[P, H]`, h after each position.
    pub h: Vec<f64>,
    /// `[P, 3H]`, z, r, g after their activations; computed at masked positions too, unused there.
    pub gates: Vec<f64>,
    /// `[P, H]`, i_g: what the reset gate is multiplied with.
    pub inner: Vec<f64>,
}

/// Gradients of the two sums that meet in a gate, `[P, 3H]` each.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Of x·W + b.
    pub input: Vec<f64>,
    /// Of h_prev·U + b_r: the same but for the candidate's columns.
    pub inner: Vec<f64>,
}

/// Runs the recurrence over all positions; the twin of the recurrent forward kernels.
///
/// # Shapes
/// `input` `[P, 3H]`: x·W + b, before any activation. `u` `[H, 3H]`: the recurrent kernel. `bias` `[3H]`: the
/// recurrent bias.
///
/// # Examples
/// ```
/// use gatefold::reference::gru::{Run, forward};
///
/// // One step, one unit: the update gate is 0.5, so half of the candidate enters the state.
/// let run = Run { steps: 1, batch: 1, units: 1, reverse: false, keep: None };
/// let tape = forward(&run, &[0.0, 0.0, 1.0], &[1.0; 3], &[0.0; 3]);
/// assert_eq!(tape.gates, [0.5, 0.5, 1f64.tanh()]);
/// assert_eq!(tape.h, [0.5 * 1f64.tanh()]);
/// ```
pub fn forward(run: &Run, input: &[f64], u: &[f64], bias: &[f64]) -> Tape {
    let h_count = run.units;
    let columns = 3 * h_count;
    let positions = run.steps * run.batch;
    let mut tape = Tape {
        h: vec![0.0; positions * h_count],
        gates: vec![0.0; positions * columns],
        inner: vec![0.0; positions * h_count],
    };
    for s in 0..run.steps {
        for b in 0..run.batch {
            let p = run.position(s, b);
            let h_prev = run.state_before(&tape.h, s, b);
            let inner = |column: usize| {
                let recurrent: f64 = (0..h_count)
                    .map(|k| h_prev[k] * u[k * columns + column])
                    .sum();
                recurrent + bias[column]
            };
            let x = &input[p * columns..(p + 1) * columns];
            for j in 0..h_count {
                let z = sigmoid(x[j] + inner(j));
                let r = sigmoid(x[h_count + j] + inner(h_count + j));
                let i_g = inner(2 * h_count + j);
                let g = tanh(x[2 * h_count + j] + r * i_g);
                for (gate, value) in [z, r, g].into_iter().enumerate() {
                    tape.gates[p * columns + gate * h_count + j] = value;
                }
                let at = p * h_count + j;
                tape.inner[at] = i_g;
                tape.h[at] = if run.masked(p) {
                    h_prev[j]
                } else {
                    z * h_prev[j] + (1.0 - z) * g
                };
            }
        }
    }
    tape
}

/// Gradients of both sums; the twin of the recurrent backward kernels.
///
/// Steps are taken in the opposite order, dh carried from each to the one before it. With da the gradient of
/// x·W + b and di that of h_prev·U + b_r:
///
/// ```text
/// dh = d_h[p] + carried dh
/// da_z = di_z = dh·(h_prev − g)·z(1 − z)
/// da_g = dh·(1 − z)·(1 − g²)             di_g = da_g·r
/// da_r = di_r = da_g·i_g·r(1 − r)
/// carry: dh = dh·z + di·Uᵀ
/// ```
///
/// A masked position passes dh on unchanged and has da = di = 0.
///
/// # Shapes
/// `u` `[H, 3H]`, `d_h` `[P, H]`: the gradient that reaches each position's h from above (for a last-state layer
/// 0 but at [`Run::last`]).
pub fn backward(run: &Run, u: &[f64], tape: &Tape, d_h: &[f64]) -> Gradients {
    let h_count = run.units;
    let columns = 3 * h_count;
    let zeros = vec![0.0; run.steps * run.batch * columns];
    let mut gradients = Gradients {
        input: zeros.clone(),
        inner: zeros,
    };
    for b in 0..run.batch {
        let mut dh_carried = vec![0.0; h_count];
        for s in (0..run.steps).rev() {
            let p = run.position(s, b);
            for j in 0..h_count {
                dh_carried[j] += d_h[p * h_count + j];
            }
            if run.masked(p) {
                continue;
            }
            let h_prev = run.state_before(&tape.h, s, b);
            let gates = &tape.gates[p * columns..(p + 1) * columns];
            let da = &mut gradients.input[p * columns..(p + 1) * columns];
            let di = &mut gradients.inner[p * columns..(p + 1) * columns];
            for j in 0..h_count {
                let [z, r, g] = [0, 1, 2].map(|gate| gates[gate * h_count + j]);
                let dh = dh_carried[j];
                let da_g = dh * (1.0 - z) * tanh_derivative(g);
                let da_z = dh * (h_prev[j] - g) * sigmoid_derivative(z);
                let da_r = da_g * tape.inner[p * h_count + j] * sigmoid_derivative(r);
                for (gate, (a, i)) in [(da_z, da_z), (da_r, da_r), (da_g, da_g * r)]
                    .into_iter()
                    .enumerate()
                {
                    da[gate * h_count + j] = a;
                    di[gate * h_count + j] = i;
                }
                dh_carried[j] = dh * z;
            }
            for k in 0..h_count {
                let through_u: f64 = (0..columns)
                    .map(|column| di[column] * u[k * columns + column])
                    .sum();
                dh_carried[k] += through_u;
            }
        }
    }
    gradients
}
