//! What the dispatches of all optimisers share.

use bytemuck::Pod;

use super::dispatch::{Lifetime, Slice};
use super::gradients::Gradients;
use super::kernel::Kernel;
use super::step_builder::StepBuilder;
use crate::error::Result;

impl StepBuilder<'_> {
    /// What is kept from step to step, a number for each parameter: that of those that are updated.
    pub(super) fn slot(&mut self, name: &'static str) -> Result<Slice> {
        let numbers = self.parameters.len();
        let whole = self.plan.buffer(name, numbers, Lifetime::Persistent)?;
        Ok(self.parameters.trained(whole))
    }

    /// The gradients of the parameters that are updated.
    pub(super) fn trained_gradients(&mut self) -> Result<Slice> {
        let whole = self.gradient_buffer()?;
        Ok(self.parameters.trained(whole))
    }

    /// The parameters that are updated: all but those of a frozen embedding.
    pub(super) fn trained_parameters(&self) -> Slice {
        self.parameters.trained(self.parameter_buffer)
    }

    /// How many vec4 the parameters are that are updated.
    pub(super) fn vectors(&self) -> usize {
        self.parameters.trained_len() / 4
    }

    /// Runs an optimiser's kernel over all parameters that are updated, with so many operations for each. The scale of clipped gradients
    /// is bound behind `bindings`.
    pub(super) fn update_all(
        &mut self,
        kernel: Kernel,
        dims: &impl Pod,
        mut bindings: Vec<Slice>,
        operations: usize,
        gradients: Gradients,
    ) -> Result<()> {
        let scale = self.gradient_scale(gradients)?;
        bindings.extend(scale);
        let groups = self.plan.elementwise(self.vectors());
        self.plan.dispatch(
            kernel.name().to_owned(),
            kernel.flag("clip", scale.is_some()),
            dims,
            &bindings,
            groups,
            operations * self.parameters.trained_len(),
        )
    }
}
