//! RMSprop as Keras writes it.

/// Settings of the optimiser; [`RmsProp::default`] has Keras's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    /// Learning rate, lr.
    pub learning_rate: f64,
    /// Decay of the running mean of squares, ρ.
    pub rho: f64,
    /// Share of the last move that is made again, μ.
    pub momentum: f64,
    /// ε, added to v under the root: not to the root, as PyTorch does.
    pub epsilon: f64,
    /// Share of a weight that it loses before an update, times the learning rate.
    pub weight_decay: f64,
}

impl Default for RmsProp {
    fn default() -> Self {
        RmsProp {
            learning_rate: 0.001,
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            weight_decay: 0.0,
        }
    }
}

impl RmsProp {
    /// One update of a tensor in place:
    ///
    /// ```text
    /// w = w − lr·decay·w        v = ρ·v + (1 − ρ)·g²
    /// m = μ·m + lr·g / √(v + ε)        w = w − m
    /// ```
    ///
    /// # Shapes
    /// `weights`, `gradient`, `v` and `m` of one length.
    ///
    /// # Source
    /// Hinton, Neural Networks for Machine Learning (2012), lecture 6e; Keras 3's `RMSprop`, not centred.
    pub fn update(&self, weights: &mut [f64], gradient: &[f64], v: &mut [f64], m: &mut [f64]) {
        for n in 0..weights.len() {
            let g = gradient[n];
            weights[n] -= self.learning_rate * self.weight_decay * weights[n];
            v[n] = self.rho * v[n] + (1.0 - self.rho) * g * g;
            m[n] = self.momentum * m[n] + self.learning_rate * g / (v[n] + self.epsilon).sqrt();
            weights[n] -= m[n];
        }
    }
}
