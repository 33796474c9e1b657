//! [`Session`]: a model on a device, its parameters, its optimiser's slots where it trains, and what it submits.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::trace_span;

use super::check::{check_batch, check_rate};
use super::pending_step::PendingStep;
use super::remedy::with_remedy;
use crate::batch::{Batch, BatchShape};
use crate::device::{Device, Readback};
use crate::error::Result;
use crate::gpu::{Clock, DispatchTime, Peak};
use crate::model::Model;
use crate::plan::{
    BatchLayout, DropoutMask, Gradients, Limits, Optimiser, ParameterLayout, Plan, StepContext,
    evaluation_step, names,
};
use crate::ranks::Ranks;

/// A model on a device: to train it ([`Session::new`]), or to predict with it alone ([`Session::for_inference`]).
pub struct Session {
    pub(super) device: Device,
    pub(super) model: Model,
    pub(super) layout: ParameterLayout,
    pub(super) limits: Limits,
    seed: u64,
    /// None of a session for inference.
    pub(super) optimiser: Option<Optimiser>,
    pub(super) gradients: Gradients,
    pub(super) sequence: u64,
    pub(super) step: u64,
    /// Whether [`fit`](super::fit()) measures a step to set the recurrences' segments.
    calibrates: bool,
    /// Training steps submitted to this device.
    pub(super) on_device: u64,
    /// The shape that memory was allocated for.
    pub(super) reserved: BatchShape,
    /// Steps submitted after the last read-back was started.
    pub(super) unread: Vec<PendingStep>,
    /// Read-backs on their way, oldest first, each with the steps it is to confirm.
    pub(super) coming: VecDeque<(Readback, Vec<PendingStep>)>,
    /// The processes that share the work, this one among them; none where it works alone.
    pub(super) ranks: Option<Arc<Ranks>>,
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
        device: impl Into<Device>,
        model: Model,
        limits: Limits,
        parameters: &[Vec<f32>],
        optimiser: impl Into<Optimiser>,
        seed: u64,
    ) -> Result<Session> {
        let optimiser = optimiser.into();
        check_rate(optimiser.learning_rate())?;
        Session::of(
            device.into(),
            model,
            limits,
            parameters,
            Some(optimiser),
            seed,
        )
    }

    /// Puts a model on a device, with these parameters, to evaluate, predict and explain with it.
    ///
    /// It has no optimiser, and plans, compiles and allocates what evaluation needs: no gradients, nothing that an
    /// optimiser keeps, and no kernel of a backward pass until [`Session::explain`] asks for one. What trains is refused
    /// with [`Error::ForInference`](crate::Error::ForInference).
    ///
    /// # Errors
    /// As [`Session::new`], but for the learning rate.
    pub fn for_inference(
        device: impl Into<Device>,
        model: Model,
        limits: Limits,
        parameters: &[Vec<f32>],
    ) -> Result<Session> {
        Session::of(device.into(), model, limits, parameters, None, 0)
    }

    fn of(
        device: Device,
        model: Model,
        limits: Limits,
        parameters: &[Vec<f32>],
        optimiser: Option<Optimiser>,
        seed: u64,
    ) -> Result<Session> {
        let layout = ParameterLayout::new(&model);
        let mut session = Session {
            calibrates: !device.is_software(),
            device,
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
            ranks: None,
        };
        session.device.free_buffers(); // new buffers start as zeros: the optimiser's slots, records
        let smallest = BatchShape {
            length: 1,
            size: 1,
            unique: 1,
            direct_runs: 1,
            ..BatchShape::default()
        };
        session.reserved = smallest;
        session.allocate()?;
        session.set_parameters(parameters)?;
        Ok(session)
    }

    /// Gives the device back, free of this model's buffers.
    pub fn into_device(mut self) -> Device {
        self.device.free_buffers();
        self.device
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Has the session share its steps with those of other ranks, of which each has one of the same model: see
    /// [`Session::train_sharded`], [`fit`](super::fit()) and [`evaluate`](super::evaluate()).
    pub fn join(&mut self, ranks: Arc<Ranks>) {
        self.ranks = Some(ranks);
    }

    /// What masks are drawn from.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// Names of the layers that have parameters which training changes, input first.
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

    /// Measures the adapter's peaks beside what the session holds, see [`Device::peak`].
    ///
    /// # Errors
    /// As [`Device::peak`].
    pub fn peak(&mut self) -> Result<Peak> {
        self.device.peak(&self.limits)
    }

    /// Puts parameters on the device, for the steps to come; what the optimiser keeps stays as it is.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if they are not the model's; else as [`Session::results`].
    pub fn set_parameters(&mut self, parameters: &[Vec<f32>]) -> Result<()> {
        let packed = self.layout.pack(parameters)?;
        self.device
            .write(names::PARAMETERS, bytemuck::cast_slice(&packed))
    }

    /// The limits that plans are made for.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether [`fit`](super::fit()) waits for the second training step on each device, and sets the
    /// [segment](Session::set_segment) by the time it took. A new session does, but on a software adapter, which no
    /// watchdog looks at.
    pub fn calibrates(&self) -> bool {
        self.calibrates
    }

    /// Sets [`Session::calibrates`]. Results do not depend on it.
    pub fn set_calibration(&mut self, calibrates: bool) {
        self.calibrates = calibrates;
    }

    /// Sets how many timesteps of a recurrence one dispatch takes. Results do not depend on it.
    pub fn set_segment(&mut self, timesteps: usize) {
        self.limits.segment = timesteps;
    }

    /// Allocates what evaluating batches up to this shape needs, and training with them where the session trains, so that
    /// memory does not grow later, and compiles their kernels.
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) if a batch of that shape cannot fit.
    pub fn reserve(&mut self, shape: BatchShape) -> Result<()> {
        self.reserved = self.reserved.holding(shape);
        for plan in self.plans(shape)? {
            self.device.reserve(&plan).map_err(with_remedy)?;
        }
        Ok(())
    }

    /// Allocates what was reserved, and leaves kernels to be compiled when they are needed.
    pub(super) fn allocate(&mut self) -> Result<()> {
        for plan in self.plans(self.reserved)? {
            self.device.allocate(&plan).map_err(with_remedy)?;
        }
        Ok(())
    }

    /// The plans of every kind of step that the session is for, on batches of this shape.
    fn plans(&self, shape: BatchShape) -> Result<Vec<Plan>> {
        let mut plans = Vec::new();
        if let Some(optimiser) = self.optimiser {
            let context = self.context(self.step + 1, Some(optimiser));
            plans.push(self.training_plan(shape, context)?);
        }
        let context = self.context(self.step, None);
        plans.push(self.evaluation_plan(shape, context)?);
        Ok(plans)
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

    fn evaluation_plan(&self, shape: BatchShape, context: StepContext) -> Result<Plan> {
        let _span = trace_span!("plan").entered();
        evaluation_step(&self.model, &self.layout, &self.limits, shape, context)
            .map_err(with_remedy)
    }

    /// Submits an evaluation step; its result comes with a later [`Session::results`].
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) for an id that the embedding has not or a label of no class;
    /// [`Error::Argument`](crate::Error::Argument) for an empty batch; else as [`Session::results`].
    pub fn evaluate(&mut self, batch: &Batch) -> Result<()> {
        check_batch(&self.model, batch)?;
        let context = self.context(self.step, None);
        let plan = self.evaluation_plan(batch.shape(), context)?;
        self.submit(&plan, batch, context, &[])
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

    pub(super) fn profile(
        &mut self,
        plan: &Plan,
        batch: &Batch,
        context: StepContext,
        clock: Clock,
    ) -> Result<Vec<DispatchTime>> {
        let words = self.pack(batch);
        let uploads = [(names::BATCH, bytemuck::cast_slice(&words))];
        let times = self
            .device
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
        self.device.run(plan, &uploads).map_err(with_remedy)?;
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
        self.unread.push(PendingStep {
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
        self.device.read(buffer, count).map_err(with_remedy)
    }
}
