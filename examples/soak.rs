//! You should see a line every 50 steps: memory of the process and of the device, and now and then the time of a step
//! of one fixed length; at the end, whether all of them stayed flat.
//!
//! 2,000 training steps of one variant on batches of all lengths, without an argument on the synthetic reviews:
//! `cargo run --release --example soak -- bidirectional aclImdb.tar.zst imdb_reviews.subwords`
//!
//! Flat is judged by the Theil–Sen slope, the median of the slopes between all pairs of samples, which single
//! samples that are off do not move. Until step 500 queues fill and buffers reach their size, so what counts is
//! from there on:
//!
//! - the process: less than 1 MiB more in 1,000 steps;
//! - the device: the buffers' bytes the same in every sample, and less than 1 MiB more in 1,000 steps of what its
//!   allocator has given out, where the driver tells;
//! - the time of a step: less than 10 % of its median longer at the end than at step 500.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use gatefold::batch::{
    Batch, Batches, Order, PREFETCH, Padding, Prefetch, Reviews, SHUFFLE_BUFFER,
};
use gatefold::data::{Review, ReviewLimits, Source};
use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::model::{Variant, initialise};
use gatefold::plan::Adam;
use gatefold::train::{Session, reserve_for};

const STEPS: usize = 2000;
/// Steps from one sample to the next.
const SAMPLE: usize = 50;
/// Steps from one timing to the next.
const TIMING: usize = 100;
/// The sample that the judgement begins with.
const SETTLED: usize = 500;
const BATCH_SIZE: usize = 10;
const SEED: u64 = 0;
/// Tokens of a review at most, so that all of it takes minutes on a software adapter.
const LONGEST: usize = 400;
/// Tokens of the batch whose steps are timed.
const TIMED_LENGTH: usize = 128;

const MIB: f64 = (1 << 20) as f64;
/// Bytes a step that memory may grow by.
const GROWTH: f64 = MIB / 1000.0;
/// Part of its median that the time of a step may grow by.
const DRIFT: f64 = 0.1;

/// A number at a step.
type Samples = Vec<(f64, f64)>;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let variant: Variant = match arguments.next() {
        Some(name) => name.parse()?,
        None => Variant::Bidirectional,
    };
    let source = arguments
        .next()
        .map_or(Source::Demo, |path| Source::Path(path.into()));
    let vocabulary = arguments.next().map(PathBuf::from);
    let reviews = Arc::new(gatefold::data::load(
        &source,
        vocabulary.as_deref(),
        ReviewLimits::default(),
    )?);
    let model = variant.model(reviews.vocabulary.size())?;
    let padding = Padding {
        max_length: NonZeroUsize::new(LONGEST),
        ..Padding::AFTER
    };

    let gpu = Gpu::open(&AdapterChoice::default())?;
    let limits = gpu.limits(KernelForm::Automatic)?;
    println!(
        "{} on {}, {}",
        model.name(),
        reviews.name,
        gpu.report().name
    );
    let parameters = initialise(&model, SEED);
    let mut session = Session::new(gpu, model, limits, &parameters, Adam::new(1e-4), SEED)?;
    reserve_for(&mut session, &reviews, BATCH_SIZE, padding)?;
    let timed = Review {
        ids: (0..TIMED_LENGTH as u32).map(|n| 1 + n % 300).collect(),
        label: 1,
    };
    let timed = Batch::new(&[&timed; BATCH_SIZE]);

    println!("\n step  lengths  process MiB  buffers MiB  allocated MiB  step ms");
    let (mut host, mut buffers, mut allocated, mut times) = (
        Samples::new(),
        Samples::new(),
        Samples::new(),
        Samples::new(),
    );
    let mut lengths = (usize::MAX, 0);
    let mut step = 0;
    let mut epoch = 0;
    while step < STEPS {
        epoch += 1;
        // By length, so that short and long batches alternate.
        let order = Order::training(SEED, epoch, true, SHUFFLE_BUFFER);
        let shared = Reviews::Train(Arc::clone(&reviews));
        let batches = Batches::with_padding(shared, BATCH_SIZE, order, padding)?;
        for batch in Prefetch::new(batches, PREFETCH)?.take(STEPS - step) {
            let batch = batch?;
            lengths = (lengths.0.min(batch.length), lengths.1.max(batch.length));
            session.train(&batch)?;
            session.results()?;
            step += 1;
            if step % SAMPLE != 0 {
                continue;
            }
            session.drain()?;
            let at = step as f64;
            let device = session.device().buffer_bytes();
            buffers.push((at, device as f64));
            let bytes = session.device().gpu().and_then(Gpu::allocated_bytes);
            allocated.extend(bytes.map(|bytes| (at, bytes as f64)));
            let resident = resident_bytes()?;
            host.extend(resident.map(|bytes| (at, bytes as f64)));
            let time = match step % TIMING {
                0 => Some(shortest_step(&mut session, &timed)?),
                _ => None,
            };
            times.extend(time.map(|time| (at, time.as_secs_f64())));
            let mib = |bytes: Option<u64>| {
                bytes.map_or("-".to_owned(), |bytes| format!("{:.1}", bytes as f64 / MIB))
            };
            println!(
                "{step:5}{:>9}{:>13}{:>13}{:>15}{:>9}",
                format!("{}-{}", lengths.0, lengths.1),
                mib(resident),
                mib(Some(device)),
                mib(bytes),
                time.map_or(String::new(), |time| format!(
                    "{:.1}",
                    1e3 * time.as_secs_f64()
                )),
            );
            lengths = (usize::MAX, 0);
        }
    }
    judge(&[host, allocated], &buffers, &times)
}

/// The shortest of five steps of this batch, waited for each.
fn shortest_step(session: &mut Session, batch: &Batch) -> gatefold::Result<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        session.train(batch)?;
        session.drain()?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}

/// Bytes of this process in memory; `None` where the system has no `/proc`.
fn resident_bytes() -> anyhow::Result<Option<u64>> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return Ok(None);
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    Ok(kib
        .map(str::parse::<u64>)
        .transpose()?
        .map(|kib| 1024 * kib))
}

fn judge(memory: &[Samples; 2], buffers: &Samples, times: &Samples) -> anyhow::Result<()> {
    println!("\nfrom step {SETTLED} on:");
    let mut flat = true;
    let mut say = |what: &str, found: String, allowed: String, passed: bool| {
        flat &= passed;
        let verdict = if passed { "flat" } else { "NOT FLAT" };
        println!("  {what:<10} {verdict}: {found} (allowed: {allowed})");
    };
    for (what, samples) in ["process", "allocated"].into_iter().zip(memory) {
        if samples.is_empty() {
            println!("  {what:<10} SKIPPED: this system does not tell");
            continue;
        }
        let slope = slope(&settled(samples));
        let mib = |bytes: f64| format!("{:+.3} MiB in 1,000 steps", 1000.0 * bytes / MIB);
        say(what, mib(slope), mib(GROWTH), slope <= GROWTH);
    }
    let most = buffers
        .iter()
        .fold(0.0f64, |most, sample| most.max(sample.1));
    let same = buffers.iter().all(|sample| sample.1 == most);
    say(
        "buffers",
        format!("{:.1} MiB at most", most / MIB),
        "no change".into(),
        same,
    );
    let times = settled(times);
    let middle = median(times.iter().map(|sample| sample.1).collect());
    let drift = slope(&times) * (STEPS - SETTLED) as f64 / middle;
    let percent = |part: f64| format!("{:+.1} %", 100.0 * part);
    let found = format!("{} of {:.1} ms", percent(drift), 1e3 * middle);
    say("step", found, percent(DRIFT), drift <= DRIFT);
    ensure!(flat, "memory or time grew");
    Ok(())
}

fn settled(samples: &Samples) -> Samples {
    let settled = samples.iter().filter(|sample| sample.0 >= SETTLED as f64);
    settled.copied().collect()
}

/// The Theil–Sen slope: the median of the slopes between all pairs.
///
/// # Source
/// Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", 1968.
fn slope(samples: &Samples) -> f64 {
    let pairs = samples
        .iter()
        .enumerate()
        .flat_map(|(n, from)| samples[n + 1..].iter().map(move |to| (from, to)));
    median(
        pairs
            .map(|(from, to)| (to.1 - from.1) / (to.0 - from.0))
            .collect(),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
