//! Plans that do nothing but arithmetic, or nothing but copy: what a profile compares kernels with.

use super::builder::PlanBuilder;
use super::dims::{PeakArithmeticDims, PeakCopyDims};
use super::dispatch::{Lifetime, Plan};
use super::kernel::Kernel;
use super::limits::Limits;
use crate::error::Result;

/// Invocations of a workgroup.
const INVOCATIONS: usize = 64;

/// Multiplications with addition of an invocation in a round: 16 of each of its 12 numbers.
const STEPS: usize = 16 * 12;

/// Keeps every number between its start and 1, so that none becomes denormal, infinite or NaN, which some
/// processors are slower with.
const FACTOR: f32 = 0.9375;

/// FACTOR·1 + TERM = 1.
const TERM: f32 = 1.0 - FACTOR;

/// A dispatch of arithmetic alone: `workgroups` of 64 invocations, each `rounds` times 192 multiplications with
/// addition.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) if that is more workgroups than a dispatch may have.
pub fn peak_arithmetic(limits: &Limits, workgroups: usize, rounds: usize) -> Result<Plan> {
    let mut plan = PlanBuilder::new(limits, "measuring the peak of arithmetic".into());
    let y = plan.buffer("peak.y", 4 * INVOCATIONS * workgroups, Lifetime::Scratch)?;
    let dims = PeakArithmeticDims {
        rounds: rounds as u32,
        factor: FACTOR,
        term: TERM,
        ..PeakArithmeticDims::default()
    };
    plan.dispatch(
        "peak.arithmetic".into(),
        Kernel::new("peak_arithmetic"),
        &dims,
        &[y],
        [workgroups, 1, 1],
        2 * INVOCATIONS * workgroups * STEPS * rounds,
    )?;
    Ok(plan.finish())
}

/// `copies` dispatches, each of which copies an array of `vectors` times four numbers.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) if a storage binding does not hold the array.
pub fn peak_copy(limits: &Limits, vectors: usize, copies: usize) -> Result<Plan> {
    let mut plan = PlanBuilder::new(limits, "measuring how fast memory is copied".into());
    let x = plan.buffer("peak.x", 4 * vectors, Lifetime::Upload)?;
    let y = plan.buffer("peak.y", 4 * vectors, Lifetime::Scratch)?;
    let dims = PeakCopyDims {
        count: vectors as u32,
        ..PeakCopyDims::default()
    };
    let groups = plan.elementwise(vectors);
    for _ in 0..copies {
        let kernel = Kernel::new("peak_copy");
        plan.dispatch("peak.copy".into(), kernel, &dims, &[x, y], groups, 0)?;
    }
    Ok(plan.finish())
}
