//! Gradient descent as Keras writes it.

/// Settings of the optimiser; [`Sgd::default`] has Keras's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Learning rate, lr.
    pub learning_rate: f64,
    /// Share of the last move that is made again, μ.
    pub momentum: f64,
    /// Whether the gradient is followed from where the momentum leads.
    pub nesterov: bool,
    /// Share of a weight that it loses before an update, times the learning rate.
    pub weight_decay: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd {
            learning_rate: 0.01,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        }
    }
}

impl Sgd {
    /// One update of a tensor in place:
    ///
    /// ```text
    /// w = w − lr·decay·w        m = μ·m − lr·g
    /// w = w + m, or with Nesterov's momentum w + μ·m − lr·g
    /// ```
    ///
    /// At μ = 0 that is w − lr·g, whatever m was.
    ///
    /// # Shapes
    /// `weights`, `gradient` and `m` of one length.
    ///
    /// # Source
    /// Sutskever, Martens, Dahl and Hinton (2013); Keras 3's `SGD`.
    pub fn update(&self, weights: &mut [f64], gradient: &[f64], m: &mut [f64]) {
        for n in 0..weights.len() {
            let step = self.learning_rate * gradient[n];
            weights[n] -= self.learning_rate * self.weight_decay * weights[n];
            m[n] = self.momentum * m[n] - step;
            weights[n] += match self.nesterov {
                true => self.momentum * m[n] - step,
                false => m[n],
            };
        }
    }
}
