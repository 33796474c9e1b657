//! [`TrainedRun`]: a run whose weights are used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files;
use super::folder::kept_vocabulary;
use super::parameters::{Parameters, ParametersFrom};
use super::reading::ReadingSpec;
use super::source::ReviewSource;
use super::spec::RunSpec;
use super::text_reader::TextReader;
use crate::batch::{Batch, Padding};
use crate::data::{Dataset, Review, Vocabulary, vocabulary_of};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{AdapterChoice, KernelForm};
use crate::plan::Limits;
use crate::train::{
    Attribution, Evaluation, FitOptions, Session, Weights, evaluate, predicted, probability_of,
};

/// Reviews a batch that are predicted together at most.
const PREDICT_BATCH: usize = 32;

/// What a run says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The most likely class.
    pub class: String,
    /// Its probability.
    pub probability: f32,
    /// Those of all classes, in the order of [`TrainedRun::classes`].
    pub probabilities: Vec<f32>,
    /// Tokens of the text that were read, after it was cut.
    pub tokens: usize,
}

/// A run that has been trained, to its end or not.
#[derive(Debug, Clone)]
pub struct TrainedRun {
    /// Its folder.
    pub folder: PathBuf,
    /// What its `config.toml` says.
    pub spec: RunSpec,
    /// Its parameters, with their model.
    pub weights: Weights,
    /// Where these are from.
    pub parameters: ParametersFrom,
    /// What its classes are called, in the order of the labels.
    pub classes: Vec<String>,
    /// Reviews a batch in its training.
    pub batch_size: usize,
    /// How its reviews were cut and padded.
    pub padding: Padding,
    kept: Option<PathBuf>,
}

impl TrainedRun {
    /// Opens the run in `folder`, with [`Parameters::Last`].
    ///
    /// # Errors
    /// As [`TrainedRun::open_with`].
    pub fn open(folder: impl AsRef<Path>) -> Result<TrainedRun> {
        TrainedRun::open_with(folder, Parameters::Last)
    }

    /// Opens the run in `folder`.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none, with the remedy; [`Error::Io`] and [`Error::Malformed`] where its files
    /// cannot be read or trusted; [`Error::Model`] where model and data have not as many classes as each other.
    pub fn open_with(folder: impl AsRef<Path>, parameters: Parameters) -> Result<TrainedRun> {
        let folder = folder.as_ref();
        let spec = RunSpec::read(folder)?;
        let (weights, parameters) = parameters.of(folder, spec.as_ref())?;
        let Some(spec) = spec else {
            let problem = format!(
                "{} holds no {}, which says how its reviews were cut; copy the whole folder of the run",
                folder.display(),
                files::CONFIG
            );
            return Err(Error::argument("folder", problem));
        };
        let (batch_size, reading) = match &spec.training {
            Some(training) => (training.batch_size, Some(training.reading())),
            None => (FitOptions::new().batch_size, spec.reading),
        };
        let classes = spec.data.class_names();
        weights.model.check_classes(classes.len())?;
        Ok(TrainedRun {
            folder: folder.to_path_buf(),
            kept: kept_vocabulary(folder, &weights.vocabulary_sha256),
            weights,
            parameters,
            classes,
            batch_size,
            padding: reading.map_or(Padding::AFTER, |reading: ReadingSpec| reading.padding()),
            spec,
        })
    }

    /// What the class of this label is called.
    pub fn class(&self, label: usize) -> &str {
        self.classes.get(label).map_or("", String::as_str)
    }

    /// The label of the class of this name.
    ///
    /// # Errors
    /// [`Error::Argument`] with the names that there are.
    pub fn label(&self, name: &str) -> Result<usize> {
        let known = self.classes.iter().position(|class| class == name);
        known.ok_or_else(|| {
            let classes = self.classes.join(", ");
            Error::argument(
                "class",
                format!("`{name}` is no class of the run; it has {classes}"),
            )
        })
    }

    /// The vocabulary that the run's ids are of: `file`, or the one in its folder, or that of the run's data.
    ///
    /// # Errors
    /// As [`vocabulary_of`] and [`TrainedRun::check_vocabulary`].
    pub fn vocabulary(&self, file: Option<&Path>) -> Result<Vocabulary> {
        let named = self.named_vocabulary();
        let file = file.or(self.kept.as_deref()).or(named);
        let source = self.spec.data.source();
        let vocabulary = vocabulary_of(&source, file).map_err(|error| match error {
            Error::Io { .. } => Error::Data(format!(
                "the vocabulary that {} was trained with: {error}; give it as `vocabulary`",
                self.folder.display()
            )),
            other => other,
        })?;
        self.check_vocabulary(&vocabulary)?;
        Ok(vocabulary)
    }

    /// The vocabulary's file that was named for the run's data.
    pub fn named_vocabulary(&self) -> Option<&Path> {
        self.spec.data.vocabulary.as_deref().map(Path::new)
    }

    /// The vocabulary's file in the run's folder, where it has one.
    pub fn kept_vocabulary(&self) -> Option<&Path> {
        self.kept.as_deref()
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
            path: self.folder.join(files::MODEL),
            place: "vocabulary".to_string(),
            problem: format!(
                "trained with one of {} ids, sha256 {}, but this one has {} ids, sha256 {}; give the run's own as \
                 `vocabulary`",
                weights.vocabulary_size,
                weights.vocabulary_sha256,
                vocabulary.size(),
                vocabulary.sha256()
            ),
        })
    }

    /// What turns texts into reviews as the run's training did, with its vocabulary.
    ///
    /// # Errors
    /// As [`TrainedRun::vocabulary`].
    pub fn reader(&self, vocabulary: Option<&Path>) -> Result<TextReader> {
        Ok(TextReader::new(&self.vocabulary(vocabulary)?, self.padding))
    }

    /// The model on a device.
    ///
    /// # Errors
    /// As [`Session::of_weights`].
    pub fn session(&self, device: impl Into<Device>, limits: Limits) -> Result<Session> {
        Session::of_weights(device, limits, &self.weights)
    }

    /// What the run says of each text, on the best device there is; `gatefold predict` says the same.
    ///
    /// It opens the device anew each time: use [`TrainedRun::session`] and [`TrainedRun::predict_with`] to ask often.
    ///
    /// # Errors
    /// As [`TrainedRun::reader`], [`Device::open`] and [`TrainedRun::predict_with`].
    pub fn predict(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Prediction>> {
        let mut reader = self.reader(None)?;
        let device = Device::open(&AdapterChoice::default())?;
        let limits = device.limits(KernelForm::Automatic)?;
        let mut session = self.session(device, limits)?;
        self.predict_with(&mut session, &mut reader, texts, PREDICT_BATCH)
    }

    /// What the run says of each text, with at most `batch_size` texts a batch.
    ///
    /// # Errors
    /// As [`TextReader::review`] and [`Session::predict_reviews`].
    pub fn predict_with(
        &self,
        session: &mut Session,
        reader: &mut TextReader,
        texts: &[impl AsRef<str>],
        batch_size: usize,
    ) -> Result<Vec<Prediction>> {
        let texts = texts.iter().map(AsRef::as_ref);
        let reviews = texts.map(|text| reader.review(text));
        let reviews = reviews.collect::<Result<Vec<Review>>>()?;
        let probabilities = session.predict_reviews(&reviews, batch_size, self.padding)?;
        let rows = reviews.iter().zip(probabilities.rows());
        Ok(rows
            .map(|(review, row)| self.prediction(row, review.ids.len()))
            .collect())
    }

    /// What `row`, a row of [`Probabilities`](crate::train::Probabilities), says of a review of so many tokens.
    pub fn prediction(&self, row: &[f32], tokens: usize) -> Prediction {
        let label = predicted(row);
        let labels = 0..self.classes.len();
        Prediction {
            class: self.class(label).to_string(),
            probability: probability_of(row, label),
            probabilities: labels.map(|label| probability_of(row, label)).collect(),
            tokens,
        }
    }

    /// How much each token of a review, as [`TrainedRun::reader`] gives it, speaks for the class of a label, or for the
    /// most likely class.
    ///
    /// # Errors
    /// As [`Session::explain`].
    pub fn explain(
        &self,
        session: &mut Session,
        review: &Review,
        label: Option<usize>,
    ) -> Result<Attribution> {
        session.explain(&Batch::new(&[review]), label)
    }

    /// How good the run is on the test reviews of `dataset`, in batches of its own size or this one; `done` is told how
    /// many batches are.
    ///
    /// # Errors
    /// As [`TrainedRun::check_vocabulary`] and [`evaluate`].
    pub fn evaluate(
        &self,
        session: &mut Session,
        dataset: &Arc<Dataset>,
        batch_size: Option<usize>,
        done: &mut dyn FnMut(usize),
    ) -> Result<Evaluation> {
        self.check_vocabulary(&dataset.vocabulary)?;
        let batch_size = batch_size.unwrap_or(self.batch_size);
        evaluate(session, dataset, batch_size, self.padding, done)
    }

    /// The run's own reviews, all of them, with its vocabulary; encoded ones are kept in `cache`, if there is one.
    ///
    /// # Errors
    /// As [`DataSpec::find_again`](super::DataSpec::find_again).
    pub fn reviews(&self, cache: Option<PathBuf>) -> Result<ReviewSource> {
        let data = &self.spec.data;
        data.find_again(&self.folder)?;
        Ok(ReviewSource {
            kept: match data.is_demo() {
                true => None,
                false => self.kept.clone(),
            },
            limits: crate::data::ReviewLimits::default(),
            ..ReviewSource::of(data, cache)
        })
    }

    /// Whether all of `dataset`, cut as it was for training, is what the run was trained and validated with; `None`
    /// where the run does not say that.
    pub fn is_as_trained(&self, dataset: &Dataset) -> Option<bool> {
        let expected = self.spec.data.sha256.as_ref()?;
        let limits = self.spec.data.limits();
        let mut cut = dataset.clone();
        cut.limit(limits, &self.spec.data.source());
        Some(cut.sha256() == *expected)
    }
}
