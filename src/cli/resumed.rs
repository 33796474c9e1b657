//! What `--resume` goes on with: a run, or a comparison of several.

use std::path::Path;
use std::sync::Arc;

use gatefold::Result;
use gatefold::model::ModelDescription;
use gatefold::ranks::Ranks;
use gatefold::run::{BegunRun, ComparisonSpec, RunSpec};

use super::ranks::open_run;
use super::usage::option;

/// The run in `folder`, where one is named, and its model.
///
/// # Errors
/// [`gatefold::Error::Argument`] for a comparison; else as [`BegunRun::open`].
pub fn run(
    folder: Option<&Path>,
    ranks: Option<&Arc<Ranks>>,
) -> Result<Option<(BegunRun, ModelDescription)>> {
    let model = |spec: &RunSpec| spec.model.clone();
    opened(folder, ranks, model, "a comparison; use gatefold compare")
}

/// The comparison in `folder`, where one is named, and its models.
///
/// # Errors
/// [`gatefold::Error::Argument`] for a single run; else as [`BegunRun::open`].
pub fn comparison(
    folder: Option<&Path>,
    ranks: Option<&Arc<Ranks>>,
) -> Result<Option<(BegunRun, ComparisonSpec)>> {
    let comparison = |spec: &RunSpec| spec.comparison.clone();
    opened(folder, ranks, comparison, "one run; use gatefold train")
}

/// What is in `folder`, with the part of its spec that the command goes on with; where it has none, it is `other`.
fn opened<Part>(
    folder: Option<&Path>,
    ranks: Option<&Arc<Ranks>>,
    part: impl Fn(&RunSpec) -> Option<Part>,
    other: &str,
) -> Result<Option<(BegunRun, Part)>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let begun = open_run(ranks, folder)?;
    match part(&begun.spec) {
        Some(part) => Ok(Some((begun, part))),
        None => {
            let path = begun.path().display();
            let problem = format!("{path} is {other} --resume {path}");
            Err(option("--resume", problem))
        }
    }
}
