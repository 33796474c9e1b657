//! [`RunList`]: all runs below a folder, newest first.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::run::{RunState, Status};
use crate::error::{Error, Result};
use crate::run::{files, has_history, holds_run, now};
use crate::sweep::Listing;

/// The files whose change may change what is told of a run.
const TOLD_BY: [&str; 4] = [files::PROGRESS, "history.json", files::MODEL, files::CONFIG];

/// A run below the folder.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRun {
    /// Its folder.
    pub folder: PathBuf,
    /// The folder's path from the one that is listed, `compare-demo/baseline` say.
    pub name: String,
    /// When it began, or was last gone on with: seconds since 1970; of a run that does not tell, when its files were
    /// written.
    pub began: f64,
    /// Where it stands, without its curves; or why that cannot be read.
    pub state: std::result::Result<RunState, String>,
}

/// Where a folder's files stood at a look: the length and the time of each.
type Stamp = [Option<(u64, SystemTime)>; TOLD_BY.len()];

/// The runs in a folder and all folders below it, read anew where they changed.
#[derive(Debug)]
pub struct RunList {
    folder: PathBuf,
    seen: HashMap<PathBuf, (Stamp, ListedRun)>,
}

impl RunList {
    /// Of the runs below `folder`.
    pub fn new(folder: &Path) -> RunList {
        RunList {
            folder: folder.to_path_buf(),
            seen: HashMap::new(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The runs as they are now, newest first: those of comparisons and sweeps too. Links to folders are not followed.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder itself cannot be read; what stands against reading a run, or a folder below, is told in its place.
    pub fn look(&mut self) -> Result<Vec<ListedRun>> {
        let now = now();
        let mut found = Found::default();
        found.add(&self.folder)?;
        let mut seen = HashMap::with_capacity(found.runs.len());
        let mut runs = Vec::with_capacity(found.runs.len());
        for (folder, problem) in found.unread {
            runs.push(ListedRun {
                name: self.name(&folder),
                folder,
                began: 0.0,
                state: Err(problem),
            });
        }
        for folder in found.runs {
            let stamp = stamp(&folder);
            let run = match self.seen.remove(&folder) {
                Some((then, run)) if then == stamp && !may_change(&run) => run,
                _ => self.read(&folder, &stamp, now),
            };
            runs.push(run.clone());
            seen.insert(folder, (stamp, run));
        }
        self.seen = seen;
        runs.sort_by(|a, b| {
            b.began
                .total_cmp(&a.began)
                .then_with(|| a.name.cmp(&b.name))
        });
        Ok(runs)
    }

    /// What a folder below is called.
    fn name(&self, folder: &Path) -> String {
        let below = folder.strip_prefix(&self.folder).unwrap_or(folder);
        below.display().to_string()
    }

    fn read(&self, folder: &Path, stamp: &Stamp, now: f64) -> ListedRun {
        let name = self.name(folder);
        let state = RunState::read(folder, &name, now).map(RunState::without_curves);
        let written = stamp.iter().flatten().map(|(_, time)| seconds(*time));
        let written = written.fold(0.0, f64::max);
        let told = state.as_ref().ok().and_then(|state| state.began);
        ListedRun {
            folder: folder.to_path_buf(),
            name,
            began: told.unwrap_or(written),
            state: state.map_err(|error| error.to_string()),
        }
    }
}

/// The folders of runs, and those that cannot be looked into, with the reason.
#[derive(Default)]
struct Found {
    runs: Vec<PathBuf>,
    unread: Vec<(PathBuf, String)>,
}

impl Found {
    /// Adds the runs in `folder` and below.
    fn add(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
            let entry = entry.map_err(Error::io(folder))?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !is_folder || is_hidden {
                continue;
            }
            let path = entry.path();
            if is_run(&path) {
                self.runs.push(path);
            } else if let Err(error) = self.add(&path) {
                self.unread.push((path, error.to_string()));
            }
        }
        Ok(())
    }
}

/// Whether `folder` is no run, comparison or sweep itself, but one that may have some below it.
///
/// # Errors
/// [`Error::Io`] and [`Error::Malformed`] where the file of a sweep cannot be read.
pub fn is_listed(folder: &Path) -> Result<bool> {
    Ok(folder.is_dir()
        && !holds_run(folder)
        && !has_history(folder)
        && Listing::read(folder)?.is_none())
}

/// Whether the run may be another one though its files are the same: time passes, and processes end.
fn may_change(run: &ListedRun) -> bool {
    match &run.state {
        Ok(state) => matches!(state.status, Status::Waiting | Status::Training),
        Err(_) => true,
    }
}

/// Whether a run of its own is there: not the comparison of several, whose runs are below.
fn is_run(folder: &Path) -> bool {
    folder.join(files::PROGRESS).is_file() || has_history(folder)
}

fn stamp(folder: &Path) -> Stamp {
    TOLD_BY.map(|name| {
        let file = fs::metadata(folder.join(name)).ok()?;
        Some((file.len(), file.modified().ok()?))
    })
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
