//! [`StepBuilder`]: what the dispatches of all layers share.

use super::batch_layout::BatchLayout;
use super::builder::PlanBuilder;
use super::dispatch::{Lifetime, Slice};
use super::dropout_mask::DropoutMask;
use super::limits::Limits;
use super::parameters::ParameterLayout;
use super::storage::Storage;
use crate::batch::BatchShape;
use crate::error::{Error, Result};
use crate::model::Model;

/// Names of the buffers that a caller reads or writes.
pub mod names {
    /// The batch, laid out by [`BatchLayout`](super::BatchLayout).
    pub const BATCH: &str = "batch";
    /// Parameters, laid out by [`ParameterLayout`](super::ParameterLayout).
    pub const PARAMETERS: &str = "parameters";
    /// Gradients, in the same layout.
    pub const GRADIENTS: &str = "gradients";
    /// Adam's first moments, in the same layout.
    pub const FIRST_MOMENTS: &str = "first_moments";
    /// Adam's second moments, in the same layout.
    pub const SECOND_MOMENTS: &str = "second_moments";
    /// Moves that momentum repeats, of gradient descent and RMSprop, in the same layout.
    pub const MOMENTUM: &str = "momentum";
    /// RMSprop's running means of squares, in the same layout.
    pub const VELOCITY: &str = "velocity";
    /// Results of the last steps: `[RECORDS, 4]` words, a marker, the loss, right predictions, a fault; then
    /// `[RECORDS]` norms of all gradients, and `[layers, RECORDS]` of those of each layer that has parameters, where
    /// they are measured.
    pub const RECORDS: &str = "records";
    /// Place of a gradient of the step that is not finite, see the optimisers' kernels; 0 if there is none.
    pub const NOT_FINITE: &str = "not_finite";
    /// Gradient of the logits in an explanation: `[B]`, or `[B, classes]` of a softmax.
    pub const D_LOGITS: &str = "d_logits";
}

/// Name of the buffer of what a dense layer gives.
pub(super) fn output_buffer(layer: &str) -> String {
    format!("{layer}.y")
}

/// What the rows of a value stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// The unique tokens of the batch.
    Unique,
    /// All positions, in time-major order.
    Positions,
    /// The rows of the batch.
    Batch,
}

/// What a layer gives: `[rows, width]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) slice: Slice,
    pub(super) rows: Rows,
    pub(super) width: usize,
}

/// What a step has of its [`StepContext`](super::StepContext), trained or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct PassContext {
    pub(super) sequence: u64,
    /// What end_step writes into the record.
    pub(super) marker: u32,
    pub(super) dropout: DropoutMask,
}

/// A step under construction.
pub(super) struct StepBuilder<'a> {
    pub(super) plan: PlanBuilder<'a>,
    pub(super) parameters: &'a ParameterLayout,
    pub(super) layout: BatchLayout,
    pub(super) shape: BatchShape,
    pub(super) context: PassContext,
    pub(super) training: bool,
    /// Whether padding is masked.
    pub(super) masked: bool,
    /// Whether the embedding gives a row for every position, whatever layer is above it.
    pub(super) spread: bool,
    /// Form of what recurrences keep.
    pub(super) storage: Storage,
    batch: Slice,
    pub(super) parameter_buffer: Slice,
}

impl<'a> StepBuilder<'a> {
    pub(super) fn new(
        model: &Model,
        parameters: &'a ParameterLayout,
        limits: &'a Limits,
        shape: BatchShape,
        context: PassContext,
        training: bool,
    ) -> Result<Self> {
        let purpose = format!(
            "a batch of {} reviews of {} tokens",
            shape.size, shape.length
        );
        if shape.positions() == 0 || shape.unique == 0 {
            return Err(Error::Data("a batch without tokens".into()));
        }
        limits.check_storage()?;
        let mut plan = PlanBuilder::new(limits, purpose);
        let layout = BatchLayout::new(shape);
        let batch = plan.buffer(names::BATCH, layout.bytes() as usize / 4, Lifetime::Upload)?;
        let parameter_buffer =
            plan.buffer(names::PARAMETERS, parameters.len(), Lifetime::Persistent)?;
        let masked = model.embedding().mask_zero;
        Ok(StepBuilder {
            plan,
            parameters,
            layout,
            shape,
            context,
            training,
            masked,
            spread: false,
            // Nothing is kept where nothing is trained.
            storage: match training {
                true => limits.storage,
                false => Storage::F32,
            },
            batch,
            parameter_buffer,
        })
    }

    /// Number of rows of a value.
    pub(super) fn rows(&self, rows: Rows) -> usize {
        match rows {
            Rows::Unique => self.shape.unique,
            Rows::Positions => self.shape.positions(),
            Rows::Batch => self.shape.size,
        }
    }

    pub(super) fn batch_slice(&self) -> Slice {
        self.batch
    }

    /// For each position the row of its token among the unique ones, masked or not.
    pub(super) fn slots(&self) -> Slice {
        self.layout.slots(self.batch.buffer)
    }

    /// The unique tokens of the batch: what the embedding takes.
    pub(super) fn tokens(&self) -> Value {
        Value {
            slice: self.layout.unique(self.batch.buffer),
            rows: Rows::Unique,
            width: 1,
        }
    }

    /// A buffer for the gradient of x, of as many numbers as it has.
    pub(super) fn input_gradient(&mut self, name: &str, x: Value) -> Result<Slice> {
        let numbers = self.rows(x.rows) * x.width;
        self.plan.scratch(&format!("{name}.d_input"), numbers)
    }

    pub(super) fn gradient_buffer(&mut self) -> Result<Slice> {
        self.plan.buffer(
            names::GRADIENTS,
            self.parameters.len(),
            Lifetime::Persistent,
        )
    }

    /// A layer's parameters, in the model's order.
    pub(super) fn parameter_slices(&self, layer: usize) -> Vec<Slice> {
        self.parameters
            .blocks(layer)
            .iter()
            .map(|block| block.of(self.parameter_buffer.buffer))
            .collect()
    }

    /// The gradients of a layer's parameters, in the model's order.
    pub(super) fn gradient_slices(&mut self, layer: usize) -> Result<Vec<Slice>> {
        let buffer = self.gradient_buffer()?.buffer;
        Ok(self
            .parameters
            .blocks(layer)
            .iter()
            .map(|block| block.of(buffer))
            .collect())
    }

    pub(super) fn not_finite(&mut self) -> Result<Slice> {
        self.plan.buffer(names::NOT_FINITE, 1, Lifetime::Persistent)
    }
}
