//! Two reports side by side.

use serde::Serialize;

use super::report::{Profile, Report, Share, Spread};
use super::table::spread_text;
use crate::cli::screen::field;

/// What differs from an earlier report.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Whatever keeps the ratios from meaning what they seem to.
    pub differences: Vec<Difference>,
    pub ratios: Vec<Ratio>,
    /// Dispatches that only one of the two reports has.
    pub unmatched: Vec<String>,
}

/// Something that is not as it was.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    pub what: &'static str,
    pub earlier: String,
    pub now: String,
}

/// A quantity in both reports.
#[derive(Debug, Serialize)]
pub struct Ratio {
    pub what: String,
    pub earlier: Spread,
    pub now: Spread,
    /// now / earlier, of the medians.
    pub ratio: f64,
    /// Whether the middle halves of the two lie apart.
    pub apart: bool,
}

impl Comparison {
    /// What `now` has to say to `earlier`.
    pub fn new(earlier: &Report, now: &Report) -> Comparison {
        let mut ratios = vec![
            ratio("step, ms", earlier.step_ms, now.step_ms),
            ratio(
                "timesteps a second",
                earlier.timesteps_a_second,
                now.timesteps_a_second,
            ),
            ratio("host, ms a step", earlier.host_ms, now.host_ms),
            ratio(
                "first step, ms",
                Spread::of(vec![earlier.first_step_ms]),
                Spread::of(vec![now.first_step_ms]),
            ),
        ];
        if let (Some(before), Some(after)) = (earlier.peak_memory_mb, now.peak_memory_mb) {
            let (before, after) = (Spread::of(vec![before]), Spread::of(vec![after]));
            ratios.push(ratio("memory, MiB", before, after));
        }
        let dispatches = |report: &Report| -> Vec<Share> {
            let profile = report.profile.as_ref();
            profile.map_or(Vec::new(), |profile| profile.dispatches.clone())
        };
        let (before, after) = (dispatches(earlier), dispatches(now));
        let mut unmatched = Vec::new();
        // Without both profiles there is nothing to match.
        if !before.is_empty() && !after.is_empty() {
            for share in &after {
                match before.iter().find(|other| other.name == share.name) {
                    Some(other) => ratios.push(ratio(&share.name, other.ms, share.ms)),
                    None => unmatched.push(format!("{} (now)", share.name)),
                }
            }
            let gone = before
                .iter()
                .filter(|share| after.iter().all(|other| other.name != share.name));
            unmatched.extend(gone.map(|share| format!("{} (earlier)", share.name)));
        }
        Comparison {
            differences: differences(earlier, now),
            ratios,
            unmatched,
        }
    }

    /// The comparison for people, 80 columns wide.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for Difference { what, earlier, now } in &self.differences {
            lines.push(field("Differs", &format!("{what}: {earlier} → {now}")));
        }
        lines.push(format!(
            "{:<32} {:>19} {:>19} {:>7}",
            "median (middle half)", "earlier", "now", "ratio"
        ));
        lines.push("─".repeat(80));
        for Ratio {
            what,
            earlier,
            now,
            ratio,
            apart,
        } in &self.ratios
        {
            let values = [earlier, now].map(|spread| match spread.count {
                1 => format!("{:.1}", spread.median),
                _ if spread.median >= 1e4 => format!("{:.0}", spread.median),
                _ => spread_text(spread),
            });
            let [earlier, now] = values;
            let mark = if *apart { ' ' } else { '~' };
            let numbers = format!(" {earlier:>19} {now:>19} {mark}{ratio:>6.2}");
            if what.chars().count() > 32 {
                lines.push(what.clone());
                lines.push(format!("{:32}{numbers}", ""));
            } else {
                lines.push(format!("{what:<32}{numbers}"));
            }
        }
        lines.push(
            "~ within the spread: the middle halves overlap, or there is one measurement".into(),
        );
        for name in &self.unmatched {
            lines.push(field("Only", name));
        }
        lines.join("\n")
    }
}

fn ratio(what: &str, earlier: Spread, now: Spread) -> Ratio {
    let several = earlier.count > 1 && now.count > 1;
    let overlap = earlier.lower_quartile <= now.upper_quartile
        && now.lower_quartile <= earlier.upper_quartile;
    Ratio {
        what: what.to_string(),
        earlier,
        now,
        ratio: now.median / earlier.median,
        apart: several && !overlap,
    }
}

fn differences(earlier: &Report, now: &Report) -> Vec<Difference> {
    let describe = |report: &Report| {
        let (work, adapter) = (&report.work, &report.adapter);
        let pass = if work.inference {
            "inference"
        } else {
            "training"
        };
        let batches = if work.real { "real" } else { "random ids" };
        [
            ("gatefold", report.gatefold.clone()),
            ("adapter", adapter.name.clone()),
            ("backend", adapter.backend.clone()),
            ("driver", adapter.driver.clone()),
            ("kernels", report.kernels.clone()),
            (
                "row tile",
                report
                    .row_tile
                    .map_or("chosen".to_string(), |tile| tile.to_string()),
            ),
            (
                "system",
                format!(
                    "{} {}, {} threads",
                    report.system.os, report.system.architecture, report.system.threads
                ),
            ),
            ("model", work.model.clone()),
            ("layers", format!("{:?}", work.layers)),
            ("pass", pass.to_string()),
            ("batches", batches.to_string()),
            ("batch size", work.batch_size.to_string()),
            ("length", work.length.to_string()),
            ("vocabulary", work.vocabulary.to_string()),
        ]
    };
    let mut pairs: Vec<_> = describe(earlier).into_iter().zip(describe(now)).collect();
    if let (Some(before), Some(after)) = (&earlier.profile, &now.profile) {
        let clock = |profile: &Profile| ("clock of the profile", format!("{:?}", profile.clock));
        pairs.push((clock(before), clock(after)));
    }
    pairs
        .into_iter()
        .filter(|((_, earlier), (_, now))| earlier != now)
        .map(|((what, earlier), (_, now))| Difference { what, earlier, now })
        .collect()
}
