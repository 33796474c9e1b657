//! [`Parameters`]: which parameters of a run are used, and where they are found.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use super::files;
use super::spec::RunSpec;
use crate::error::{Error, Result};
use crate::report::read_history;
use crate::train::{CheckpointFiles, Position, Weights};

/// Which parameters of a run to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Parameters {
    /// The result of its training; of a run that has not come to its end, those of its last checkpoint.
    #[default]
    Last,
    /// Those of the best epoch so far.
    Best,
}

/// Where the parameters of a [`TrainedRun`](super::TrainedRun) are from.
#[derive(Debug, Clone, PartialEq)]
pub enum ParametersFrom {
    /// The end of its training.
    Result,
    /// Its best epoch, where the history tells which.
    Best(Option<usize>),
    /// The last checkpoint of a run that has not come to its end.
    Checkpoint(Box<Position>),
}

impl fmt::Display for ParametersFrom {
    /// `epoch 3, the best`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParametersFrom::Result => f.write_str("the end of training"),
            ParametersFrom::Best(Some(epoch)) => write!(f, "epoch {epoch}, the best"),
            ParametersFrom::Best(None) => f.write_str("the best epoch"),
            ParametersFrom::Checkpoint(position) => {
                write!(f, "{position}: training has not come to its end")
            }
        }
    }
}

impl Parameters {
    /// These of the run in `folder`, of which its `config.toml` says `spec`.
    ///
    /// # Errors
    /// [`Error::Argument`] where there are none, with the remedy; [`Error::Io`] and [`Error::Malformed`] where their file
    /// cannot be read or trusted.
    pub(super) fn of(
        self,
        folder: &Path,
        spec: Option<&RunSpec>,
    ) -> Result<(Weights, ParametersFrom)> {
        match self {
            Parameters::Last => last(folder, spec),
            Parameters::Best => best(folder, spec),
        }
    }
}

/// The result of the run in `folder`, or what its last checkpoint has.
fn last(folder: &Path, spec: Option<&RunSpec>) -> Result<(Weights, ParametersFrom)> {
    let path = folder.join(files::MODEL);
    if path.is_file() {
        return Ok((Weights::load(&path)?, ParametersFrom::Result));
    }
    let found = match spec {
        Some(_) => CheckpointFiles::new(folder).find()?,
        None => None,
    };
    let (Some(spec), Some(found)) = (spec, found) else {
        return Err(Error::argument("folder", no_run(folder)));
    };
    let snapshot = &found.checkpoint.snapshot;
    let weights = Weights {
        model: found.checkpoint.model.clone(),
        parameters: snapshot.state.parameters.clone(),
        vocabulary_sha256: spec.data.vocabulary_sha256.clone(),
        vocabulary_size: spec.data.vocabulary_size,
    };
    let position = Box::new(snapshot.position.clone());
    Ok((weights, ParametersFrom::Checkpoint(position)))
}

/// What the best epoch of the run in `folder` gave.
fn best(folder: &Path, spec: Option<&RunSpec>) -> Result<(Weights, ParametersFrom)> {
    let path = folder.join(files::BEST);
    if !path.is_file() {
        let problem = match spec {
            Some(_) => format!(
                "{} holds no {}, which a run has when its first epoch is over",
                folder.display(),
                files::BEST
            ),
            None => no_run(folder),
        };
        return Err(Error::argument("folder", problem));
    }
    let monitor = spec.and_then(|spec| spec.callbacks.as_ref());
    let epoch = match (monitor, read_history(folder)) {
        (Some(callbacks), Ok(history)) => callbacks
            .monitor
            .best(&history.epochs)
            .map(|best| best.epoch),
        _ => None,
    };
    Ok((Weights::load(&path)?, ParametersFrom::Best(epoch)))
}

/// Why `folder` cannot be used, and what could be.
fn no_run(folder: &Path) -> String {
    let shown = folder.display();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return format!("{shown}: no such folder; name one that a training wrote");
        }
        Err(error) => return format!("{shown}: {error}"),
    };
    let mut runs: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join(files::MODEL).is_file())
        .map(|path| path.display().to_string())
        .collect();
    runs.sort();
    if runs.is_empty() {
        return format!(
            "{shown} holds neither {}, which a run has when its last epoch is over, nor a checkpoint of one that goes \
             on; name a folder that a training wrote",
            files::MODEL
        );
    }
    format!(
        "{shown} holds several runs; name one of them: {}",
        runs.join(", ")
    )
}
