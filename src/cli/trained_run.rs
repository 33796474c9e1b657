//! A finished run, to be used: its weights, its data, and how it cut and padded reviews.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gatefold::Error;
use gatefold::batch::{Padding, Side};
use gatefold::data::{Dataset, ReviewLimits, Source, Table, Vocabulary, vocabulary_of};
use gatefold::gpu::Gpu;
use gatefold::train::{Session, Weights};
use serde::Deserialize;

use super::args::{DataArgs, DeviceArgs, ReadingArgs, SourceArgs, TestDataArgs};
use super::run_config;
use super::run_folder::{MODEL, kept_vocabulary};
use super::screen::Output;
use super::settings::{DataSettings, adapter_choice, option, token_cache};
use super::source_keys::{SourceKeys, find_again};
use super::training::{load_to_test_told, load_told, tell_adapter};

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
    #[serde(flatten)]
    reviews: KnownReviews,
    name: String,
    synthetic: bool,
}

/// What tells the reviews of a training; imported weights have none.
#[derive(Deserialize)]
struct KnownReviews {
    sha256: Option<String>,
    limit_train: Option<usize>,
    limit_test: Option<usize>,
}

#[derive(Deserialize)]
struct KnownTraining {
    batch_size: usize,
    pad: Side,
    max_length: Option<NonZeroUsize>,
    truncate: Option<Side>,
}

/// Reviews to test a run with.
enum TestReviews {
    /// The run's own, all of them.
    Own(DataSettings),
    /// The run's own table, named, with the same parts.
    Parted(DataSettings),
    /// Others, of which nothing is for training.
    Others(DataSettings),
}

/// A run's model on a device, and reviews to test it with.
pub struct ToTest {
    pub session: Session,
    pub dataset: Arc<Dataset>,
    /// Whether the run's own reviews are still those that it was trained and validated with; `None` where others are
    /// tested with, or that is not known.
    pub as_trained: Option<bool>,
}

/// A run that has been trained to its end.
pub struct TrainedRun {
    pub folder: PathBuf,
    pub weights: Weights,
    /// Where its reviews came from.
    pub source: Source,
    /// The vocabulary's file, where one was named.
    pub vocabulary: Option<PathBuf>,
    /// The vocabulary's file in the folder, where it has one.
    pub kept: Option<PathBuf>,
    /// What its data is called.
    pub data_name: String,
    reviews: KnownReviews,
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
    /// [`Error::Argument`] where these are not there, with the remedy; [`Error::Io`] and [`Error::Malformed`]
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
            kept: kept_vocabulary(folder, &weights.vocabulary_sha256),
            weights,
            source,
            classes,
            vocabulary: known.data.keys.vocabulary.map(PathBuf::from),
            data_name: known.data.name,
            reviews: known.data.reviews,
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
    /// [`Error::Argument`] for `--class`, with the names that there are.
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

    /// The vocabulary that the run's ids are of: `file`, or the one in its folder, or that of the run's data.
    ///
    /// # Errors
    /// As [`vocabulary_of`] and [`TrainedRun::check_vocabulary`].
    pub fn load_vocabulary(&self, file: Option<&Path>) -> Result<Vocabulary> {
        let file = file.or(self.kept.as_deref()).or(self.vocabulary.as_deref());
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

    /// The reviews to test with: the run's, or those that were asked for, with the run's vocabulary and classes.
    ///
    /// # Errors
    /// As [`DataSettings::new`] and [`find_again`].
    fn test_reviews(&self, args: &TestDataArgs) -> gatefold::Result<TestReviews> {
        let reading = &args.reading;
        if reading.source != SourceArgs::default() {
            return self.other_reviews(reading.clone());
        }
        let limits = ReviewLimits {
            train: None,
            test: reading.limit_test,
        };
        limits.check()?;
        if let Some(path) = self.source.path() {
            find_again(path, &self.folder)?;
        }
        let kept = match (&self.source, &reading.vocab) {
            (Source::Path(_) | Source::Table(_), None) => self.kept.clone(),
            _ => None,
        };
        // The training reviews are not used, but with them the encoded reviews that training kept are found again,
        // and it shows whether they are the same.
        Ok(TestReviews::Own(DataSettings {
            source: self.source.clone(),
            note: None,
            vocabulary: reading.vocab.clone().or(self.vocabulary.clone()),
            kept,
            limits: ReviewLimits::default(),
            cache: token_cache(reading.no_cache),
        }))
    }

    /// Other reviews than the run's.
    fn other_reviews(&self, mut reading: ReadingArgs) -> gatefold::Result<TestReviews> {
        let source = &mut reading.source;
        if let Source::Table(table) = &self.source
            && source.classes.is_empty()
        {
            source.classes.clone_from(&table.classes);
        }
        // A table of test reviews needs none of training reviews.
        if let Some(test) = &source.test_data {
            source.data = Some(test.clone());
        }
        // The run has seen the other part of its own table.
        let parted = source.test_data.is_none()
            && source.data.as_deref().is_some_and(|data| self.is_own(data));
        let mut data = DataSettings::new(&DataArgs {
            reading,
            limit_train: None,
        })?;
        if data.vocabulary.is_none() {
            let named = self.vocabulary.clone().filter(|path| path.is_file());
            data.kept = self.kept.clone().or(named);
        }
        Ok(match parted {
            true => TestReviews::Parted(data),
            false => TestReviews::Others(data),
        })
    }

    /// Whether `data` is the one file or folder that the run's reviews are from.
    fn is_own(&self, data: &Path) -> bool {
        if let Source::Table(Table { test: Some(_), .. }) = &self.source {
            return false;
        }
        let place = |path: &Path| fs::canonicalize(path).ok();
        self.source
            .path()
            .is_some_and(|own| place(own).is_some() && place(own) == place(data))
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
    ) -> Result<ToTest> {
        let reviews = self.test_reviews(data)?;
        let session = self.session(device, output)?;
        let (dataset, as_trained) = match &reviews {
            TestReviews::Others(others) => (load_to_test_told(others, output)?, None),
            TestReviews::Parted(parted) => (load_told(parted, output)?, None),
            TestReviews::Own(own) => {
                let mut dataset = load_told(own, output)?;
                let as_trained = self.is_as_trained(&dataset);
                let limit = data.reading.limit_test.unwrap_or(usize::MAX);
                dataset.test.truncate(limit);
                (dataset, as_trained)
            }
        };
        self.check_vocabulary(&dataset.vocabulary)?;
        if as_trained == Some(false) {
            let problem = format!(
                "other reviews are in {} than {} was trained and validated with: their SHA-256 is another one than \
                 {} has",
                dataset.name,
                self.folder.display(),
                run_config::FILE
            );
            output.field("Note", &problem);
        }
        if !dataset.synthetic {
            for note in &dataset.notes {
                output.field("Note", note);
            }
        }
        Ok(ToTest {
            session,
            dataset: Arc::new(dataset),
            as_trained,
        })
    }

    /// Whether all of `dataset`, cut as it was for training, is what the run was trained and validated with; `None`
    /// where the run does not say that.
    fn is_as_trained(&self, dataset: &Dataset) -> Option<bool> {
        let KnownReviews {
            sha256,
            limit_train,
            limit_test,
        } = &self.reviews;
        let expected = sha256.as_ref()?;
        let mut cut = dataset.clone();
        cut.train.truncate(limit_train.unwrap_or(usize::MAX));
        cut.test.truncate(limit_test.unwrap_or(usize::MAX));
        Some(cut.sha256() == *expected)
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
