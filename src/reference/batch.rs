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
    /// What each row's loss counts, `[B]`; none where all count 1.
    pub weights: Option<&'a [f32]>,
}

impl Batch<'_> {
    /// What each row's loss counts.
    pub(super) fn weights(&self) -> Vec<f32> {
        let ones = || vec![1.0; self.labels.len()];
        self.weights.map_or_else(ones, <[f32]>::to_vec)
    }
}
