//! `gatefold bench`: how long a training step takes, and where its time goes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::gpu::{AdapterChoice, DispatchTime, Gpu};
use gatefold::model::{Variant, initialise};
use gatefold::plan::Adam;
use gatefold::random::Philox;
use gatefold::train::{Session, segment_length};
use serde::Serialize;

use super::args::Kernels;
use super::training::kernel_form;

/// Arguments of `gatefold bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The model to time
    variant: Variant,
    /// Tokens a review, T
    #[arg(long, default_value_t = 864, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    length: u32,
    /// Reviews a batch, B
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch_size: u32,
    /// Words the ids are drawn from, V
    #[arg(long, default_value_t = 8185, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    vocabulary: u32,
    /// Steps to time, after two to warm up
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Part of the adapter's name, or its number in `gatefold devices`
    #[arg(long, value_name = "NAME|N")]
    adapter: Option<String>,
    /// Form of the hot kernels
    #[arg(long, value_enum, default_value_t)]
    kernels: Kernels,
    /// Also time each dispatch of a step
    #[arg(long)]
    profile: bool,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// What a benchmark measured. Times in milliseconds.
#[derive(Debug, Serialize)]
struct Report {
    variant: String,
    batch_size: u32,
    length: u32,
    adapter: String,
    kernels: String,
    steps: u32,
    step_ms_median: f64,
    step_ms_min: f64,
    /// Opening the device, compiling the kernels and the first step.
    first_step_ms: f64,
    /// The most memory this process has held; null where the system does not tell.
    peak_memory_mb: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kernels_ms: Vec<KernelTime>,
}

/// Time of all dispatches of one kind in a step.
#[derive(Debug, Serialize)]
struct KernelTime {
    label: String,
    kernel: String,
    dispatches: usize,
    ms: f64,
    gflops: f64,
}

/// Times training steps on random ids, each waited for.
pub fn run(args: &BenchArgs) -> Result<()> {
    let start = Instant::now();
    let gpu = Gpu::open(&AdapterChoice {
        name: args.adapter.clone(),
        ..AdapterChoice::default()
    })?;
    let limits = gpu.limits(args.kernels.into())?;
    let adapter = gpu.report().name.clone();
    let kernels = kernel_form(&limits);
    let model = args.variant.model(args.vocabulary as usize)?;
    let parameters = initialise(&model, 0);
    let mut session = Session::new(gpu, model, limits, &parameters, Adam::new(1e-4), 0)?;
    let batch = random_batch(args);
    step(&mut session, &batch)?;
    let first_step = start.elapsed();

    let warm = step(&mut session, &batch)?;
    if !session.gpu().is_software() {
        session.set_segment(segment_length(warm, batch.length));
    }
    step(&mut session, &batch)?;
    let mut times = (0..args.steps)
        .map(|_| step(&mut session, &batch))
        .collect::<Result<Vec<_>>>()?;
    times.sort_unstable();
    let kernels_ms = if args.profile {
        by_label(&session.profile(&batch)?)
    } else {
        Vec::new()
    };
    let report = Report {
        variant: args.variant.to_string(),
        batch_size: args.batch_size,
        length: args.length,
        adapter,
        kernels,
        steps: args.steps,
        step_ms_median: milliseconds(times[times.len() / 2]),
        step_ms_min: milliseconds(times[0]),
        first_step_ms: milliseconds(first_step),
        peak_memory_mb: peak_memory_mb(),
        kernels_ms,
    };
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        print_report(&mut out, &report)?;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn step(session: &mut Session, batch: &Batch) -> Result<Duration> {
    let start = Instant::now();
    session.train(batch)?;
    session.drain()?;
    Ok(start.elapsed())
}

/// Uniformly random ids: the hardest case for the unique-token projection, and what peers are timed with.
fn random_batch(args: &BenchArgs) -> Batch {
    let mut random = Philox::new(u64::from(args.length), 0);
    let reviews: Vec<Review> = (0..args.batch_size)
        .map(|row| Review {
            ids: (0..args.length)
                .map(|_| random.below(args.vocabulary))
                .collect(),
            label: (row % 2) as u8,
        })
        .collect();
    Batch::new(&reviews.iter().collect::<Vec<_>>())
}

/// Sums dispatches of the same label, most time first.
fn by_label(times: &[DispatchTime]) -> Vec<KernelTime> {
    let mut sums: BTreeMap<&str, (usize, Duration, u64, &str)> = BTreeMap::new();
    for dispatch in times {
        let sum = sums
            .entry(&dispatch.label)
            .or_insert((0, Duration::ZERO, 0, &dispatch.kernel));
        *sum = (
            sum.0 + 1,
            sum.1 + dispatch.time,
            sum.2 + dispatch.flops,
            sum.3,
        );
    }
    let mut kernels: Vec<KernelTime> = sums
        .into_iter()
        .map(|(label, (dispatches, time, flops, kernel))| KernelTime {
            label: label.to_string(),
            kernel: kernel.to_string(),
            dispatches,
            ms: milliseconds(time),
            gflops: (flops as f64 / time.as_secs_f64().max(1e-9) / 1e7).round() / 1e2,
        })
        .collect();
    kernels.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    kernels
}

/// Linux's high-water mark of resident memory.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((kibibytes / 1024.0 * 10.0).round() / 10.0)
}

fn print_report(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(
        out,
        "{}, batch {} × {} tokens, on {} (kernels: {})",
        report.variant, report.batch_size, report.length, report.adapter, report.kernels
    )?;
    writeln!(
        out,
        "step {:.1} ms median, {:.1} ms min of {} steps; first step {:.0} ms with start-up and compilation",
        report.step_ms_median, report.step_ms_min, report.steps, report.first_step_ms
    )?;
    if let Some(peak) = report.peak_memory_mb {
        writeln!(out, "peak memory {peak:.0} MB")?;
    }
    if report.kernels_ms.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["dispatch", "times", "ms", "GFLOP/s", "kernel"]);
    for kernel in &report.kernels_ms {
        table.add_row([
            kernel.label.clone(),
            kernel.dispatches.to_string(),
            format!("{:.2}", kernel.ms),
            format!("{:.2}", kernel.gflops),
            kernel.kernel.clone(),
        ]);
    }
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "\n{table}")
}
