//! [`PageList`]: all runs below a folder, as the page lists them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::http::Uri;
use serde::Serialize;

use super::list::{ListedRun, RunList};
use super::run::Status;
use crate::error::{Error, Result};

/// The runs below a folder, for any number of requests.
#[derive(Debug)]
pub(super) struct PageList {
    folder: PathBuf,
    runs: Mutex<RunList>,
}

/// A run of the list.
#[derive(Debug, Serialize)]
pub(super) struct ListRow {
    pub name: String,
    pub words: Vec<String>,
    /// Whether it goes on; none where it cannot be read.
    status: Option<Status>,
}

impl ListRow {
    /// Where the page of the run is.
    pub fn link(&self) -> String {
        let name: String = form_urlencoded::byte_serialize(self.name.as_bytes()).collect();
        format!("?run={name}")
    }
}

impl PageList {
    /// Of the runs below `folder`.
    pub fn new(folder: &Path) -> PageList {
        PageList {
            folder: folder.to_path_buf(),
            runs: Mutex::new(RunList::new(folder)),
        }
    }

    /// A row for each run, newest first.
    ///
    /// # Errors
    /// As [`RunList::look`].
    pub fn rows(&self) -> Result<Vec<ListRow>> {
        let rows = self.look()?.into_iter().map(|run| ListRow {
            words: run.words(),
            name: run.name,
            status: run.state.ok().map(|state| state.status),
        });
        Ok(rows.collect())
    }

    /// The folder of the run that is asked for, as `?run=compare-demo%2Fbaseline`, if one is: of those that are listed, and no
    /// other.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no such run, else as [`RunList::look`].
    pub fn asked_folder(&self, address: &Uri) -> Result<Option<PathBuf>> {
        let mut pairs = form_urlencoded::parse(address.query().unwrap_or("").as_bytes());
        let Some((_, name)) = pairs.find(|(key, _)| key == "run") else {
            return Ok(None);
        };
        let runs = self.look()?;
        match runs.into_iter().find(|run| run.name == name) {
            Some(run) => Ok(Some(run.folder)),
            None => Err(Error::Data(format!(
                "{}: no run is called {name} in it",
                self.folder.display()
            ))),
        }
    }

    fn look(&self) -> Result<Vec<ListedRun>> {
        // A look that failed halfway leaves less to remember, and nothing that is wrong.
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.look()
    }
}
