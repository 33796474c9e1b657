//! Adam as Keras writes it.

/// Settings of the optimiser; [`Adam::default`] has those of the reference experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Learning rate, lr.
    pub learning_rate: f64,
    /// Decay of the first moment, β₁.
    pub beta1: f64,
    /// Decay of the second moment, β₂.
    pub beta2: f64,
    /// ε, added to √v as it is: not to the bias-corrected one, as PyTorch does.
    pub epsilon: f64,
    /// Share of a weight that it loses before an update, times the learning rate.
    pub weight_decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Adam {
            learning_rate: 1e-4,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
            weight_decay: 0.0,
        }
    }
}

impl Adam {
    /// Size of step t (counted from 1) with its bias correction: lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ).
    ///
    /// Keras rounds both betas to f32 before it raises them to the power t, even where all else is
    /// f64; that changes the first step by 6.7e-6 of itself, and is done here too.
    pub fn step_size(&self, step: u64) -> f64 {
        let correction = |beta: f64| 1.0 - f64::from(beta as f32).powf(step as f64);
        self.learning_rate * correction(self.beta2).sqrt() / correction(self.beta1)
    }

    /// One update of a tensor in place, with α_t the [`Adam::step_size`]:
    ///
    /// ```text
    /// m = β₁·m + (1 − β₁)·g        v = β₂·v + (1 − β₂)·g²
    /// w = w − lr·decay·w − α_t·m / (√v + ε)
    /// ```
    ///
    /// Dense: an element without a gradient still decays its moments and moves.
    ///
    /// # Shapes
    /// `weights`, `gradient`, `m` and `v` of one length.
    ///
    /// # Source
    /// Kingma and Ba (2015), the form before section 2.1's hat notation; Loshchilov and Hutter (2019); Keras 3's
    /// `Adam` and `AdamW`.
    pub fn update(
        &self,
        step: u64,
        weights: &mut [f64],
        gradient: &[f64],
        m: &mut [f64],
        v: &mut [f64],
    ) {
        let step_size = self.step_size(step);
        for n in 0..weights.len() {
            let g = gradient[n];
            m[n] = self.beta1 * m[n] + (1.0 - self.beta1) * g;
            v[n] = self.beta2 * v[n] + (1.0 - self.beta2) * g * g;
            weights[n] -= self.learning_rate * self.weight_decay * weights[n];
            weights[n] -= step_size * m[n] / (v[n].sqrt() + self.epsilon);
        }
    }
}
