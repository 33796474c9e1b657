//! [`BegunRun`]: a run or a comparison that was begun, to go on with.

use std::path::{Path, PathBuf};

use super::files;
use super::folder::{RunFolder, kept_vocabulary};
use super::spec::RunSpec;
use crate::error::{Error, Result};
use crate::train::{CheckpointFiles, FoundCheckpoint, Position};

/// A run or a comparison that was begun: its folder, which is locked, and what is in it.
#[derive(Debug)]
pub struct BegunRun {
    pub(super) folder: RunFolder,
    /// What it was begun with.
    pub spec: RunSpec,
    pub(super) checkpoints: CheckpointFiles,
    pub(super) checkpoint: Option<FoundCheckpoint>,
}

impl BegunRun {
    /// Takes the folder and reads its configuration and its newest checkpoint that is whole.
    ///
    /// # Errors
    /// As [`RunFolder::open`], [`CheckpointFiles::find`] and [`RunSpec::from_toml`]; [`Error::Data`] for imported
    /// weights, which no training can go on with.
    pub fn open(path: &Path) -> Result<BegunRun> {
        BegunRun::of(RunFolder::open(path)?)
    }

    /// As [`BegunRun::open`], of a run that another process goes on with: nothing is taken or written.
    ///
    /// # Errors
    /// As [`BegunRun::open`].
    pub fn of_another(path: &Path) -> Result<BegunRun> {
        BegunRun::of(RunFolder::of_another(path)?)
    }

    /// As [`BegunRun::open`], of a folder that is taken already.
    ///
    /// # Errors
    /// As [`BegunRun::open`].
    pub fn of(folder: RunFolder) -> Result<BegunRun> {
        let path = folder.path();
        let mut checkpoints = CheckpointFiles::new(path);
        let checkpoint = checkpoints.find()?;
        let spec = match (RunSpec::read(path)?, &checkpoint) {
            (Some(spec), _) => spec,
            (None, Some(found)) => RunSpec::from_toml(&found.path, &found.checkpoint.config)?,
            (None, None) => {
                let problem = format!("{}: no {}", path.display(), files::CONFIG);
                return Err(Error::argument("resume", problem));
            }
        };
        if let Err(error) = spec.trained() {
            let config = path.join(files::CONFIG);
            return Err(Error::argument(
                "resume",
                format!("{}: {error}", config.display()),
            ));
        }
        Ok(BegunRun {
            spec,
            folder,
            checkpoints,
            checkpoint,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it has no checkpoint to go on from, so that it begins anew.
    pub fn is_at_start(&self) -> bool {
        self.checkpoint.is_none()
    }

    /// Gives the folder back, still locked.
    pub fn into_folder(self) -> RunFolder {
        self.folder
    }

    /// The vocabulary that is in the run's folder, if one is.
    pub fn kept_vocabulary(&self) -> Option<PathBuf> {
        kept_vocabulary(self.path(), &self.spec.data.vocabulary_sha256)
    }

    /// Fails where it cannot be the same run, and tells what else is not as it was; `now` is what this process would
    /// train.
    ///
    /// # Errors
    /// As [`BegunRun::check_same`].
    pub fn check(&self, now: &RunSpec) -> Result<Vec<String>> {
        self.check_same(now)?;
        let mut notes = Vec::new();
        if let (Some(then), Some(today)) = (&self.spec.adapter, &now.adapter)
            && then != today
        {
            notes.push(format!(
                "begun on {} ({}, kernels: {}), goes on with {} ({}, kernels: {}): results agree with those of an \
                 unbroken run to rounding only",
                then.name, then.driver, then.kernels, today.name, today.driver, today.kernels
            ));
        }
        if self.spec.gatefold != now.gatefold {
            notes.push(format!(
                "begun with gatefold {}, goes on with {}: results may differ by rounding",
                self.spec.gatefold, now.gatefold
            ));
        }
        Ok(notes)
    }

    /// Fails where the folder or its checkpoint is of another run than `now`.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the key and both values.
    pub fn check_same(&self, now: &RunSpec) -> Result<()> {
        check_same(&self.path().join(files::CONFIG), &self.spec, now)?;
        match &self.checkpoint {
            Some(FoundCheckpoint {
                checkpoint, path, ..
            }) => check_same(path, &RunSpec::from_toml(path, &checkpoint.config)?, now),
            None => Ok(()),
        }
    }

    /// Where its checkpoint stands, if it has one.
    pub fn position(&self) -> Option<&Position> {
        let found = self.checkpoint.as_ref();
        found.map(|found| &found.checkpoint.snapshot.position)
    }

    /// From where the run goes on, for people; and what else they should know of that.
    pub fn words(&self) -> (String, Option<String>) {
        let Some(FoundCheckpoint {
            checkpoint,
            path,
            damaged,
        }) = &self.checkpoint
        else {
            let path = self.path().display();
            return (
                format!("the beginning: no checkpoint is in {path} yet"),
                None,
            );
        };
        let note = damaged.as_ref().map(|damaged| {
            let damaged = damaged.display();
            format!("{damaged} is damaged; the checkpoint before it is taken")
        });
        let position = &checkpoint.snapshot.position;
        (format!("{position}, from {}", path.display()), note)
    }
}

/// Fails where a run with the configuration at `path` is another one than `now`.
fn check_same(path: &Path, begun: &RunSpec, now: &RunSpec) -> Result<()> {
    let other = |place: &str, problem: String| Error::Malformed {
        path: path.to_path_buf(),
        place: place.to_string(),
        problem: format!("{problem}; give what the run was begun with, or begin another one"),
    };
    let (then, today) = (&begun.data, &now.data);
    if then.vocabulary_sha256 != today.vocabulary_sha256 {
        return Err(other(
            "another vocabulary",
            format!(
                "{} ids, SHA-256 {}; now {} ids, SHA-256 {}",
                then.vocabulary_size,
                then.vocabulary_sha256,
                today.vocabulary_size,
                today.vocabulary_sha256
            ),
        ));
    }
    if then.sha256 != today.sha256 {
        let [then, today] = [then, today].map(|data| {
            format!(
                "{} to train on and {} to validate with, SHA-256 {}",
                data.train_reviews.unwrap_or(0),
                data.test_reviews.unwrap_or(0),
                data.sha256.as_deref().unwrap_or("unknown")
            )
        });
        return Err(other("other reviews", format!("{then}; now {today}")));
    }
    match begun.first_difference(now)? {
        Some((key, [then, today])) => Err(other(&key, format!("{then} there, {today} now"))),
        None => Ok(()),
    }
}
