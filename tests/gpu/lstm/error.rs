//! How far f32 may take an LSTM layer from exact numbers: a running error analysis, number by number.
//!
//! Every number of the recurrence carries a bound of its error, δ, which the next operation takes over:
//!
//! ```text
//! a + b             δa + δb, rounded
//! a·b               |a|·δb + |b|·δa + δa·δb, rounded
//! z + Σ a_k·w_k     Σ δa_k·|w_k|, and the rounding of a sum of n terms, sum_error(n)·(|z| + Σ |a_k·w_k|)
//! σ(a), tanh(a)     δa times the largest slope within δa of a, and what WGSL lets exp and a quotient err by
//! rounded           u times the result, or the smallest normal number, for a device may flush what is less to 0
//! carried           of gradients below 2⁻¹¹⁰ all, for the native kernels take them for 0
//! ```
//!
//! Slopes: |σ''| ≤ σ' and |tanh''| ≤ 2·tanh', so within δ of a they grow by e^δ and e^2δ at most. Fusing a product
//! and a sum only leaves a rounding out. No constant is fitted: what a timestep inherits is what the analysis has
//! carried to it, damped by the very gates and weights that damp it on the device.
//!
//! # Source
//! Higham, "Accuracy and Stability of Numerical Algorithms", section 3.3.

use std::ops::{Add, Mul, Sub};

use gatefold::reference::activations::{self, sigmoid_derivative, tanh_derivative};
use gatefold::reference::lstm::Run;

use crate::recurrent::Approximate;
use crate::support::numbers::{UNIT, half_error, sigmoid_error, sum_error, tanh_error};

/// Relative error that an activation of the native kernels may have: 2.5 units of the last place, of at most 2·u each.
const NATIVE: f64 = 5.0 * UNIT;

/// Below it the native kernels take a gradient for 0: see `src/native/simd.rs`.
const FLUSHED: f64 = 1.0 / (1u128 << 110) as f64;

impl Approximate {
    fn exact(value: f64) -> Approximate {
        Approximate { value, error: 0.0 }
    }

    /// The result of an operation whose operands bring in `error`.
    fn rounded(value: f64, error: f64) -> Approximate {
        let rounding = UNIT * (value.abs() + error) + f64::from(f32::MIN_POSITIVE);
        Approximate {
            value,
            error: error + rounding,
        }
    }

    /// The result of a function that has `value` here, the slope `slope` and the relative error `relative`.
    fn applied(self, value: f64, slope: f64, relative: f64) -> Approximate {
        let error = slope * self.error;
        Approximate::rounded(value, error + relative * (value.abs() + error))
    }

    /// The larger of what `bound` is at both ends of where the device's number may be.
    fn at_ends(self, bound: impl Fn(f64) -> f64) -> f64 {
        bound(self.value - self.error).max(bound(self.value + self.error))
    }

    fn sigmoid(self) -> Approximate {
        let value = activations::sigmoid(self.value);
        let slope = (sigmoid_derivative(value) * self.error.exp()).min(0.25);
        let mut result = self.applied(
            value,
            slope,
            self.at_ends(|x| sigmoid_error(x.max(-80.0)).max(NATIVE)),
        );
        if self.value - self.error < -80.0 {
            result.error += activations::sigmoid(-80.0); // where it stays, lest e^-x overflow
        }
        result
    }

    fn tanh(self) -> Approximate {
        let value = activations::tanh(self.value);
        let slope = (tanh_derivative(value) * (2.0 * self.error).exp()).min(1.0);
        self.applied(value, slope, self.at_ends(|x| tanh_error(x).max(NATIVE)))
    }

    /// A gradient that goes on to another timestep.
    fn carried(mut self) -> Approximate {
        if self.value.abs() < FLUSHED + self.error {
            self.error += self.value.abs();
        }
        self
    }

    /// This and the products of `factors` with exact weights.
    fn plus_products(self, factors: impl Iterator<Item = (Approximate, f64)>) -> Approximate {
        let (mut value, mut error, mut size, mut count) =
            (self.value, self.error, self.value.abs() + self.error, 1);
        for (factor, weight) in factors {
            value += factor.value * weight;
            error += factor.error * weight.abs();
            size += (factor.value.abs() + factor.error) * weight.abs();
            count += 1;
        }
        Approximate::rounded(value, error + sum_error(count) * size)
    }
}

impl Add for Approximate {
    type Output = Approximate;

    fn add(self, other: Approximate) -> Approximate {
        Approximate::rounded(self.value + other.value, self.error + other.error)
    }
}

impl Sub for Approximate {
    type Output = Approximate;

    fn sub(self, other: Approximate) -> Approximate {
        Approximate::rounded(self.value - other.value, self.error + other.error)
    }
}

impl Mul for Approximate {
    type Output = Approximate;

    fn mul(self, other: Approximate) -> Approximate {
        let error = self.value.abs() * other.error
            + other.value.abs() * self.error
            + self.error * other.error;
        Approximate::rounded(self.value * other.value, error)
    }
}

/// What a forward pass leaves, as in [`gatefold::reference::lstm::Tape`].
#[derive(Clone)]
pub struct Forward {
    /// `[P, H]`
    pub h: Vec<Approximate>,
    /// `[P, H]`
    c: Vec<Approximate>,
    /// `[P, 4H]`, i, f, g, o
    pub gates: Vec<Approximate>,
}

impl Forward {
    /// The same where gates and cell states are kept as halves.
    pub fn in_halves(mut self) -> Forward {
        for number in self.gates.iter_mut().chain(&mut self.c) {
            number.error += half_error(number.value.abs() + number.error, 1.0);
        }
        self
    }
}

/// State of unit `j` before the `s`-th step.
fn before(run: &Run, states: &[Approximate], s: usize, b: usize, j: usize) -> Approximate {
    match s {
        0 => Approximate::default(),
        _ => states[run.position(s - 1, b) * run.units + j],
    }
}

/// [`gatefold::reference::lstm::forward`] with errors; `z` and `u` are exact.
pub fn forward(run: &Run, z: &[f64], u: &[f64]) -> Forward {
    let (units, positions) = (run.units, run.steps * run.batch);
    let mut tape = Forward {
        h: vec![Approximate::default(); positions * units],
        c: vec![Approximate::default(); positions * units],
        gates: vec![Approximate::default(); positions * 4 * units],
    };
    for (s, b) in (0..run.steps).flat_map(|s| (0..run.batch).map(move |b| (s, b))) {
        let p = run.position(s, b);
        for column in 0..4 * units {
            let products =
                (0..units).map(|k| (before(run, &tape.h, s, b, k), u[k * 4 * units + column]));
            let a = Approximate::exact(z[p * 4 * units + column]).plus_products(products);
            tape.gates[p * 4 * units + column] = match column / units {
                2 => a.tanh(),
                _ => a.sigmoid(),
            };
        }
        for j in 0..units {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| tape.gates[(p * 4 + gate) * units + j]);
            let [h_before, c_before] = [&tape.h, &tape.c].map(|all| before(run, all, s, b, j));
            let c = f * c_before + i * g;
            let (h, c) = match run.masked(p) {
                true => (h_before, c_before),
                false => (o * c.tanh(), c),
            };
            (tape.h[p * units + j], tape.c[p * units + j]) = (h, c);
        }
    }
    tape
}

/// [`gatefold::reference::lstm::backward`] with errors, `[P, 4H]`; `u` and `d_h` are exact.
pub fn backward(run: &Run, u: &[f64], tape: &Forward, d_h: &[f64]) -> Vec<Approximate> {
    let units = run.units;
    let one = Approximate::exact(1.0);
    let mut d_z = vec![Approximate::default(); run.steps * run.batch * 4 * units];
    for b in 0..run.batch {
        let mut dh = vec![Approximate::default(); units];
        let mut dc = vec![Approximate::default(); units];
        for s in (0..run.steps).rev() {
            let p = run.position(s, b);
            for j in 0..units {
                dh[j] = dh[j] + Approximate::exact(d_h[p * units + j]);
            }
            if run.masked(p) {
                continue;
            }
            let da = &mut d_z[p * 4 * units..(p + 1) * 4 * units];
            for j in 0..units {
                let [i, f, g, o] = [0, 1, 2, 3].map(|gate| tape.gates[(p * 4 + gate) * units + j]);
                let tanh_c = tape.c[p * units + j].tanh();
                let dc_all = dc[j] + dh[j] * o * (one - tanh_c * tanh_c);
                da[j] = (dc_all * g * i * (one - i)).carried();
                let c_before = before(run, &tape.c, s, b, j);
                da[units + j] = (dc_all * c_before * f * (one - f)).carried();
                da[2 * units + j] = (dc_all * i * (one - g * g)).carried();
                da[3 * units + j] = (dh[j] * tanh_c * o * (one - o)).carried();
                dc[j] = (dc_all * f).carried();
            }
            for (k, dh) in dh.iter_mut().enumerate() {
                let products = da.iter().copied().zip(u[k * 4 * units..].iter().copied());
                *dh = Approximate::default().plus_products(products);
            }
        }
    }
    d_z
}
