//! What a benchmark found: printed with `--json`, kept with `--report`, read again with `--compare`.

use std::path::Path;
use std::time::Duration;

use gatefold::gpu::{AdapterReport, Clock, Peak};
use gatefold::model::LayerKind;
use gatefold::plan::Storage;
use gatefold::{Error, Result};
use serde::{Deserialize, Serialize};

/// To be raised whenever a field changes its meaning.
pub const FORMAT: u32 = 1;

/// A benchmark's findings. Times in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of gatefold.
    pub gatefold: String,
    pub system: System,
    pub adapter: AdapterReport,
    /// Form of the kernels: `subgroup, 8 lanes`.
    pub kernels: String,
    /// What `--row-tile` asked for.
    pub row_tile: Option<usize>,
    /// `--storage`; reports from before it are of f32.
    #[serde(default)]
    pub storage: Storage,
    pub work: Work,
    pub steps: u32,
    /// Of one step; of real batches, of the mean step of a block.
    pub step_ms: Spread,
    /// Positions, padding included, a second.
    pub timesteps_a_second: Spread,
    /// What the host does for a step while it could wait: plan, upload, encode and submit.
    pub host_ms: Spread,
    /// Opening the device, compiling the kernels and the first step.
    pub first_step_ms: f64,
    /// The most memory this process has held before any profile; null where the system does not tell.
    pub peak_memory_mb: Option<f64>,
    /// Bytes of the buffers on the device.
    pub buffer_mb: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// The machine, as far as it matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct System {
    pub os: String,
    pub architecture: String,
    /// Threads that run at once.
    pub threads: usize,
}

impl System {
    /// The one that this program runs on.
    pub fn of_this_machine() -> System {
        System {
            os: std::env::consts::OS.to_string(),
            architecture: std::env::consts::ARCH.to_string(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// What was timed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// A variant's name, or `config`.
    pub model: String,
    /// The layers, input first.
    pub layers: Vec<LayerKind>,
    pub parameters: usize,
    /// Whether steps only predict.
    pub inference: bool,
    /// Whether batches are of real reviews, shuffled and padded, instead of random ids.
    pub real: bool,
    pub batch_size: usize,
    /// T; of real batches the mean.
    pub length: f64,
    /// V.
    pub vocabulary: usize,
}

/// Measurements of one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    /// A quarter of all measurements are smaller.
    pub lower_quartile: f64,
    /// A quarter of all measurements are larger.
    pub upper_quartile: f64,
    pub max: f64,
    /// Measurements.
    pub count: usize,
}

/// Where a step's time goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    pub clock: Clock,
    /// Steps that were profiled.
    pub rounds: usize,
    /// What the adapter does at most.
    pub peak: Peak,
    /// By kernel, most time first.
    pub kernels: Vec<Share>,
    /// By dispatch, most time first.
    pub dispatches: Vec<Share>,
}

/// All dispatches of a kernel, or all of the same label, in one step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Share {
    pub name: String,
    /// Kernels with their sizes.
    pub specialised: Vec<String>,
    pub calls: usize,
    pub ms: Spread,
    pub flops: u64,
    pub bytes: u64,
    /// flops / median.
    pub gflops: f64,
    /// bytes / median.
    pub gbytes: f64,
    /// gflops by the peak's.
    pub of_peak_flops: f64,
    /// gbytes by the peak's; above 1 where caches hold what is read.
    pub of_peak_bytes: f64,
}

impl Profile {
    /// Milliseconds that the dispatches would take together if each ran at one of the adapter's peaks, at that of
    /// copying or that of arithmetic, whichever it meets first.
    ///
    /// # Source
    /// Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model" (2009).
    pub fn roofline_ms(&self) -> f64 {
        let of = |share: &Share| {
            let arithmetic = share.flops as f64 / self.peak.gflops;
            let copying = share.bytes as f64 / self.peak.gbytes;
            arithmetic.max(copying) / 1e6
        };
        self.dispatches.iter().map(of).sum()
    }
}

impl Spread {
    /// The spread of these numbers, rounded to four places; of none, zeros.
    pub fn of(mut numbers: Vec<f64>) -> Spread {
        numbers.sort_by(f64::total_cmp);
        // The share of numbers that are smaller, interpolated between neighbours.
        let quantile = |share: f64| {
            let place = share * numbers.len().saturating_sub(1) as f64;
            let at = |place: f64| numbers.get(place as usize).copied().unwrap_or(0.0);
            let (below, above) = (at(place.floor()), at(place.ceil()));
            rounded(below + (above - below) * place.fract())
        };
        Spread {
            median: quantile(0.5),
            min: quantile(0.0),
            lower_quartile: quantile(0.25),
            upper_quartile: quantile(0.75),
            max: quantile(1.0),
            count: numbers.len(),
        }
    }

    /// The spread of durations, in milliseconds.
    pub fn milliseconds(times: &[Duration]) -> Spread {
        Spread::of(times.iter().map(|time| milliseconds(*time)).collect())
    }
}

/// A number with as many places as a measurement deserves.
pub fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// A duration in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Report {
    /// The report in a file: what `--report` wrote or `--json` printed.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] where it is none, or one of another version of gatefold that measured
    /// other things.
    pub fn read(path: &Path) -> Result<Report> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let malformed = |place: String, problem: String| Error::Malformed {
            path: path.to_path_buf(),
            place,
            problem,
        };
        let report: Report = serde_json::from_slice(&bytes).map_err(|error| {
            malformed(
                format!("line {}, column {}", error.line(), error.column()),
                format!("not a report of gatefold bench ({error}); make one with --report FILE"),
            )
        })?;
        if report.format != FORMAT {
            let problem = format!(
                "{} is not {FORMAT}, that of this gatefold; measure anew with --report FILE",
                report.format
            );
            return Err(malformed("format".into(), problem));
        }
        Ok(report)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn spread(median: f64, count: usize) -> Spread {
        Spread {
            median,
            min: 0.8 * median,
            lower_quartile: 0.9 * median,
            upper_quartile: 1.4 * median,
            max: 2.0 * median,
            count,
        }
    }

    /// The profile of a step that long, with long names, many dispatches and high rates.
    fn sample_profile(step_ms: f64) -> Profile {
        let share = |name: &str, calls, part: f64| Share {
            name: name.to_string(),
            specialised: Vec::new(),
            calls,
            ms: spread(part * step_ms, 5),
            flops: 1,
            bytes: 1,
            gflops: 1.2e5 * part,
            gbytes: 2.4e4 * part,
            of_peak_flops: part,
            of_peak_bytes: 12.0 * part,
        };
        let shares = vec![
            share("lstm_step_backward", 200_000, 0.9),
            share("bidirectional_1.backward.projection.kernel", 1, 0.1),
        ];
        Profile {
            clock: Clock::Timestamps,
            rounds: 5,
            peak: Peak {
                gflops: 1.2e5,
                gbytes: 2e3,
            },
            kernels: shares.clone(),
            dispatches: shares,
        }
    }

    /// What a machine of this speed would report.
    pub fn sample(step_ms: f64, timesteps_a_second: f64) -> Report {
        Report {
            format: FORMAT,
            gatefold: "0.1.0".into(),
            system: System {
                os: "linux".into(),
                architecture: "x86_64".into(),
                threads: 256,
            },
            adapter: AdapterReport {
                name: "Adapter".into(),
                backend: "Vulkan".into(),
                kind: "discrete".into(),
                driver: "1.0".into(),
                subgroup: Some((32, 32)),
                binding_bytes: 1 << 31,
                workgroup_bytes: 49_152,
                workgroup_invocations: 1024,
                timestamps: true,
                processor: None,
            },
            kernels: "subgroup, 32 lanes".into(),
            row_tile: None,
            storage: Storage::F32,
            work: Work {
                model: "bidirectional".into(),
                layers: Vec::new(),
                parameters: 1,
                inference: false,
                real: false,
                batch_size: 65_536,
                length: 1e5,
                vocabulary: 8185,
            },
            steps: 1_000_000,
            step_ms: spread(step_ms, 1_000_000),
            timesteps_a_second: spread(timesteps_a_second, 1_000_000),
            host_ms: spread(0.3 * step_ms, 1_000_000),
            first_step_ms: 7.0 * step_ms,
            peak_memory_mb: Some(500_000.0),
            buffer_mb: 70_000.0,
            profile: Some(sample_profile(step_ms)),
        }
    }

    #[test]
    fn a_dispatch_meets_the_roof_that_is_nearer() {
        let mut profile = sample_profile(100.0);
        profile.peak = Peak {
            gflops: 100.0,
            gbytes: 4.0,
        };
        // 3 ms of arithmetic and 2 of copying; 1 ms of arithmetic and 5 of copying.
        let work = [(300_000_000, 8_000_000), (100_000_000, 20_000_000)];
        for (share, (flops, bytes)) in profile.dispatches.iter_mut().zip(work) {
            (share.flops, share.bytes) = (flops, bytes);
        }
        assert_eq!(profile.roofline_ms(), 8.0);
    }

    #[test]
    fn quartiles_lie_between_their_neighbours() {
        let spread = Spread::of(vec![5.0, 1.0, 2.0, 4.0]);
        assert_eq!((spread.min, spread.max, spread.count), (1.0, 5.0, 4));
        assert_eq!(spread.median, 3.0);
        assert_eq!((spread.lower_quartile, spread.upper_quartile), (1.75, 4.25));
        assert_eq!(Spread::of(Vec::new()).median, 0.0);
    }
}
