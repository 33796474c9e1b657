//! A report for people, 80 columns wide.

use std::fmt::Write;

use gatefold::gpu::Clock;

use super::report::{Profile, Report, Share, Spread};
use crate::cli::screen::{field, grouped};

/// Columns of a kernel's or dispatch's name.
const NAME: usize = 36;

/// The whole report.
pub fn text(report: &Report) -> String {
    let mut lines = vec![
        field("Model", &work_text(report)),
        field(
            "Adapter",
            &format!(
                "{}: {}, {}; driver {}; kernels: {}{}",
                report.adapter.name,
                report.adapter.kind,
                report.adapter.backend,
                report.adapter.driver,
                report.kernels,
                report
                    .row_tile
                    .map_or(String::new(), |tile| format!(", row tile {tile}"))
            ),
        ),
        field("Step", &step_text(report)),
        field(
            "Host",
            &format!(
                "{:.2} ms a step, {:.1} % of it, to plan, upload and submit",
                report.host_ms.median,
                100.0 * report.host_ms.median / report.step_ms.median
            ),
        ),
        field(
            "First",
            &format!(
                "{:.0} ms with start-up and compilation",
                report.first_step_ms
            ),
        ),
    ];
    let mut memory = format!("{:.0} MiB of buffers", report.buffer_mb);
    if let Some(peak) = report.peak_memory_mb {
        memory.push_str(&format!(", {peak:.0} MiB of the process at most"));
    }
    lines.push(field("Memory", &memory));
    if let Some(profile) = &report.profile {
        lines.push(profile_text(profile));
    }
    lines.join("\n")
}

fn work_text(report: &Report) -> String {
    let work = &report.work;
    format!(
        "{}, {}, batch of {} × {}{:.0} {}",
        work.model,
        if work.inference {
            "inference"
        } else {
            "training"
        },
        work.batch_size,
        if work.real { "on average " } else { "" },
        work.length,
        if work.real { "tokens" } else { "random ids" },
    )
}

fn step_text(report: &Report) -> String {
    format!(
        "{} ms, median of {} {}; {} timesteps a second",
        spread_text(&report.step_ms),
        report.step_ms.count,
        if report.work.real { "blocks" } else { "steps" },
        grouped(report.timesteps_a_second.median as usize)
    )
}

/// `113.2 (110.0 to 118.5)`: the median, and what the middle half lies between.
pub fn spread_text(spread: &Spread) -> String {
    format!(
        "{:.1} ({:.1} to {:.1})",
        spread.median, spread.lower_quartile, spread.upper_quartile
    )
}

fn profile_text(profile: &Profile) -> String {
    let how = match profile.clock {
        Clock::Timestamps => "by the device's timestamps",
        Clock::SubmitAndWait => {
            "each dispatch submitted alone and waited for, which adds some tens of microseconds"
        }
    };
    let peak = format!(
        "{:.1} GFLOP/s of arithmetic alone, {:.1} GB/s of copying; `peak` below is the share of each",
        profile.peak.gflops, profile.peak.gbytes
    );
    let timed = format!("medians of {} steps, {how}", profile.rounds);
    let mut text = format!("{}\n{}\n", field("Peak", &peak), field("Profile", &timed));
    for (title, shares) in [
        ("kernel", &profile.kernels),
        ("dispatch", &profile.dispatches),
    ] {
        let total: f64 = profile.dispatches.iter().map(|share| share.ms.median).sum();
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\n{title:<NAME$} {:>4} {:>7} {:>4} {:>7} {:>4} {:>6} {:>5}\n{}\n",
            "n",
            "ms",
            "%",
            "GFLOP/s",
            "peak",
            "GB/s",
            "peak",
            "─".repeat(80)
        );
        for share in shares {
            let _ = writeln!(text, "{}", row(share, total));
        }
        if title == "dispatch" {
            let calls: usize = shares.iter().map(|share| share.calls).sum();
            let _ = write!(text, "{:<NAME$} {calls:>4} {total:>7.2}  100", "together");
        }
    }
    text
}

fn row(share: &Share, total: f64) -> String {
    let numbers = format!(
        " {:>4} {:>7} {:>4.0} {:>7} {:>4} {:>6.1} {:>5}",
        share.calls,
        format!("{:.2}", share.ms.median),
        100.0 * share.ms.median / total,
        if share.flops == 0 {
            "–".to_string()
        } else {
            format!("{:.1}", share.gflops)
        },
        if share.flops == 0 {
            "–".to_string()
        } else {
            percent(share.of_peak_flops)
        },
        share.gbytes,
        percent(share.of_peak_bytes),
    );
    // A name that does not fit has a line of its own.
    if share.name.chars().count() > NAME {
        format!("{}\n{:NAME$}{numbers}", share.name, "")
    } else {
        format!("{:<NAME$}{numbers}", share.name)
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
