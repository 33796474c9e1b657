//! [`Adam`] and its dispatch.

use super::dims::{AdamDims, ClipScaleDims, SquareSumsDims};
use super::dispatch::{Lifetime, Slice};
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// vec4 of gradients in a partial sum of their squares.
const SUMMED: usize = 64;

/// The Adam optimiser with Keras's defaults but for the rate; with weight decay, AdamW.
///
/// # Source
/// Kingma and Ba (2015); Loshchilov and Hutter (2019) for the decay, which is apart from the gradient and its
/// moments; Keras 3, `optimizers.Adam` and `AdamW`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Step size before bias correction.
    pub learning_rate: f64,
    /// Decay of the first moments.
    pub beta1: f64,
    /// Decay of the second moments.
    pub beta2: f64,
    /// Added to the uncorrected √v.
    pub epsilon: f64,
    /// Greatest norm of all gradients together; larger ones are scaled down to it (Keras's `global_clipnorm`).
    pub clip_norm: Option<f64>,
    /// Whether the norm of all gradients together is measured, before any clipping. One beyond the range of f32
    /// ends training, as it does where gradients are clipped.
    pub measure_norm: bool,
    /// Whether the norm of each layer's gradients is measured, as [`measure_norm`](Adam::measure_norm) is.
    pub measure_layer_norms: bool,
    /// Before each update every parameter loses this share of itself, times the learning rate. As in Keras, where
    /// nothing was excluded, biases and the embedding's rows are no exception.
    pub weight_decay: Option<f64>,
}

impl Adam {
    /// β1 = 0.9, β2 = 0.999, ε = 1e-7, no clipping, no norms, no decay.
    pub fn new(learning_rate: f64) -> Self {
        Adam {
            learning_rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
            clip_norm: None,
            measure_norm: false,
            measure_layer_norms: false,
            weight_decay: None,
        }
    }

    /// rate·√(1 − β2^t) / (1 − β1^t) of step t, counted from 1.
    ///
    /// Keras rounds the betas to f32 before it raises them to the power t, in float64 too; so does this.
    pub fn step_size(&self, t: u64) -> f64 {
        let power = |beta: f64| f64::from(beta as f32).powf(t as f64);
        self.learning_rate * (1.0 - power(self.beta2)).sqrt() / (1.0 - power(self.beta1))
    }
}

impl StepBuilder<'_> {
    /// Updates every parameter.
    pub(super) fn adam(&mut self, adam: Adam, step: u64) -> Result<()> {
        let numbers = self.parameters.len();
        let m = self
            .plan
            .buffer(names::FIRST_MOMENTS, numbers, Lifetime::Persistent)?;
        let v = self
            .plan
            .buffer(names::SECOND_MOMENTS, numbers, Lifetime::Persistent)?;
        let dims = AdamDims {
            count: (numbers / 4) as u32,
            alpha: adam.step_size(step) as f32,
            one_minus_beta1: (1.0 - adam.beta1) as f32,
            one_minus_beta2: (1.0 - adam.beta2) as f32,
            epsilon: adam.epsilon as f32,
            decay: (adam.learning_rate * adam.weight_decay.unwrap_or(0.0)) as f32,
            ..AdamDims::default()
        };
        let mut bindings = vec![
            self.gradient_buffer()?,
            self.parameter_buffer,
            m,
            v,
            self.not_finite()?,
        ];
        if let Some(bound) = adam.clip_norm {
            bindings.push(self.clip_scale(bound)?);
        } else if adam.measure_norm {
            self.clip_scale(f64::from(f32::MAX))?;
        }
        if adam.measure_layer_norms {
            self.layer_norms()?;
        }
        let groups = self.plan.elementwise(numbers / 4);
        self.plan.dispatch(
            "adam".into(),
            Kernel::new("adam").flag("clip", adam.clip_norm.is_some()),
            &dims,
            &bindings,
            groups,
            12 * numbers,
        )
    }

    /// The norm of all gradients, into the step's record, and the factor that brings it down to `bound`.
    fn clip_scale(&mut self, bound: f64) -> Result<Slice> {
        let (gradients, norms) = (self.gradient_buffer()?, self.norms()?);
        self.norm("clip", "gradients", gradients, norms, bound)
    }

    /// The norm of each layer's gradients, into the step's record.
    fn layer_norms(&mut self) -> Result<()> {
        let gradients = self.gradient_buffer()?.buffer;
        let parameters = self.parameters;
        for (place, (name, block)) in parameters.trainable_layers().enumerate() {
            let norms = self.norms_of_layer(place)?;
            let buffer = format!("{name}.gradients");
            // The factor is of no use here.
            self.norm(
                name,
                &buffer,
                block.of(gradients),
                norms,
                f64::from(f32::MAX),
            )?;
        }
        Ok(())
    }

    /// The norm of `gradients`, whole tensors with the gaps behind them, into `norms` at the step's place; and the
    /// factor that brings it down to `bound`.
    fn norm(
        &mut self,
        label: &str,
        buffer: &str,
        gradients: Slice,
        norms: Slice,
        bound: f64,
    ) -> Result<Slice> {
        let count = gradients.bytes as usize / 16;
        let sums = count.div_ceil(SUMMED);
        let squares = self.plan.scratch(&format!("{buffer}.square_sums"), sums)?;
        let scale = self.plan.scratch(&format!("{buffer}.scale"), 1)?;
        let dims = SquareSumsDims {
            count: count as u32,
            sums: sums as u32,
            ..SquareSumsDims::default()
        };
        let groups = self.plan.elementwise(sums);
        self.plan.dispatch(
            format!("{label}.square_sums"),
            Kernel::new("square_sums"),
            &dims,
            &[gradients, squares],
            groups,
            8 * count,
        )?;
        let dims = ClipScaleDims {
            sums: sums as u32,
            bound: bound as f32,
            record: self.record(),
            ..ClipScaleDims::default()
        };
        let not_finite = self.not_finite()?;
        self.plan.dispatch(
            format!("{label}.scale"),
            Kernel::new("clip_scale"),
            &dims,
            &[squares, scale, not_finite, norms],
            [1, 1, 1],
            sums,
        )?;
        Ok(scale)
    }
}
