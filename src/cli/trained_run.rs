//! A finished run, to be used: its weights, its data, and how it cut and padded reviews.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gatefold::Error;
use gatefold::batch::{Padding, Side};
use gatefold::data::{Dataset, ReviewLimits, Source, Vocabulary, vocabulary_of};
use gatefold::gpu::Gpu;
use gatefold::train::{Session, Weights};
use serde::Deserialize;

use super::args::{DataArgs, DeviceArgs, SourceArgs, TestDataArgs};
use super::run_config;
use super::run_folder::MODEL;
use super::screen::Output;
use super::settings::{DataSettings, adapter_choice, option, token_cache};
use super::source_keys::SourceKeys;
use super::training::{load_told, tell_adapter};

/// Reviews a batch where no training says it: the experiment's.
const BATCH_SIZE: usize = 10;

/// What using a run needs from its `config.toml`.
#[derive(Deserialize)]
struct Known {
    data: KnownData,
    /// Imported weights have none.
    training: Option<KnownTraining>,
}

#[derive(Deserialize)]
struct KnownData {
    #[serde(flatten)]
    keys: SourceKeys,
    name: String,
    synthetic: bool,
}

#[derive(Deserialize)]
struct KnownTraining {
    batch_size: usize,
    pad: Side,
    max_length: Option<NonZeroUsize>,
    truncate: Option<Side>,
}

/// A run that has been trained to its end.
pub struct TrainedRun {
    pub folder: PathBuf,
    pub weights: Weights,
    /// Where its reviews came from.
    pub source: Source,
    /// The vocabulary's file, where one was named.
    pub vocabulary: Option<PathBuf>,
    /// What its data is called.
    pub data_name: String,
    /// What its classes are called, in the order of the labels.
    pub classes: Vec<String>,
    /// Whether it was trained on made-up reviews.
    pub synthetic: bool,
    pub batch_size: usize,
    pub padding: Padding,
}

impl TrainedRun {
    /// Reads `config.toml` and `model.safetensors` in `folder`.
    ///
    /// # Errors
    /// [`Error::Option`] where these are not there, with the remedy; [`Error::Io`] and [`Error::Malformed`]
    /// where they cannot be read; [`Error::Model`] where they have not as many classes as each other.
    pub fn load(folder: &Path) -> Result<TrainedRun> {
        let path = folder.join(MODEL);
        if !path.is_file() {
            return Err(option("RUN", no_run(folder)).into());
        }
        let Some(known) = run_config::known::<Known>(folder)? else {
            let problem = format!(
                "{} holds no {}, which says how its reviews were cut; copy the whole folder of the run",
                folder.display(),
                run_config::FILE
            );
            return Err(option("RUN", problem).into());
        };
        let weights = Weights::load(&path)?;
        let (batch_size, padding) = match known.training {
            None => (BATCH_SIZE, Padding::AFTER),
            Some(training) => (
                training.batch_size,
                Padding {
                    pad: training.pad,
                    max_length: training.max_length,
                    truncate: training.truncate.unwrap_or(Padding::AFTER.truncate),
                },
            ),
        };
        let source = known.data.keys.source();
        let classes = source.class_names();
        weights.model.check_classes(classes.len())?;
        Ok(TrainedRun {
            folder: folder.to_path_buf(),
            weights,
            source,
            classes,
            vocabulary: known.data.keys.vocabulary.map(PathBuf::from),
            data_name: known.data.name,
            synthetic: known.data.synthetic,
            batch_size,
            padding,
        })
    }

    /// What the class of this label is called.
    pub fn class(&self, label: usize) -> &str {
        self.classes.get(label).map_or("", String::as_str)
    }

    /// The label of the class of this name.
    ///
    /// # Errors
    /// [`Error::Option`] for `--class`, with the names that there are.
    pub fn label(&self, name: &str) -> gatefold::Result<usize> {
        let known = self.classes.iter().position(|class| class == name);
        known.ok_or_else(|| {
            let classes = self.classes.join(", ");
            option(
                "--class",
                format!("`{name}` is no class of the run; it has {classes}"),
            )
        })
    }

    /// The vocabulary that the run's ids are of: `file`, or that of the run's data.
    ///
    /// # Errors
    /// As [`vocabulary_of`] and [`TrainedRun::check_vocabulary`].
    pub fn load_vocabulary(&self, file: Option<&Path>) -> Result<Vocabulary> {
        let file = file.or(self.vocabulary.as_deref());
        let vocabulary = vocabulary_of(&self.source, file).map_err(|error| match error {
            Error::Io { .. } => Error::Data(format!(
                "the vocabulary that {} was trained with: {error}; give it with --vocab FILE",
                self.folder.display()
            )),
            other => other,
        })?;
        self.check_vocabulary(&vocabulary)?;
        Ok(vocabulary)
    }

    /// Fails unless `vocabulary` is the one that the run was trained with.
    ///
    /// # Errors
    /// [`Error::Malformed`] with both sizes and both hashes.
    pub fn check_vocabulary(&self, vocabulary: &Vocabulary) -> Result<()> {
        let weights = &self.weights;
        if weights.vocabulary_sha256 == vocabulary.sha256() {
            return Ok(());
        }
        Err(Error::Malformed {
            path: self.folder.join(MODEL),
            place: "vocabulary".to_string(),
            problem: format!(
                "trained with one of {} ids, sha256 {}, but this one has {} ids, sha256 {}; give the run's own \
                 with --vocab FILE",
                weights.vocabulary_size,
                weights.vocabulary_sha256,
                vocabulary.size(),
                vocabulary.sha256()
            ),
        }
        .into())
    }

    /// The run's reviews, or those that were asked for.
    ///
    /// The training reviews are not used, but with them the encoded reviews that training kept are found again.
    ///
    /// # Errors
    /// As [`DataSettings::new`].
    fn test_data(&self, args: &TestDataArgs) -> gatefold::Result<DataSettings> {
        let mut reading = args.reading.clone();
        if reading.source != SourceArgs::default() {
            // Other reviews have the classes that the model knows.
            if let Source::Table(table) = &self.source
                && reading.source.classes.is_empty()
            {
                reading.source.classes.clone_from(&table.classes);
            }
            return DataSettings::new(&DataArgs {
                reading,
                limit_train: None,
            });
        }
        Ok(DataSettings {
            source: self.source.clone(),
            note: None,
            vocabulary: reading.vocab.or(self.vocabulary.clone()),
            limits: ReviewLimits {
                train: None,
                test: reading.limit_test,
            },
            cache: token_cache(reading.no_cache),
        })
    }

    /// The model on the device that was asked for, and the reviews to test it with, of its vocabulary.
    ///
    /// # Errors
    /// As [`DataSettings::new`] and [`load_told`], and where vocabulary or device do not suit the model.
    pub fn with_test_data(
        &self,
        data: &TestDataArgs,
        device: &DeviceArgs,
        output: Output,
    ) -> Result<(Session, Arc<Dataset>)> {
        let data = self.test_data(data)?;
        let session = self.session(device, output)?;
        let dataset = Arc::new(load_told(&data, output)?);
        self.check_vocabulary(&dataset.vocabulary)?;
        Ok((session, dataset))
    }

    /// The model on the device that was asked for.
    pub fn session(&self, device: &DeviceArgs, output: Output) -> Result<Session> {
        let gpu = Gpu::open(&adapter_choice(device))?;
        let limits = gpu.limits(device.kernels.into())?;
        // The one result on standard output is the command's.
        let told = Output {
            json: false,
            ..output
        };
        tell_adapter(told, gpu.report(), &limits)?;
        Ok(Session::of_weights(gpu, limits, &self.weights)?)
    }
}

/// Why `folder` cannot be used, and what could be.
fn no_run(folder: &Path) -> String {
    let shown = folder.display();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return format!("{shown}: no such folder; name one that `gatefold train` wrote");
        }
        Err(error) => return format!("{shown}: {error}"),
    };
    let mut runs: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join(MODEL).is_file())
        .map(|path| path.display().to_string())
        .collect();
    runs.sort();
    if runs.is_empty() {
        return format!(
            "{shown} holds no {MODEL}, which a run has when its last epoch is over; name a folder that \
             `gatefold train` wrote"
        );
    }
    format!(
        "{shown} holds several runs; name one of them: {}",
        runs.join(", ")
    )
}
