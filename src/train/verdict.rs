//! [`Verdict`]: what an observer of a run may say.

use std::ops::ControlFlow;

/// What the closure that watches [`fit`](super::fit()) returns: nothing, or whether training is to go on.
pub trait Verdict {
    /// [`ControlFlow::Break`] where training is to end.
    fn verdict(self) -> ControlFlow<()>;
}

impl Verdict for () {
    /// Training goes on.
    fn verdict(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl Verdict for ControlFlow<()> {
    fn verdict(self) -> ControlFlow<()> {
        self
    }
}
