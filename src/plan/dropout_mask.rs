//! [`DropoutMask`]: what the dropout layers of a step do.

/// Where the mask of a dropout layer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropoutMask {
    /// Drawn on the device from the run's seed and the step.
    Drawn {
        /// The run's seed.
        seed: u64,
        /// The step, counted from 1.
        step: u64,
    },
    /// Nothing is dropped.
    Off,
    /// Uploaded by the caller into the buffer `LAYER.mask`, 1 keeps and 0 drops: for tests.
    Given,
}
