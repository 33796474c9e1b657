//! Timing a plan's dispatches one by one.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::trace_span;
use wgpu::{
    BufferDescriptor, BufferUsages, CommandEncoder, ComputePassDescriptor,
    ComputePassTimestampWrites, Features, QUERY_SET_MAX_QUERIES, QuerySet, QuerySetDescriptor,
    QueryType,
};

use super::device::Gpu;
use super::readback::Readback;
use super::run::PreparedPlan;
use crate::error::{DeviceFault, Error, Result};
use crate::plan::{Dispatch, Plan};

/// Bytes of a timestamp.
const STAMP_BYTES: usize = size_of::<u64>();

/// Dispatches whose beginnings and ends one query set holds.
const STAMPED: usize = QUERY_SET_MAX_QUERIES as usize / 2;

/// How a profile tells the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clock {
    /// The device's timestamps at the beginning and the end of each dispatch, all dispatches submitted at once.
    #[serde(rename = "timestamps")]
    Timestamps,
    /// The host's clock, each dispatch submitted alone and waited for. That adds some tens of microseconds to each.
    #[serde(rename = "submit and wait")]
    SubmitAndWait,
    /// The host's clock around each dispatch, which the host itself computes: of the processor as a device.
    #[serde(rename = "host")]
    Host,
}

/// How long one dispatch of a plan took.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchTime {
    /// The dispatch's label.
    pub label: String,
    /// Name of the kernel.
    pub kernel: String,
    /// The kernel with its sizes.
    pub specialised: String,
    /// When it began, by the host's clock. Of a timestamp the host knows only how long before or after the other
    /// timestamps it lies: the last end is taken for the moment at which the host had waited for it.
    pub begin: Instant,
    /// Time on the device, or from submission to completion: see [`Clock`].
    pub time: Duration,
    /// Floating-point operations.
    pub flops: u64,
    /// Bytes that it must move, see [`Dispatch::bytes`](crate::plan::Dispatch::bytes).
    pub bytes: u64,
}

impl DispatchTime {
    pub(crate) fn of(dispatch: &Dispatch, begin: Instant, time: Duration) -> DispatchTime {
        DispatchTime {
            label: dispatch.label.clone(),
            kernel: dispatch.kernel.name().to_owned(),
            specialised: dispatch.kernel.to_string(),
            begin,
            time,
            flops: dispatch.flops,
            bytes: dispatch.bytes(),
        }
    }
}

impl Gpu {
    /// The best clock that this device has. A software adapter's timestamps say when work was queued, so there the
    /// host's clock is the better one.
    pub fn clock(&self) -> Clock {
        if !self.software && self.device.features().contains(Features::TIMESTAMP_QUERY) {
            Clock::Timestamps
        } else {
            Clock::SubmitAndWait
        }
    }

    /// Writes `uploads` as [`Gpu::run`] does, runs the plan and times each dispatch.
    ///
    /// # Errors
    /// As [`Gpu::run`] and [`Gpu::wait`]; [`Error::Device`] for [`Clock::Timestamps`] on a device without them.
    pub fn profile(
        &mut self,
        plan: &Plan,
        uploads: &[(&str, &[u8])],
        clock: Clock,
    ) -> Result<Vec<DispatchTime>> {
        self.check()?;
        let prepared = self.prepare(plan)?;
        self.upload(uploads)?;
        let times = match clock {
            Clock::Timestamps => self.stamped(plan, &prepared)?,
            Clock::SubmitAndWait | Clock::Host => self.waited(plan, &prepared)?,
        };
        let dispatches = plan.dispatches.iter().zip(times);
        let timed =
            dispatches.map(|(dispatch, (begin, time))| DispatchTime::of(dispatch, begin, time));
        Ok(timed.collect())
    }

    /// Begin and duration of each dispatch, submitted alone and waited for.
    fn waited(&self, plan: &Plan, prepared: &PreparedPlan) -> Result<Vec<(Instant, Duration)>> {
        self.queue.submit([self.begin(plan, prepared).finish()]);
        self.wait()?;
        let mut times = Vec::with_capacity(plan.dispatches.len());
        for index in 0..plan.dispatches.len() {
            let commands = trace_span!("encode").in_scope(|| {
                let mut encoder = self.device.create_command_encoder(&Default::default());
                self.pass(&mut encoder, plan, prepared, index, None);
                encoder.finish()
            });
            let begin = Instant::now();
            trace_span!("submit").in_scope(|| self.queue.submit([commands]));
            self.wait()?;
            times.push((begin, begin.elapsed()));
        }
        Ok(times)
    }

    /// Begin and duration of each dispatch, by timestamps.
    fn stamped(&self, plan: &Plan, prepared: &PreparedPlan) -> Result<Vec<(Instant, Duration)>> {
        if !self.device.features().contains(Features::TIMESTAMP_QUERY) {
            return Err(Error::device(
                DeviceFault::Refused,
                format!("{} has no timestamps", self.report().name),
            ));
        }
        let span = trace_span!("encode").entered();
        let mut encoder = self.begin(plan, prepared);
        let dispatches: Vec<usize> = (0..plan.dispatches.len()).collect();
        let mut resolved = Vec::new();
        for chunk in dispatches.chunks(STAMPED) {
            let stamps = self.device.create_query_set(&QuerySetDescriptor {
                label: Some("timestamps"),
                ty: QueryType::Timestamp,
                count: 2 * chunk.len() as u32,
            });
            for (place, &index) in chunk.iter().enumerate() {
                self.pass(&mut encoder, plan, prepared, index, Some((&stamps, place)));
            }
            let buffer = self.device.create_buffer(&BufferDescriptor {
                label: Some("timestamps"),
                size: (2 * chunk.len() * STAMP_BYTES) as u64,
                usage: BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            });
            encoder.resolve_query_set(&stamps, 0..2 * chunk.len() as u32, &buffer, 0);
            resolved.push(buffer);
        }
        drop(span);
        trace_span!("submit").in_scope(|| self.queue.submit([encoder.finish()]));
        self.wait()?;
        let done = Instant::now();

        let readbacks = resolved
            .iter()
            .map(|buffer| self.read_buffer(buffer, buffer.size()))
            .collect::<Result<Vec<Readback>>>()?;
        let mut ticks: Vec<u64> = Vec::with_capacity(2 * dispatches.len());
        for readback in readbacks {
            ticks.extend(bytemuck::pod_collect_to_vec::<u8, u64>(
                &readback.wait(self)?,
            ));
        }
        let last = ticks.iter().copied().max().unwrap_or(0);
        let period = f64::from(self.queue.get_timestamp_period());
        let span = |from: u64, to: u64| {
            Duration::from_nanos((to.saturating_sub(from) as f64 * period) as u64)
        };
        let times = ticks
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[begin, end]| (done - span(begin, last), span(begin, end)));
        Ok(times.collect())
    }

    /// One dispatch in a pass of its own, between its two timestamps if there are any.
    fn pass(
        &self,
        encoder: &mut CommandEncoder,
        plan: &Plan,
        prepared: &PreparedPlan,
        index: usize,
        stamps: Option<(&QuerySet, usize)>,
    ) {
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor {
            label: Some(&plan.dispatches[index].label),
            timestamp_writes: stamps.map(|(query_set, place)| ComputePassTimestampWrites {
                query_set,
                beginning_of_pass_write_index: Some(2 * place as u32),
                end_of_pass_write_index: Some(2 * place as u32 + 1),
            }),
        });
        self.record(&mut pass, plan, prepared, index);
    }
}
