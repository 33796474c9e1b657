//! The batch of a step, as the twin of a whole model takes it.

/// Reviews and labels of one step.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Timesteps, T.
    pub steps: usize,
    /// Sequences, B.
    pub size: usize,
    /// `[T, B]`, time-major, padded with 0.
    pub ids: &'a [u32],
    /// `[B]`, 0 or 1; from 0 to the number of classes less one for a softmax.
    pub labels: &'a [f32],
}
