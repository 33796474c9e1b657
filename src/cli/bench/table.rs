//! A report for people, 80 columns wide.

use gatefold::gpu::Clock;
use gatefold::plan::Storage;

use super::figures::{figure, measured, spread_text, table};
use super::report::{Profile, Report, Share};
use crate::cli::screen::{counted, field, grouped};

/// What a profile says of a kernel or dispatch.
const TITLES: [&str; 7] = ["n", "ms", "%", "GFLOP/s", "peak", "GB/s", "peak"];

/// The whole report.
pub fn text(report: &Report) -> String {
    let mut lines = vec![
        field("Model", &work_text(report)),
        field(
            "Adapter",
            &format!(
                "{}: {}, {}; driver {}; kernels: {}{}{}",
                report.adapter.name,
                report.adapter.kind,
                report.adapter.backend,
                report.adapter.driver,
                report.kernels,
                report
                    .row_tile
                    .map_or(String::new(), |tile| format!(", row tile {tile}")),
                match report.storage {
                    Storage::F32 => "",
                    Storage::F16 => ", stored as f16",
                }
            ),
        ),
        field("Step", &step_text(report)),
        field(
            "Rate",
            &format!(
                "{} timesteps a second",
                spread_text(&report.timesteps_a_second, " to ")
            ),
        ),
        field(
            "Host",
            &format!(
                "{} ms a step, {:.1} % of it, to plan, upload and submit",
                measured(report.host_ms.median),
                100.0 * report.host_ms.median / report.step_ms.median
            ),
        ),
        field(
            "First",
            &format!(
                "{} ms with start-up and compilation",
                figure(report.first_step_ms, 0)
            ),
        ),
    ];
    let mut memory = format!("{} MiB of buffers", figure(report.buffer_mb, 0));
    if let Some(peak) = report.peak_memory_mb {
        let peak = figure(peak, 0);
        memory.push_str(&format!(", {peak} MiB of the process at most"));
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
        "{}, {}, batch of {} × {}{} {}",
        work.model,
        if work.inference {
            "inference"
        } else {
            "training"
        },
        grouped(work.batch_size),
        if work.real { "on average " } else { "" },
        figure(work.length, 0),
        if work.real { "tokens" } else { "random ids" },
    )
}

fn step_text(report: &Report) -> String {
    let noun = if report.work.real { "block" } else { "step" };
    format!(
        "{} ms, median of {}",
        spread_text(&report.step_ms, " to "),
        counted(report.step_ms.count, noun)
    )
}

fn profile_text(profile: &Profile) -> String {
    let how = match profile.clock {
        Clock::Timestamps => "by the device's timestamps",
        Clock::Host => "by the host's clock",
        Clock::SubmitAndWait => {
            "each dispatch submitted alone and waited for, which adds some tens of microseconds"
        }
    };
    let peak = format!(
        "{} GFLOP/s of arithmetic alone, {} GB/s of copying; `peak` below is the share of each",
        figure(profile.peak.gflops, 1),
        figure(profile.peak.gbytes, 1)
    );
    let timed = format!("medians of {} steps, {how}", profile.rounds);
    let total: f64 = profile.dispatches.iter().map(|share| share.ms.median).sum();
    let roofline = profile.roofline_ms();
    let bound = format!(
        "{} ms, {:.0} % of the time below, if every dispatch met one of these peaks",
        measured(roofline),
        100.0 * roofline / total
    );
    let mut lines = vec![
        field("Peak", &peak),
        field("Roofline", &bound),
        field("Profile", &timed),
    ];
    let row = |share: &Share| (share.name.clone(), cells(share, total));
    let kernels: Vec<_> = profile.kernels.iter().map(row).collect();
    let mut dispatches: Vec<_> = profile.dispatches.iter().map(row).collect();
    let calls: usize = profile.dispatches.iter().map(|share| share.calls).sum();
    let none = String::new;
    let [n, ms, share] = [grouped(calls), milliseconds(total), "100".to_string()];
    let together = [n, ms, share, none(), none(), none(), none()];
    dispatches.push(("together".to_string(), together));
    for (title, rows) in [("kernel", kernels), ("dispatch", dispatches)] {
        lines.push(String::new());
        lines.extend(table((title, TITLES), &rows));
    }
    lines.join("\n")
}

/// The row of a kernel or dispatch, where all dispatches take `total` milliseconds.
fn cells(share: &Share, total: f64) -> [String; TITLES.len()] {
    let of_arithmetic = |text: String| match share.flops {
        0 => "–".to_string(),
        _ => text,
    };
    [
        grouped(share.calls),
        milliseconds(share.ms.median),
        figure(100.0 * share.ms.median / total, 0),
        of_arithmetic(figure(share.gflops, 1)),
        of_arithmetic(percent(share.of_peak_flops)),
        figure(share.gbytes, 1),
        percent(share.of_peak_bytes),
    ]
}

/// Two decimals, so that points stand below each other.
fn milliseconds(time: f64) -> String {
    figure(time, 2)
}

fn percent(share: f64) -> String {
    format!("{} %", figure(100.0 * share, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::report::tests::sample;

    #[test]
    fn a_report_of_any_machine_fits_80_columns() {
        for step_ms in [1e-4, 0.1, 9.9996, 104.1, 999.96, 5e4, 3.6e6, 3.6e7] {
            for rate in [1.0, 82_998.0, 1e8] {
                let text = text(&sample(step_ms, rate));
                for line in text.lines() {
                    assert!(line.chars().count() <= 80, "{line}\n{text}");
                }
                // A field in one line, unlike that of 104.1 ms and 82,998 timesteps a second once.
                let line = |label: &str| text.lines().find(|line| line.starts_with(label));
                let ends = |label, end| line(label).is_some_and(|line| line.ends_with(end));
                assert!(ends("Rate ", " timesteps a second"), "{text}");
                assert!(ends("Step ", " median of 1,000,000 steps"), "{text}");
            }
        }
    }

    #[test]
    fn figures_are_grouped_and_exact_enough() {
        let text = text(&sample(0.1, 82_998.0));
        for words in [
            "Step      0.100 (0.090 to 0.140) ms",
            "Rate      82,998 (74,698 to 116,197) timesteps",
        ] {
            assert!(text.contains(words), "{text}");
        }
    }
}
