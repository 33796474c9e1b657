//! [`Session`]: a model on a device, its parameters and its optimiser's slots, and the steps that it submits.

use std::collections::VecDeque;

use tracing::trace_span;

use super::check::{check_batch, check_rate};
use super::remedy::with_remedy;
use super::running::Running;
use crate::batch::{Batch, BatchShape};
use crate::error::Result;
use crate::gpu::{Clock, DispatchTime, Gpu, Peak, Readback};
use crate::model::Model;
use crate::plan::{
    BatchLayout, DropoutMask, Gradients, Limits, Optimiser, ParameterLayout, Plan, StepContext,
    evaluation_step, names, training_step,
};

/// A model on a device.
pub struct Session {
    pub(super) gpu: Gpu,
    pub(super) model: Model,
    pub(super) layout: ParameterLayout,
    pub(super) limits: Limits,
    seed: u64,
    pub(super) optimiser: Optimiser,
    pub(super) gradients: Gradients,
    pub(super) sequence: u64,
    pub(super) step: u64,
    /// Training steps submitted to this device.
    pub(super) on_device: u64,
    /// The shape that memory was allocated for.
    pub(super) reserved: BatchShape,
    /// Steps submitted after the last read-back was started.
    pub(super) unread: Vec<Running>,
    /// Read-backs on their way, oldest first, each with the steps it is to confirm.
    pub(super) coming: VecDeque<(Readback, Vec<Running>)>,
}

impl Session {
    /// Puts a model on a device, with these parameters and a new optimiser that leaves gradients
    /// as they are: see [`Session::set_gradients`].
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a learning rate that is no step size;
    /// [`Error::Shape`](crate::Error::Shape) if the parameters are not the model's;
    /// [`Error::Device`](crate::Error::Device) and [`Error::Limit`](crate::Error::Limit) if the device cannot hold
    /// them.
    pub fn new(
        gpu: Gpu,
        model: Model,
        limits: Limits,
        parameters: &[Vec<f32>],
        optimiser: impl Into<Optimiser>,
        seed: u64,
    ) -> Result<Session> {
        let optimiser = optimiser.into();
        check_rate(optimiser.learning_rate())?;
        let layout = ParameterLayout::new(&model);
        let mut session = Session {
            gpu,
            model,
            layout,
            limits,
            seed,
            optimiser,
            gradients: Gradients::default(),
            sequence: 0,
            step: 0,
            on_device: 0,
            reserved: BatchShape::default(),
            unread: Vec::new(),
            coming: VecDeque::new(),
        };
        session.gpu.free_buffers(); // new buffers start as zeros: the optimiser's slots, records
        let smallest = BatchShape {
            length: 1,
            size: 1,
            unique: 1,
            direct_runs: 1,
            ..BatchShape::default()
        };
        session.reserve(smallest)?;
        session.set_parameters(parameters)?;
        Ok(session)
    }

    /// Gives the device back, free of this model's buffers.
    pub fn into_gpu(mut self) -> Gpu {
        self.gpu.free_buffers();
        self.gpu
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Names of the layers that have parameters, input first.
    pub fn trainable_layers(&self) -> impl Iterator<Item = &str> {
        self.layout.trainable_names()
    }

    /// Optimiser steps taken.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Steps run, of training and evaluation alike.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Training steps run on the device that is open now.
    pub fn steps_on_device(&self) -> u64 {
        self.on_device
    }

    /// The learning rate in force.
    pub fn learning_rate(&self) -> f64 {
        self.optimiser.learning_rate()
    }

    /// Measures the adapter's peaks beside what the session holds, see [`Gpu::peak`].
    ///
    /// # Errors
    /// As [`Gpu::peak`].
    pub fn peak(&mut self) -> Result<Peak> {
        self.gpu.peak(&self.limits)
    }

    /// Sets the learning rate of the steps to come, which refuse a negative one and one that is not finite.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.optimiser.set_learning_rate(rate);
    }

    /// The optimiser, with the learning rate in force.
    pub fn optimiser(&self) -> Optimiser {
        self.optimiser
    }

    /// Sets how gradients of the steps to come are clipped, and which of their norms are measured, and allocates what
    /// that needs.
    ///
    /// # Errors
    /// As [`Session::reserve`].
    pub fn set_gradients(&mut self, gradients: Gradients) -> Result<()> {
        self.gradients = gradients;
        self.reserve(self.reserved)
    }

    /// Puts parameters on the device, for the steps to come; what the optimiser keeps stays as it is.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if they are not the model's; else as [`Session::results`].
    pub fn set_parameters(&mut self, parameters: &[Vec<f32>]) -> Result<()> {
        let packed = self.layout.pack(parameters)?;
        self.gpu
            .write(names::PARAMETERS, bytemuck::cast_slice(&packed))
    }

    /// Sets how many timesteps of a recurrence one dispatch takes. Results do not depend on it.
    pub fn set_segment(&mut self, timesteps: usize) {
        self.limits.segment = timesteps;
    }

    /// Allocates what training and evaluating batches up to this shape need, so that memory does not grow later.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) if a batch of that shape cannot fit.
    pub fn reserve(&mut self, shape: BatchShape) -> Result<()> {
        self.reserved = self.reserved.holding(shape);
        let context = self.context(self.step + 1, Some(self.optimiser));
        for plan in [
            self.training_plan(shape, context)?,
            self.evaluation_plan(shape, context)?,
        ] {
            self.gpu.reserve(&plan).map_err(with_remedy)?;
        }
        Ok(())
    }

    pub(super) fn context(&self, step: u64, optimiser: Option<Optimiser>) -> StepContext {
        StepContext {
            sequence: self.sequence,
            step,
            optimiser,
            gradients: self.gradients,
            dropout: DropoutMask::Drawn {
                seed: self.seed,
                step,
            },
        }
    }

    fn training_plan(&self, shape: BatchShape, context: StepContext) -> Result<Plan> {
        let _span = trace_span!("plan").entered();
        training_step(&self.model, &self.layout, &self.limits, shape, context).map_err(with_remedy)
    }

    fn evaluation_plan(&self, shape: BatchShape, context: StepContext) -> Result<Plan> {
        let _span = trace_span!("plan").entered();
        evaluation_step(&self.model, &self.layout, &self.limits, shape, context)
            .map_err(with_remedy)
    }

    /// Submits a training step; its result comes with a later [`Session::results`].
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for an id that the embedding has not or a label of no class;
    /// [`Error::Argument`](crate::Error::Argument) for an empty batch or a learning rate that is no step size; else as
    /// [`Session::results`].
    pub fn train(&mut self, batch: &Batch) -> Result<()> {
        check_rate(self.optimiser.learning_rate())?;
        check_batch(&self.model, batch)?;
        let context = self.context(self.step + 1, Some(self.optimiser));
        let plan = self.training_plan(batch.shape(), context)?;
        self.submit(&plan, batch, context, &[])?;
        self.step += 1;
        self.on_device += 1;
        Ok(())
    }

    /// Submits a training step without an update, with the dropout masks that the caller gives, by name of
    /// buffer; gradients can be read afterwards. For tests and tools.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn train_with_masks(
        &mut self,
        batch: &Batch,
        update: bool,
        masks: &[(String, Vec<f32>)],
    ) -> Result<()> {
        check_batch(&self.model, batch)?;
        let optimiser = update.then_some(self.optimiser);
        let mut context = self.context(self.step + 1, optimiser);
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

    /// Submits an evaluation step; its result comes with a later [`Session::results`].
    ///
    /// # Errors
    /// As [`Session::train`].
    pub fn evaluate(&mut self, batch: &Batch) -> Result<()> {
        check_batch(&self.model, batch)?;
        let context = self.context(self.step, None);
        let plan = self.evaluation_plan(batch.shape(), context)?;
        self.submit(&plan, batch, context, &[])
    }

    /// As [`Session::train`], but times each dispatch, and returns when all are done.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn profile_train(&mut self, batch: &Batch, clock: Clock) -> Result<Vec<DispatchTime>> {
        check_rate(self.optimiser.learning_rate())?;
        check_batch(&self.model, batch)?;
        let context = self.context(self.step + 1, Some(self.optimiser));
        let plan = self.training_plan(batch.shape(), context)?;
        let times = self.profile(&plan, batch, context, clock)?;
        self.step += 1;
        self.on_device += 1;
        Ok(times)
    }

    /// As [`Session::evaluate`], but times each dispatch, and returns when all are done.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn profile_evaluate(&mut self, batch: &Batch, clock: Clock) -> Result<Vec<DispatchTime>> {
        check_batch(&self.model, batch)?;
        let context = self.context(self.step, None);
        let plan = self.evaluation_plan(batch.shape(), context)?;
        self.profile(&plan, batch, context, clock)
    }

    fn profile(
        &mut self,
        plan: &Plan,
        batch: &Batch,
        context: StepContext,
        clock: Clock,
    ) -> Result<Vec<DispatchTime>> {
        let words = self.pack(batch);
        let uploads = [(names::BATCH, bytemuck::cast_slice(&words))];
        let times = self
            .gpu
            .profile(plan, &uploads, clock)
            .map_err(with_remedy)?;
        self.submitted(batch, context);
        Ok(times)
    }

    pub(super) fn submit(
        &mut self,
        plan: &Plan,
        batch: &Batch,
        context: StepContext,
        others: &[(&str, &[u8])],
    ) -> Result<()> {
        let words = self.pack(batch);
        let mut uploads: Vec<(&str, &[u8])> = vec![(names::BATCH, bytemuck::cast_slice(&words))];
        uploads.extend_from_slice(others);
        self.gpu.run(plan, &uploads).map_err(with_remedy)?;
        self.submitted(batch, context);
        Ok(())
    }

    /// The batch as the device wants it.
    fn pack(&self, batch: &Batch) -> Vec<u32> {
        let _span = trace_span!("pack").entered();
        BatchLayout::new(batch.shape()).pack(batch, self.model.embedding().mask_zero)
    }

    /// Notes a step that is on its way.
    fn submitted(&mut self, batch: &Batch, context: StepContext) {
        self.sequence += 1;
        self.unread.push(Running {
            context,
            reviews: batch.size,
        });
    }

    /// The parameters, in the model's order, after all steps submitted so far.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn parameters(&self) -> Result<Vec<Vec<f32>>> {
        self.tensors(names::PARAMETERS)
    }

    /// The tensors of a buffer that is laid out as the parameters are: gradients or a slot of the optimiser.
    ///
    /// # Errors
    /// As [`Session::results`].
    pub fn tensors(&self, buffer: &str) -> Result<Vec<Vec<f32>>> {
        self.layout.unpack(&self.values(buffer, self.layout.len())?)
    }

    /// Content of a scratch buffer of the last step: for tests and tools.
    ///
    /// # Errors
    /// As [`Session::results`]; [`Error::Device`](crate::Error::Device) if no plan has used a buffer of that name.
    pub fn values(&self, buffer: &str, count: usize) -> Result<Vec<f32>> {
        self.gpu.read(buffer, count).map_err(with_remedy)
    }
}
