//! A step on its way.

use crate::plan::StepContext;

/// A step whose record has not come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingStep {
    pub(super) context: StepContext,
    pub(super) reviews: usize,
}
