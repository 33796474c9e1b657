//! Going on with a run: what its folder says, and what the options given besides may change.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use gatefold::gpu::adapters;
use gatefold::train::{CheckpointFiles, Found};
use gatefold::{Error, Result};

use super::args::{DataArgs, End, Kernels, TrainingArgs};
use super::callbacks::Kind;
use super::run_config::{self, RunConfig};
use super::run_folder::{RunFolder, kept_vocabulary};
use super::screen::Output;
use super::settings::option;
use super::source_keys::{DEMO, find_again};

/// Which options of a subcommand were typed.
pub struct Typed(ArgMatches);

impl Typed {
    /// Of the subcommand in these matches.
    pub fn of(matches: &ArgMatches) -> Typed {
        let subcommand = matches.subcommand();
        Typed(subcommand.map_or(ArgMatches::default(), |(_, matches)| matches.clone()))
    }

    /// Whether the option of this id was.
    pub fn has(&self, id: &str) -> bool {
        self.0.value_source(id) == Some(ValueSource::CommandLine)
    }

    /// Puts what the run was begun with in the place of a default.
    ///
    /// # Errors
    /// [`Error::Argument`] with both values if another one was typed.
    pub fn adopt<T: PartialEq>(
        &self,
        id: &str,
        value: &mut T,
        begun: T,
        show: impl Fn(&T) -> String,
    ) -> Result<()> {
        if self.has(id) && *value != begun {
            let problem = format!(
                "{} was given, but the run was begun with {}; leave it out, or begin another run",
                show(value),
                show(&begun)
            );
            return Err(option(&format!("--{}", id.replace('_', "-")), problem));
        }
        *value = begun;
        Ok(())
    }
}

/// A run or a comparison that was begun.
pub struct Begun {
    pub folder: RunFolder,
    pub config: RunConfig,
    pub checkpoints: CheckpointFiles,
    pub found: Option<Found>,
}

impl Begun {
    /// Takes the folder and reads its configuration and its newest checkpoint that is whole.
    ///
    /// # Errors
    /// As [`RunFolder::open`], [`CheckpointFiles::find`] and [`RunConfig::from_toml`].
    pub fn open(path: &Path) -> Result<Begun> {
        let folder = RunFolder::open(path)?;
        let mut checkpoints = CheckpointFiles::new(path);
        let found = checkpoints.find()?;
        let (file, text) = match (run_config::read(path)?, &found) {
            (Some(text), _) => (path.join(run_config::FILE), text),
            (None, Some(found)) => (found.path.clone(), found.checkpoint.config.clone()),
            (None, None) => {
                let problem = format!("{}: no {}", path.display(), run_config::FILE);
                return Err(option("--resume", problem));
            }
        };
        Ok(Begun {
            config: RunConfig::from_toml(&file, &text)?,
            folder,
            checkpoints,
            found,
        })
    }

    /// The vocabulary that is in the run's folder, if one is.
    pub fn kept_vocabulary(&self) -> Option<PathBuf> {
        kept_vocabulary(self.folder.path(), &self.config.data.vocabulary_sha256)
    }

    /// Puts what the run was begun with in the place of defaults.
    ///
    /// # Errors
    /// [`Error::Data`] where its reviews are no longer there;
    /// [`Error::Argument`] with both values where an option was typed that contradicts it.
    pub fn adopt(
        &self,
        typed: &Typed,
        data: &mut DataArgs,
        training: &mut TrainingArgs,
    ) -> Result<()> {
        let begun = &self.config;
        // The same reviews may lie elsewhere by now: what is in them is compared, not where they are.
        let reading = &mut data.reading;
        let source = &mut reading.source;
        if source.data.is_none() && begun.data.source != DEMO {
            let data = PathBuf::from(&begun.data.source);
            find_again(&data, self.folder.path())?;
            source.data = Some(data);
        }
        if source.test_data.is_none() {
            source.test_data = begun.data.test_source.clone().map(Into::into);
        }
        let named = |name: &Option<String>| name.clone().unwrap_or("none".into());
        let columns = (&begun.data.text_column, &begun.data.label_column);
        let (text, label) = (columns.0.clone(), columns.1.clone());
        typed.adopt("text_column", &mut source.text_column, text, named)?;
        typed.adopt("label_column", &mut source.label_column, label, named)?;
        let classes = begun.data.classes.clone();
        let listed = |names: &Vec<String>| match names.is_empty() {
            true => "negative,positive".to_string(),
            false => names.join(","),
        };
        typed.adopt("classes", &mut source.classes, classes, listed)?;
        if reading.vocab.is_none() {
            reading.vocab = begun.data.vocabulary.clone().map(Into::into);
        }
        let all_or = |limit: &Option<usize>| limit.map_or("all".to_string(), |n| n.to_string());
        let limits = (begun.data.limit_train, begun.data.limit_test);
        typed.adopt("limit_train", &mut data.limit_train, limits.0, all_or)?;
        typed.adopt("limit_test", &mut reading.limit_test, limits.1, all_or)?;

        let saved = &begun.training;
        let epochs = narrow(saved.epochs);
        if !typed.has("epochs") {
            training.epochs = epochs;
        } else if training.epochs < epochs {
            let problem = format!(
                "{} was given, but the run was begun with {epochs}; give more, or leave it out",
                training.epochs
            );
            return Err(option("--epochs", problem));
        }
        if !typed.has("checkpoint_steps") {
            training.checkpoint_steps = narrow(saved.checkpoint_steps);
        }
        if begun.callbacks.schedule == Kind::Cosine && training.epochs != epochs {
            let problem = format!(
                "the learning rate of the run falls along a cosine over {epochs}; leave it out, or begin \
                 another run"
            );
            return Err(option("--epochs", problem));
        }
        begun.callbacks.adopt(typed, &mut training.callbacks)?;
        let batch_size = narrow(saved.batch_size);
        let batch = &mut training.batch;
        typed.adopt("batch_size", &mut batch.batch_size, batch_size, plain)?;
        typed.adopt("bucket", &mut batch.bucket, saved.bucket, |bucket| {
            if *bucket { "it" } else { "no buckets" }.to_string()
        })?;
        let most = saved.max_length.map(narrow);
        let tokens = |most: &Option<u32>| most.map_or("all".to_string(), |n| n.to_string());
        typed.adopt("max_length", &mut batch.max_length, most, tokens)?;
        let cut = saved.truncate.map(End::from);
        let end = |end: &Option<End>| end.map_or("neither".into(), |end| end.to_string());
        typed.adopt("truncate", &mut batch.truncate, cut, end)?;
        typed.adopt("pad", &mut batch.pad, saved.pad.into(), plain)?;
        typed.adopt("optimiser", &mut training.optimiser, saved.optimiser, plain)?;
        let rate = Some(saved.learning_rate);
        let shown = |number: &Option<f64>| number.map_or("none".into(), |n| format!("{n:?}"));
        typed.adopt("learning_rate", &mut training.learning_rate, rate, shown)?;
        typed.adopt("clip_norm", &mut training.clip_norm, saved.clip_norm, shown)?;
        typed.adopt("momentum", &mut training.momentum, saved.momentum, shown)?;
        let nesterov = (&mut training.nesterov, saved.nesterov);
        typed.adopt("nesterov", nesterov.0, nesterov.1, |nesterov| {
            if *nesterov { "it" } else { "no look ahead" }.to_string()
        })?;
        let decay = saved.weight_decay;
        typed.adopt("weight_decay", &mut training.weight_decay, decay, shown)?;
        let seed = saved.seed.parse().map_err(|_| Error::Malformed {
            path: self.folder.path().join(run_config::FILE),
            place: "training.seed".to_string(),
            problem: format!("{:?} is no seed", saved.seed),
        })?;
        typed.adopt("seed", &mut training.seed, seed, plain)?;
        let steps = narrow(saved.validation_steps);
        typed.adopt(
            "validation_steps",
            &mut training.validation_steps,
            steps,
            plain,
        )?;
        let (mask, masked) = (&mut training.mask_padding, saved.mask_padding);
        typed.adopt("mask_padding", mask, masked, |mask| {
            if *mask { "it" } else { "no mask" }.to_string()
        })?;

        let device = &mut training.device;
        let environment =
            std::env::var_os("WGPU_ADAPTER_NAME").is_some_and(|name| !name.is_empty());
        if device.adapter.is_none() && !environment {
            let name = &begun.adapter.name;
            let is_there = adapters().iter().any(|adapter| adapter.name == *name);
            device.adapter = is_there.then(|| name.clone());
        }
        if !typed.has("kernels") && begun.adapter.kernels == "portable" {
            device.kernels = Kernels::Portable;
        }
        Ok(())
    }

    /// Tells what is not as it was, and fails where it cannot be the same run; `now` is what this process
    /// would train.
    ///
    /// # Errors
    /// As [`Begun::refuse_other`].
    pub fn check(&self, now: &RunConfig, output: Output) -> Result<()> {
        self.refuse_other(now)?;
        let (then, today) = (&self.config.adapter, &now.adapter);
        if then != today {
            output.field(
                "Note",
                &format!(
                    "begun on {} ({}, kernels: {}), goes on with {} ({}, kernels: {}): results agree with those of an \
                     unbroken run to rounding only",
                    then.name, then.driver, then.kernels, today.name, today.driver, today.kernels
                ),
            );
        }
        if self.config.gatefold != now.gatefold {
            output.field(
                "Note",
                &format!(
                    "begun with gatefold {}, goes on with {}: results may differ by rounding",
                    self.config.gatefold, now.gatefold
                ),
            );
        }
        Ok(())
    }

    /// Fails where the folder or its checkpoint is of another run than `now`.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the key and both values.
    pub fn refuse_other(&self, now: &RunConfig) -> Result<()> {
        let path = self.folder.path().join(run_config::FILE);
        refuse_other(&path, &self.config, now)?;
        match &self.found {
            Some(Found {
                checkpoint, path, ..
            }) => refuse_other(path, &RunConfig::from_toml(path, &checkpoint.config)?, now),
            None => Ok(()),
        }
    }

    /// Tells from where the run goes on.
    pub fn tell(&self, output: Output) {
        let Some(Found {
            checkpoint,
            path,
            damaged,
        }) = &self.found
        else {
            let path = self.folder.path().display();
            output.field(
                "Resuming",
                &format!("the beginning: no checkpoint is in {path} yet"),
            );
            return;
        };
        if let Some(damaged) = damaged {
            let damaged = damaged.display();
            output.field(
                "Note",
                &format!("{damaged} is damaged; the checkpoint before it is taken"),
            );
        }
        let place = format!("{}, from {}", checkpoint.snapshot.position, path.display());
        output.field("Resuming", &place);
    }
}

/// Fails where a run with the configuration at `path` is another one than `now`.
fn refuse_other(path: &Path, begun: &RunConfig, now: &RunConfig) -> Result<()> {
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
        return Err(other(
            "other reviews",
            format!(
                "{} to train on and {} to validate with, SHA-256 {}; now {} and {}, SHA-256 {}",
                then.train_reviews,
                then.test_reviews,
                then.sha256,
                today.train_reviews,
                today.test_reviews,
                today.sha256
            ),
        ));
    }
    match begun.first_difference(now)? {
        Some((key, [then, today])) => Err(other(&key, format!("{then} there, {today} now"))),
        None => Ok(()),
    }
}

fn plain<T: Display>(value: &T) -> String {
    value.to_string()
}

/// A number of a configuration as an option holds it.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
