//! Two reports side by side.

use serde::Serialize;

use super::figures::{figure, measured, spread_text, table};
use super::report::{Profile, Report, Share, Spread};
use crate::cli::screen::field;

/// Columns of a spread, at most: two of them leave room for names.
const SPREAD: usize = 22;

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
        let rows: Vec<_> = self.ratios.iter().map(Ratio::row).collect();
        let header = ("median (middle half)", ["earlier", "now", "ratio"]);
        lines.extend(table(header, &rows));
        lines.push(
            "~ within the spread: the middle halves overlap, or there is one measurement".into(),
        );
        for name in &self.unmatched {
            lines.push(field("Only", name));
        }
        lines.join("\n")
    }
}

impl Ratio {
    /// Its name, both values and the ratio, as the table shows them.
    fn row(&self) -> (String, [String; 3]) {
        let [earlier, now] = [&self.earlier, &self.now].map(|spread| {
            let text = spread_text(spread, "–");
            if spread.count == 1 || text.chars().count() > SPREAD {
                measured(spread.median)
            } else {
                text
            }
        });
        let mark = if self.apart { "" } else { "~" };
        let ratio = format!("{mark}{}", figure(self.ratio, 2));
        (self.what.clone(), [earlier, now, ratio])
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
            ("storage", report.storage.to_string()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::report::tests::sample;

    #[test]
    fn a_comparison_of_any_two_machines_fits_80_columns() {
        let speeds = [1e-4, 0.1, 9.9996, 104.1, 999.96, 5e4, 3.6e6, 3.6e7];
        for (before, after) in speeds.iter().flat_map(|a| speeds.map(|b| (*a, b))) {
            let (before, after) = (sample(before, before), sample(after, 1e8));
            let text = Comparison::new(&before, &after).text();
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{line}\n{text}");
            }
            assert!(text.contains("\nstep, ms "), "{text}");
            assert!(text.contains("\ntimesteps a second "), "{text}");
        }
    }

    #[test]
    fn another_storage_is_told() {
        let before = sample(10.0, 1e8);
        let mut after = before.clone();
        after.storage = gatefold::plan::Storage::F16;
        let text = Comparison::new(&before, &after).text();
        assert!(text.starts_with("Differs   storage: f32 → f16\n"), "{text}");
        assert!(!Comparison::new(&after, &after).text().contains("Differs"));
    }

    #[test]
    fn large_figures_are_grouped_and_keep_their_spread_where_it_fits() {
        let row = |median, lower_quartile, upper_quartile| {
            let spread = Spread {
                median,
                lower_quartile,
                upper_quartile,
                ..Spread::of(vec![median; 4])
            };
            ratio("step, ms", spread, spread).row().1[0].clone()
        };
        assert_eq!(row(9534.7, 8548.0, 14603.4), "9,535 (8,548–14,603)");
        assert_eq!(row(104.1, 100.3, 104.7), "104.1 (100.3–104.7)");
        assert_eq!(row(1e8, 9e7, 2e8), "100,000,000");
        let none = ratio("step, ms", Spread::of(vec![0.0]), Spread::of(vec![1.0]));
        assert_eq!(none.row().1, ["0.000", "1.000", "~–"]);
    }
}
