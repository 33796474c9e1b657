//! Timing a plan's dispatches one by one.

use std::time::{Duration, Instant};

use wgpu::{
    BufferDescriptor, BufferUsages, ComputePassDescriptor, ComputePassTimestampWrites, Features,
    QuerySetDescriptor, QueryType,
};

use super::device::Gpu;
use crate::error::{DeviceFault, Error, Result};
use crate::plan::Plan;

/// How long one dispatch of a plan took.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchTime {
    /// The dispatch's label.
    pub label: String,
    /// The kernel with its sizes.
    pub kernel: String,
    /// Time on the device, or from submission to completion where it has no timestamps.
    pub time: Duration,
    /// Floating-point operations.
    pub flops: u64,
}

impl Gpu {
    /// Runs a plan dispatch by dispatch and times each.
    ///
    /// A software adapter's timestamps say when work was queued, so there each dispatch is submitted alone and
    /// waited for; that adds some tens of microseconds.
    ///
    /// # Errors
    /// As [`Gpu::run`] and [`Gpu::wait`].
    pub fn profile(&mut self, plan: &Plan) -> Result<Vec<DispatchTime>> {
        let prepared = self.prepare(plan)?;
        self.queue.submit([self.begin(plan, &prepared).finish()]);
        self.wait()?;
        let stamped = !self.software && self.device.features().contains(Features::TIMESTAMP_QUERY);
        let mut times = Vec::with_capacity(plan.dispatches.len());
        for (index, dispatch) in plan.dispatches.iter().enumerate() {
            let start = Instant::now();
            let stamps = stamped.then(|| {
                self.device.create_query_set(&QuerySetDescriptor {
                    label: None,
                    ty: QueryType::Timestamp,
                    count: 2,
                })
            });
            let mut encoder = self.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor {
                label: Some(&dispatch.label),
                timestamp_writes: stamps.as_ref().map(|query_set| ComputePassTimestampWrites {
                    query_set,
                    beginning_of_pass_write_index: Some(0),
                    end_of_pass_write_index: Some(1),
                }),
            });
            self.record(&mut pass, plan, &prepared, index);
            drop(pass);
            let resolved = stamps.as_ref().map(|query_set| {
                let buffer = self.device.create_buffer(&BufferDescriptor {
                    label: Some("timestamps"),
                    size: 16,
                    usage: BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC,
                    mapped_at_creation: false,
                });
                encoder.resolve_query_set(query_set, 0..2, &buffer, 0);
                buffer
            });
            self.queue.submit([encoder.finish()]);
            self.wait()?;
            let time = match resolved {
                Some(buffer) => self.stamped_time(&buffer)?,
                None => start.elapsed(),
            };
            times.push(DispatchTime {
                label: dispatch.label.clone(),
                kernel: dispatch.kernel.to_string(),
                time,
                flops: dispatch.flops,
            });
        }
        Ok(times)
    }

    fn stamped_time(&self, stamps: &wgpu::Buffer) -> Result<Duration> {
        let bytes = self.read_buffer(stamps, 16)?.wait(self)?;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        let [begin, end] = ticks[..] else {
            return Err(Error::device(
                DeviceFault::Empty,
                "timestamps did not come back",
            ));
        };
        let nanoseconds =
            end.wrapping_sub(begin) as f64 * f64::from(self.queue.get_timestamp_period());
        Ok(Duration::from_nanos(nanoseconds as u64))
    }
}
