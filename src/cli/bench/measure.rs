//! Timing steps, and the dispatches of a step.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use gatefold::batch::{Batch, PREFETCH, Prefetch};
use gatefold::gpu::{DispatchTime, Peak};
use gatefold::plan::probabilities_buffer;
use gatefold::train::Session;
use tracing::trace_span;

use super::report::{Profile, Share, Spread, milliseconds, rounded};
use super::workload::Workload;

/// Steps before those that are timed.
pub const WARM_UP: usize = 3;

/// Blocks of steps on real batches, to see how far they differ.
const BLOCKS: usize = 5;

/// Steps of a profile.
const ROUNDS: usize = 5;

/// Which steps are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Training,
    Inference,
}

/// Times of steps.
pub struct Steps {
    pub step_ms: Spread,
    pub timesteps_a_second: Spread,
    pub host_ms: Spread,
    /// Mean T.
    pub length: f64,
}

impl Pass {
    /// Submits a step.
    fn submit(self, session: &mut Session, batch: &Batch) -> Result<()> {
        match self {
            Pass::Training => session.train(batch)?,
            Pass::Inference => session.evaluate(batch)?,
        }
        Ok(())
    }

    /// Submits a step; gives the host's part of it. The processor's own kernels are done by then, and are not the host's.
    fn submit_timed(self, session: &mut Session, batch: &Batch) -> Result<Duration> {
        let (start, computed) = (Instant::now(), session.device().computed());
        self.submit(session, batch)?;
        let computed = session.device().computed() - computed;
        Ok(start.elapsed().saturating_sub(computed))
    }

    /// A step with all that it gives, waited for; and the host's part of it.
    pub fn step(self, session: &mut Session, batch: &Batch) -> Result<(Duration, Duration)> {
        let start = Instant::now();
        let host = self.submit_timed(session, batch)?;
        if self == Pass::Inference {
            // What predicting is for.
            let probabilities = probabilities_buffer(session.model());
            session.values(&probabilities, batch.size)?;
        }
        session.drain()?;
        Ok((start.elapsed(), host))
    }

    /// A step whose dispatches are timed.
    pub fn profile(self, session: &mut Session, batch: &Batch) -> Result<Vec<DispatchTime>> {
        let clock = session.device().clock();
        let times = match self {
            Pass::Training => session.profile_train(batch, clock)?,
            Pass::Inference => session.profile_evaluate(batch, clock)?,
        };
        session.drain()?;
        Ok(times)
    }
}

/// Times the same batch again and again, each step waited for.
pub fn repeat(session: &mut Session, batch: &Batch, pass: Pass, steps: usize) -> Result<Steps> {
    let (mut times, mut hosts) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        let (time, host) = pass.step(session, batch)?;
        times.push(time);
        hosts.push(host);
    }
    let positions = (batch.length * batch.size) as f64;
    let rates = times.iter().map(|time| positions / time.as_secs_f64());
    Ok(Steps {
        timesteps_a_second: Spread::of(rates.collect()),
        step_ms: Spread::milliseconds(&times),
        host_ms: Spread::milliseconds(&hosts),
        length: batch.length as f64,
    })
}

/// Times batches as training runs them: prepared on another thread, the host ahead of the device.
pub fn pipeline(
    session: &mut Session,
    workload: &Workload,
    pass: Pass,
    steps: usize,
) -> Result<Steps> {
    let mut batches = Prefetch::new(workload.batches(WARM_UP + steps)?, PREFETCH)?;
    for batch in batches.by_ref().take(WARM_UP) {
        pass.submit(session, &batch?)?;
    }
    session.drain()?;
    let (mut means, mut rates, mut hosts) = (Vec::new(), Vec::new(), Vec::new());
    let mut lengths = 0;
    let block = steps.div_ceil(BLOCKS);
    let mut left = steps;
    while left > 0 {
        let count = block.min(left);
        let (start, mut positions) = (Instant::now(), 0);
        for batch in batches.by_ref().take(count) {
            let batch = batch?;
            positions += batch.length * batch.size;
            lengths += batch.length;
            hosts.push(pass.submit_timed(session, &batch)?);
            session.results()?;
        }
        session.drain()?;
        let time = start.elapsed().as_secs_f64();
        means.push(time * 1e3 / count as f64);
        rates.push(positions as f64 / time);
        left -= count;
    }
    Ok(Steps {
        step_ms: Spread::of(means),
        timesteps_a_second: Spread::of(rates),
        host_ms: Spread::milliseconds(&hosts),
        length: lengths as f64 / steps as f64,
    })
}

/// Steps for a trace, each with its batch taken from the thread that prepares them; gives their kernels' times.
pub fn traced(
    session: &mut Session,
    workload: &Workload,
    pass: Pass,
    steps: usize,
) -> Result<Vec<DispatchTime>> {
    let mut batches = Prefetch::new(workload.batches(steps)?, PREFETCH)?;
    let mut times = Vec::new();
    loop {
        let _span = trace_span!("step").entered();
        let Some(batch) = batches.next() else {
            return Ok(times);
        };
        times.extend(pass.profile(session, &batch?)?);
    }
}

/// Profiles steps on one batch.
pub fn profile(session: &mut Session, batch: &Batch, pass: Pass, peak: Peak) -> Result<Profile> {
    let clock = session.device().clock();
    let rounds = (0..ROUNDS)
        .map(|_| pass.profile(session, batch))
        .collect::<Result<Vec<_>>>()?;
    Ok(Profile {
        clock,
        rounds: ROUNDS,
        peak,
        kernels: shares(&rounds, peak, |time| time.kernel.to_string()),
        dispatches: shares(&rounds, peak, |time| time.label.clone()),
    })
}

/// Dispatches of the same name together, most time first.
fn shares(
    rounds: &[Vec<DispatchTime>],
    peak: Peak,
    name: impl Fn(&DispatchTime) -> String,
) -> Vec<Share> {
    let mut order = Vec::new();
    let mut members: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, time) in rounds.first().into_iter().flatten().enumerate() {
        let name = name(time);
        let member = members.entry(name.clone()).or_insert_with(|| {
            order.push(name);
            Vec::new()
        });
        member.push(index);
    }
    let mut shares: Vec<Share> = order
        .into_iter()
        .map(|name| share(&members[&name], name.clone(), rounds, peak))
        .collect();
    shares.sort_by(|a, b| b.ms.median.total_cmp(&a.ms.median));
    shares
}

/// The dispatches at these places of each round.
fn share(places: &[usize], name: String, rounds: &[Vec<DispatchTime>], peak: Peak) -> Share {
    let sums = rounds.iter().map(|times| {
        let durations = places.iter().map(|&place| milliseconds(times[place].time));
        durations.sum::<f64>()
    });
    let ms = Spread::of(sums.collect());
    let of = |count: &dyn Fn(&DispatchTime) -> u64| -> u64 {
        places.iter().map(|&place| count(&rounds[0][place])).sum()
    };
    let (flops, bytes) = (of(&|time| time.flops), of(&|time| time.bytes));
    let mut specialised: Vec<String> = places
        .iter()
        .map(|&place| rounds[0][place].specialised.clone())
        .collect();
    specialised.sort();
    specialised.dedup();
    let rate = |count: u64| count as f64 / ms.median.max(1e-6) / 1e6;
    Share {
        name,
        specialised,
        calls: places.len(),
        ms,
        flops,
        bytes,
        gflops: rounded(rate(flops)),
        gbytes: rounded(rate(bytes)),
        of_peak_flops: rounded(rate(flops) / peak.gflops),
        of_peak_bytes: rounded(rate(bytes) / peak.gbytes),
    }
}

/// Linux's high-water mark of resident memory, in MiB.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kibibytes / 1024.0 * 10.0).round() / 10.0)
}
