//! Measuring how fast an adapter computes and copies at most.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::device::Gpu;
use crate::error::Result;
use crate::plan::{Limits, Plan, peak_arithmetic, peak_copy};

/// Workgroups of the arithmetic: 64 invocations each fill every processor of the largest GPUs.
const WORKGROUPS: usize = 4096;

/// Bytes of the array that is copied: more than caches hold.
const COPIED: u64 = 64 << 20;

/// What a measurement should take: beside it, submitting and waiting are nothing.
const LONG_ENOUGH: Duration = Duration::from_millis(20);

/// Measurements of which the fastest counts.
const TRIES: usize = 5;

/// The most that kernels can get from an adapter, as far as simple ones can tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Billions of floating-point operations a second, a multiply-add counting two.
    pub gflops: f64,
    /// Billions of bytes read and written a second, of an array larger than caches.
    pub gbytes: f64,
}

impl Gpu {
    /// Measures the adapter's peaks, in less than a second; needs two buffers of 64 MiB.
    ///
    /// # Errors
    /// As [`Gpu::run`] and [`Gpu::wait`].
    pub fn peak(&mut self, limits: &Limits) -> Result<Peak> {
        let arithmetic = |rounds| peak_arithmetic(limits, WORKGROUPS, rounds);
        let vectors = (COPIED.min(limits.binding_bytes) / 16) as usize;
        let copy = |copies| peak_copy(limits, vectors, copies);
        Ok(Peak {
            gflops: self.fastest(&arithmetic, |plan| {
                plan.dispatches.iter().map(|dispatch| dispatch.flops).sum()
            })?,
            gbytes: self.fastest(&copy, |plan| {
                plan.dispatches
                    .iter()
                    .map(|dispatch| dispatch.bytes())
                    .sum()
            })?,
        })
    }

    /// The highest rate of `work`, in billions a second, of a plan that is long enough.
    fn fastest(
        &mut self,
        plan: &dyn Fn(usize) -> Result<Plan>,
        work: impl Fn(&Plan) -> u64,
    ) -> Result<f64> {
        let mut size = 1;
        let mut sized = plan(size)?;
        self.time(&sized)?; // compiles the kernel and allocates
        while self.time(&sized)? < LONG_ENOUGH {
            size *= 2;
            sized = plan(size)?;
        }
        let mut least = Duration::MAX;
        for _ in 0..TRIES {
            least = least.min(self.time(&sized)?);
        }
        Ok(work(&sized) as f64 / least.as_secs_f64() / 1e9)
    }

    /// From submission to completion.
    fn time(&mut self, plan: &Plan) -> Result<Duration> {
        self.wait()?;
        let start = Instant::now();
        self.run(plan, &[])?;
        self.wait()?;
        Ok(start.elapsed())
    }
}
