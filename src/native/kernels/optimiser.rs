//! What the optimisers have in common: their parts, and the place of a gradient that is not finite.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Result;
use crate::native::work::Work;

/// Numbers that a thread takes at once.
pub(super) const PART: usize = 16 << 10;

/// What a gradient is multiplied with: the scale of a clip, which the last binding has; 1 without one.
pub(super) fn scale(work: &Work) -> Result<f32> {
    match work.has("clip") {
        true => Ok(work.bindings.read(work.bindings.len() - 1)?[0]),
        false => Ok(1.0),
    }
}

/// The greatest index, in vec4, of a gradient that is not finite, plus 2; 0 where all are.
#[derive(Default)]
pub(super) struct Fault(AtomicU32);

impl Fault {
    /// Looks through part `n`. A maximum of whole numbers does not depend on who comes first.
    #[inline(always)]
    pub(super) fn look(&self, n: usize, gradients: &[f32]) {
        // Without a way out of the loop, it is done a vector at a time.
        let any = gradients.iter().fold(false, |any, g| any | !g.is_finite());
        if any && let Some(at) = gradients.iter().rposition(|g| !g.is_finite()) {
            self.0
                .fetch_max(((n * PART + at) / 4) as u32 + 2, Ordering::Relaxed);
        }
    }

    /// Into the word that all kernels of a step share.
    pub(super) fn keep(self, not_finite: &mut [u32]) {
        not_finite[0] = not_finite[0].max(self.0.into_inner());
    }
}

/// 0 in the place of a number below the smallest normal one, as GPUs have it: a moment that only decays would stay there
/// for ever, and cost some processors a hundred cycles a step.
#[inline(always)]
pub(super) fn flushed(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}
