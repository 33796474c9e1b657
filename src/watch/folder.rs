//! [`look`]: the runs in a folder, read as they are now.

use std::path::{Component, Path, PathBuf};

use super::run::{RunState, Status};
use crate::error::{Error, Result};
#[cfg(feature = "serve")]
use crate::report::link_below;
use crate::run::{RunSpec, files, is_abandoned, now, quoted, typed};
use crate::sweep::{self, Listing};

/// The folder of a run, or of a comparison, at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedFolder {
    /// The folder.
    pub folder: PathBuf,
    /// What the data is called, once that is written.
    pub data: Option<String>,
    /// The run, those that are compared, or the trials of a sweep, in their order.
    pub runs: Vec<RunState>,
    /// What their folders are called, which lie right below; empty where the folder is that of the one run.
    pub below: Vec<String>,
    /// Of a sweep: whether all its trials are over, and its results written.
    pub sweep_is_over: Option<bool>,
    /// Whether no process trains any more what is left to train, and none told why.
    pub is_dead: bool,
    /// The command that goes on with what is left, where nobody does.
    pub resume: Option<String>,
}

impl WatchedFolder {
    /// Whether all runs are over, however they ended, and there is one.
    pub fn is_over(&self) -> bool {
        // Something is left that nobody trains.
        if self.resume.is_some() {
            return true;
        }
        // A trial that is over may go on in the next round, and one that failed ends no sweep.
        if let Some(is_over) = self.sweep_is_over {
            return is_over;
        }
        // A comparison ends with the run that was stopped.
        !self.is_under_way() && (self.runs.iter().any(is_stopped) || self.is_finished())
    }

    /// Whether everything came to its end.
    pub fn is_finished(&self) -> bool {
        let all = || self.runs.iter().all(|run| run.status == Status::Finished);
        self.sweep_is_over.unwrap_or_else(all)
    }

    /// Where the report of each run is, from the page of the folder; none where there is none yet, or where the folder's own
    /// is that of the run.
    #[cfg(feature = "serve")]
    pub(super) fn reports(&self) -> impl Iterator<Item = Option<String>> {
        let written = self.below.iter().map(|name| {
            let has_report = self.folder.join(name).join(files::REPORT).is_file();
            has_report.then(|| link_below(name))
        });
        written.chain(std::iter::repeat(None))
    }

    fn is_under_way(&self) -> bool {
        self.runs.iter().any(|run| run.status == Status::Training)
    }
}

fn is_stopped(run: &RunState) -> bool {
    matches!(run.status, Status::Stopped { .. })
}

fn is_dead(run: &RunState) -> bool {
    run.status == Status::Dead
}

/// Reads the run, the comparison or the sweep in `folder`. One that has not begun to write is waited for; it is a run until
/// its `config.toml` says more.
///
/// # Errors
/// [`Error::Io`] where a file cannot be read, [`Error::Malformed`] with the place where one is damaged.
pub fn look(folder: &Path) -> Result<WatchedFolder> {
    let now = now();
    if let Some(listing) = Listing::read(folder)? {
        return look_at_sweep(folder, &listing, now);
    }
    let spec = RunSpec::read(folder)?;
    let comparison = spec.as_ref().and_then(|spec| spec.comparison.as_ref());
    let runs = match comparison {
        Some(comparison) => {
            let runs = comparison.variants.iter().map(|name| {
                if !is_name(name) {
                    return Err(Error::Malformed {
                        path: folder.join(files::CONFIG),
                        place: "comparison.variants".to_string(),
                        problem: format!("{name:?} is no name of a folder"),
                    });
                }
                RunState::read(&folder.join(name), name, now)
            });
            runs.collect::<Result<Vec<_>>>()?
        }
        None => {
            let name = folder.file_name().unwrap_or(folder.as_os_str());
            vec![RunState::read(folder, &name.to_string_lossy(), now)?]
        }
    };
    let mut watched = WatchedFolder {
        folder: folder.to_path_buf(),
        data: None,
        runs,
        below: comparison.map_or(Vec::new(), |comparison| comparison.variants.clone()),
        sweep_is_over: None,
        is_dead: false,
        resume: None,
    };
    // Between two of its models, a comparison has none under way; its own folder tells whether it goes on.
    let is_left = match comparison {
        Some(_) => is_abandoned(folder),
        None => watched.runs.iter().any(is_dead),
    };
    watched.is_dead = is_left && !watched.is_under_way() && !watched.is_over();
    let was_interrupted = |run: &RunState| match &run.status {
        Status::Stopped { reason } => *reason == Some(Error::Interrupted.to_string()),
        _ => false,
    };
    if watched.is_dead || !watched.is_under_way() && watched.runs.iter().any(was_interrupted) {
        let command = comparison.map_or("train", |_| "compare");
        let folder = quoted(&folder.display().to_string());
        watched.resume = Some(format!("gatefold {command} {} {folder}", typed("resume")));
    }
    watched.data = spec.map(|spec| spec.data.name);
    Ok(watched)
}

/// The trials of a sweep.
fn look_at_sweep(folder: &Path, listing: &Listing, now: f64) -> Result<WatchedFolder> {
    let mut runs = Vec::with_capacity(listing.trials.len());
    let mut data = None;
    for name in &listing.trials {
        if !is_name(name) {
            return Err(Error::Malformed {
                path: folder.join(sweep::files::LISTING),
                place: "trials".to_string(),
                problem: format!("{name:?} is no name of a folder"),
            });
        }
        let path = folder.join(name);
        if data.is_none() {
            data = RunSpec::read(&path)?.map(|spec| spec.data.name);
        }
        // Its own name is that of its model, which several have.
        runs.push(RunState {
            name: name.clone(),
            ..RunState::read(&path, name, now)?
        });
    }
    let mut watched = WatchedFolder {
        folder: folder.to_path_buf(),
        data,
        runs,
        below: listing.trials.clone(),
        sweep_is_over: Some(sweep::is_complete(folder)?),
        is_dead: false,
        resume: None,
    };
    // Where a trial was left and none goes on, no process takes trials any more.
    if !watched.is_over() && !watched.is_under_way() {
        let is_open =
            |run: &&RunState| !folder.join(&run.name).join(sweep::files::OUTCOME).is_file();
        let open = || watched.runs.iter().filter(is_open);
        let is_dead = open().any(is_dead);
        if is_dead || open().any(is_stopped) {
            let folder = quoted(&folder.display().to_string());
            watched.resume = Some(format!("gatefold sweep FILE {} {folder}", typed("out")));
        }
        watched.is_dead = is_dead;
    }
    Ok(watched)
}

/// Whether it names a folder right below, not one elsewhere.
fn is_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    )
}
