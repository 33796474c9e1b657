//! What the recurrences of all layers have in common: the order of timesteps, the mask, and the gradient of the
//! recurrent kernel.

/// Sizes, direction and mask of a run over `[T, B]` positions.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Timesteps, T.
    pub steps: usize,
    /// Sequences, B.
    pub batch: usize,
    /// Hidden units, H.
    pub units: usize,
    /// Whether t goes from T − 1 down to 0.
    pub reverse: bool,
    /// `[T, B]`, false where a position is masked; `None` masks nothing.
    pub keep: Option<&'a [bool]>,
}

impl Run<'_> {
    /// Position of sequence `b` at the `s`-th processed step.
    pub fn position(&self, s: usize, b: usize) -> usize {
        let t = if self.reverse { self.steps - 1 - s } else { s };
        t * self.batch + b
    }

    /// Position of sequence `b` processed last: t = T − 1, or t = 0 in reverse.
    pub fn last(&self, b: usize) -> usize {
        self.position(self.steps - 1, b)
    }

    /// Whether position `p` is masked.
    pub fn masked(&self, p: usize) -> bool {
        self.keep.is_some_and(|keep| !keep[p])
    }

    /// Row of `states` (`[P, H]`) that the `s`-th step starts from.
    pub(super) fn state_before(&self, states: &[f64], s: usize, b: usize) -> Vec<f64> {
        if s == 0 {
            return vec![0.0; self.units];
        }
        let p = self.position(s - 1, b);
        states[p * self.units..(p + 1) * self.units].to_vec()
    }
}

/// Gradient of the recurrent kernel: Σ_p h_prev(p)ᵀ·d_a(p).
///
/// # Shapes
/// `h` `[P, H]`: h after each position; `d_a` `[P, columns]`: gradient of h_prev·U, 4H columns for an LSTM, 3H
/// for a GRU. Returns `[H, columns]`.
pub fn recurrent_gradient(run: &Run, h: &[f64], d_a: &[f64]) -> Vec<f64> {
    let columns = d_a.len() / (run.steps * run.batch);
    let mut d_u = vec![0.0; run.units * columns];
    for s in 0..run.steps {
        for b in 0..run.batch {
            let p = run.position(s, b);
            let h_prev = run.state_before(h, s, b);
            for k in 0..run.units {
                for column in 0..columns {
                    d_u[k * columns + column] += h_prev[k] * d_a[p * columns + column];
                }
            }
        }
    }
    d_u
}
