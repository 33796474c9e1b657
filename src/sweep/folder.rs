//! [`SweepFolder`]: the folder of a sweep, which any number of processes share.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::axis::{AxisValues, Range};
use super::file::Search;
use super::files;
use super::outcome::TrialState;
use super::trials::Sweep;
use crate::atomic::write_atomically;
use crate::error::{Error, Result};
use crate::run::{RunFolder, holds_run};

/// Between two looks at a folder that another process has.
const PAUSE: Duration = Duration::from_millis(20);

/// What a sweep is made of, as `trials.json` says it: what two processes must have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// What the sweep is called.
    pub name: String,
    /// Keys that all trials share.
    pub base: BTreeMap<String, serde_json::Value>,
    /// Keys that vary.
    pub axes: Vec<(String, serde_json::Value)>,
    /// Which trials are made of them.
    pub search: Search,
    /// The trials' folders.
    pub trials: Vec<String>,
}

/// The folder of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFolder {
    path: PathBuf,
}

impl Listing {
    /// That of a sweep.
    ///
    /// # Errors
    /// [`Error::Internal`] where the JSON writer refuses.
    pub fn of(sweep: &Sweep) -> Result<Listing> {
        let file = &sweep.file;
        let base = file
            .base
            .iter()
            .map(|(key, value)| Ok((key.clone(), in_json(value)?)));
        let axes = file.axes.iter().map(|axis| {
            let values = match &axis.values {
                AxisValues::Listed(values) => in_json(&Value::Array(values.clone()))?,
                AxisValues::Drawn(Range::Uniform(low, high)) => {
                    serde_json::json!({"uniform": [low, high]})
                }
                AxisValues::Drawn(Range::LogUniform(low, high)) => {
                    serde_json::json!({"log_uniform": [low, high]})
                }
                AxisValues::Drawn(Range::Integers(low, high)) => {
                    serde_json::json!({"integers": [low, high]})
                }
            };
            Ok((axis.key.clone(), values))
        });
        Ok(Listing {
            name: file.name.clone(),
            base: base.collect::<Result<_>>()?,
            axes: axes.collect::<Result<_>>()?,
            search: file.search.clone(),
            trials: sweep
                .trials
                .iter()
                .map(|trial| trial.folder.clone())
                .collect(),
        })
    }

    /// That of the sweep in `folder`; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] where it is damaged.
    pub fn read(folder: &Path) -> Result<Option<Listing>> {
        let path = folder.join(files::LISTING);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path)(error)),
        };
        let listing = serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
            path,
            place: format!("line {}", error.line()),
            problem: error.to_string(),
        })?;
        Ok(Some(listing))
    }
}

impl SweepFolder {
    /// The folder at `path` for this sweep: made where it is not there, joined where another process made it.
    ///
    /// # Errors
    /// [`Error::Argument`] where another sweep, or something else, is there; [`Error::Io`] where the system refuses.
    pub fn open(path: &Path, sweep: &Sweep) -> Result<SweepFolder> {
        let listing = Listing::of(sweep)?;
        let refused = |problem: String| Err(Error::argument("out", problem));
        let shown = path.display();
        if holds_run(path) {
            return refused(format!(
                "{shown} holds a run, and no sweep; choose another folder"
            ));
        }
        if path.exists() && !path.is_dir() {
            return refused(format!("{shown} is no folder; choose another one"));
        }
        let folder = SweepFolder::unopened(path);
        let _alone = folder.alone()?;
        match Listing::read(path)? {
            Some(there) if there == listing => {}
            Some(there) => {
                return refused(format!(
                    "{shown} holds another sweep: {}; give this one another name, or another folder",
                    difference(&there, &listing)
                ));
            }
            None if folder.holds_something()? => {
                return refused(format!(
                    "{shown} is there already, and holds no sweep; choose another folder"
                ));
            }
            None => {
                write_atomically(&path.join(files::SWEEP), sweep.file.text.as_bytes())?;
                write_atomically(&path.join(files::LISTING), &files::json(&listing)?)?;
            }
        }
        Ok(folder)
    }

    /// The folder at `path` without a look at it: for who writes nothing there.
    pub fn unopened(path: &Path) -> SweepFolder {
        SweepFolder {
            path: path.to_path_buf(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a trial.
    pub fn trial(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What is known of each trial.
    ///
    /// # Errors
    /// As [`TrialState::read`].
    pub fn states(&self, sweep: &Sweep) -> Result<Vec<TrialState>> {
        let trials = sweep.trials.iter();
        trials
            .map(|trial| TrialState::read(&self.trial(&trial.folder)))
            .collect()
    }

    /// The folder as this process alone has it, which waits for others that write there.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub(super) fn alone(&self) -> Result<RunFolder> {
        loop {
            if let Some(folder) = RunFolder::claim(&self.path)? {
                return Ok(folder);
            }
            thread::sleep(PAUSE);
        }
    }

    fn holds_something(&self) -> Result<bool> {
        for entry in fs::read_dir(&self.path).map_err(Error::io(&self.path))? {
            let name = entry.map_err(Error::io(&self.path))?.file_name();
            // What a process left that was killed while it began.
            if name != crate::run::files::LOCK && name != files::SWEEP {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn in_json(value: &Value) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal {
        place: "writing a sweep's files",
        problem: error.to_string(),
    })
}

/// What sets one sweep apart from another, in words.
fn difference(there: &Listing, here: &Listing) -> String {
    if there.name != here.name {
        return format!("it is called {}", there.name);
    }
    let both = there.base.keys().chain(here.base.keys());
    let differs = |key: &&String| there.base.get(*key) != here.base.get(*key);
    if let Some(key) = both.into_iter().find(differs) {
        return format!("its [base] has another `{key}`");
    }
    match there.axes == here.axes {
        true => "its [search] is another one".to_string(),
        false => "its [axes] are other ones".to_string(),
    }
}
