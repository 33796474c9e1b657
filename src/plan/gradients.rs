//! [`Gradients`]: what is done with gradients before any optimiser takes them.

use super::dims::{ClipScaleDims, SquareSumsDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::StepBuilder;
use crate::error::Result;

/// vec4 of gradients in a partial sum of their squares.
const SUMMED: usize = 64;

/// Clipping and norms of gradients, whatever the optimiser; [`Gradients::default`] leaves them as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gradients {
    /// Greatest norm of all gradients together; larger ones are scaled down to it (Keras's `global_clipnorm`).
    pub clip_norm: Option<f64>,
    /// Whether the norm of all gradients together is measured, before any clipping. One beyond the range of f32
    /// ends training, as it does where gradients are clipped.
    pub measure_norm: bool,
    /// Whether the norm of each layer's gradients is measured, as [`measure_norm`](Gradients::measure_norm) is.
    pub measure_layer_norms: bool,
}

impl StepBuilder<'_> {
    /// Norms of gradients where they are wanted; the factor that the optimiser multiplies gradients by, where they
    /// are clipped.
    pub(super) fn gradient_scale(&mut self, gradients: Gradients) -> Result<Option<Slice>> {
        let scale = match gradients.clip_norm {
            Some(bound) => Some(self.clip_scale(bound)?),
            None => None,
        };
        if scale.is_none() && gradients.measure_norm {
            self.clip_scale(f64::from(f32::MAX))?;
        }
        if gradients.measure_layer_norms {
            self.layer_norms()?;
        }
        Ok(scale)
    }

    /// The norm of all gradients, into the step's record, and the factor that brings it down to `bound`.
    fn clip_scale(&mut self, bound: f64) -> Result<Slice> {
        let (gradients, norms) = (self.trained_gradients()?, self.norms()?);
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
