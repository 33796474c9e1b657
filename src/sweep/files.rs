//! Every file that a sweep has in its folder, beside the folders of its trials.

use serde::Serialize;

use crate::error::{Error, Result};

/// A copy of the sweep file.
pub const SWEEP: &str = "sweep.toml";

/// The trials' folders, and what they are made of.
pub const LISTING: &str = "trials.json";

/// In the folder of a trial: what came of it.
pub const OUTCOME: &str = "trial.json";

/// A row a trial.
pub const RESULTS_CSV: &str = "results.csv";

/// Means, comparison and importance.
pub const RESULTS_JSON: &str = "results.json";

/// The page with all of it.
pub const REPORT: &str = "report.html";

/// The folder that MLflow reads.
pub const MLFLOW: &str = "mlruns";

/// A value as the JSON of a file, a key a line.
///
/// # Errors
/// [`Error::Internal`] where the JSON writer refuses.
pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Error::Internal {
        place: "writing a sweep's files",
        problem: error.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
