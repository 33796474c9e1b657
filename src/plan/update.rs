//! What the dispatches of all optimisers share.

use bytemuck::Pod;

use super::dispatch::{Lifetime, Slice};
use super::gradients::Gradients;
use super::kernel::Kernel;
use super::step_builder::StepBuilder;
use crate::error::Result;

impl StepBuilder<'_> {
    /// A number for each parameter that is kept from step to step.
    pub(super) fn slot(&mut self, name: &'static str) -> Result<Slice> {
        let numbers = self.parameters.len();
        self.plan.buffer(name, numbers, Lifetime::Persistent)
    }

    /// How many vec4 all parameters are.
    pub(super) fn vectors(&self) -> usize {
        self.parameters.len() / 4
    }

    /// Runs an optimiser's kernel over all parameters, with so many operations for each. The scale of clipped gradients
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
            operations * self.parameters.len(),
        )
    }
}
