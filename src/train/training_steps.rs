//! What a [`Session`] does that trains, and one for inference refuses: its optimiser, and the steps with a backward pass.

use tracing::trace_span;

use super::check::{check_batch, check_rate};
use super::remedy::with_remedy;
use super::session::Session;
use crate::batch::{Batch, BatchShape};
use crate::error::{Error, Result};
use crate::gpu::{Clock, DispatchTime};
use crate::plan::{DropoutMask, Gradients, Optimiser, Plan, StepContext, training_step};

impl Session {
    /// The optimiser, with the learning rate in force; none of a session for inference.
    pub fn optimiser(&self) -> Option<Optimiser> {
        self.optimiser
    }

    /// The learning rate in force; none of a session for inference.
    pub fn learning_rate(&self) -> Option<f64> {
        self.optimiser.map(|optimiser| optimiser.learning_rate())
    }

    /// Sets the learning rate of the steps to come, which refuse a negative one and one that is not finite.
    ///
    /// # Errors
    /// [`Error::ForInference`] of a session without an optimiser.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        let optimiser = self.optimiser.as_mut().ok_or(Error::ForInference)?;
        optimiser.set_learning_rate(rate);
        Ok(())
    }

    /// Sets how gradients of the steps to come are clipped, and which of their norms are measured, and allocates what
    /// that needs.
    ///
    /// # Errors
    /// [`Error::ForInference`] of a session without an optimiser; else as [`Session::reserve`].
    pub fn set_gradients(&mut self, gradients: Gradients) -> Result<()> {
        self.trained_by()?;
        self.gradients = gradients;
        self.allocate()
    }

    /// The optimiser of a session that trains.
    pub(super) fn trained_by(&self) -> Result<Optimiser> {
        self.optimiser.ok_or(Error::ForInference)
    }

    pub(super) fn training_plan(&self, shape: BatchShape, context: StepContext) -> Result<Plan> {
        let _span = trace_span!("plan").entered();
        training_step(&self.model, &self.layout, &self.limits, shape, context).map_err(with_remedy)
    }

    /// The context and the plan of the next training step.
    fn next_step(&self, batch: &Batch) -> Result<(StepContext, Plan)> {
        let optimiser = self.trained_by()?;
        check_rate(optimiser.learning_rate())?;
        check_batch(&self.model, batch)?;
        let context = self.context(self.step + 1, Some(optimiser));
        Ok((context, self.training_plan(batch.shape(), context)?))
    }

    /// Submits a training step; its result comes with a later [`Session::results`].
    ///
    /// # Errors
    /// [`Error::ForInference`] of a session without an optimiser; [`Error::Data`] for an id that the embedding has not
    /// or a label of no class; [`Error::Argument`] for an empty batch or a learning rate that is no step size; else as
    /// [`Session::results`].
    pub fn train(&mut self, batch: &Batch) -> Result<()> {
        let (context, plan) = self.next_step(batch)?;
        self.submit(&plan, batch, context, &[])?;
        self.step += 1;
        self.on_device += 1;
        Ok(())
    }

    /// As [`Session::train`], but times each dispatch, and returns when all are done.
    ///
    /// # Errors
    /// As [`Session::train`].
    pub fn profile_train(&mut self, batch: &Batch, clock: Clock) -> Result<Vec<DispatchTime>> {
        let (context, plan) = self.next_step(batch)?;
        let times = self.profile(&plan, batch, context, clock)?;
        self.step += 1;
        self.on_device += 1;
        Ok(times)
    }

    /// Submits a training step without an update, with the dropout masks that the caller gives, by name of
    /// buffer; gradients can be read afterwards. For tests and tools.
    ///
    /// # Errors
    /// As [`Session::train`].
    pub fn train_with_masks(
        &mut self,
        batch: &Batch,
        update: bool,
        masks: &[(String, Vec<f32>)],
    ) -> Result<()> {
        let optimiser = self.trained_by()?;
        check_batch(&self.model, batch)?;
        let mut context = self.context(self.step + 1, update.then_some(optimiser));
        if !masks.is_empty() {
            context.dropout = DropoutMask::Given;
        }
        let plan = self.training_plan(batch.shape(), context)?;
        let masks: Vec<(&str, &[u8])> = masks
            .iter()
            .map(|(name, mask)| (name.as_str(), bytemuck::cast_slice(mask)))
            .collect();
        self.submit(&plan, batch, context, &masks)?;
        self.step += u64::from(update);
        Ok(())
    }
}
