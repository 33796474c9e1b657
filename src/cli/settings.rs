//! What the options mean, checked: nonsense ends here, before any work.

use std::collections::HashSet;
use std::fs;
#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use gatefold::batch::{Padding, Side};
use gatefold::data::{Corpus, DEMO_LEARNING_RATE, Limits, Source, Table, cache_folder};
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::model::{Model, Sequential, Variant};
use gatefold::train::FitOptions;
use gatefold::{Error, Result};
use tracing::info;

use super::args::{
    BatchArgs, CompareArgs, DataArgs, DeviceArgs, ModelArgs, SourceArgs, TrainArgs, TrainingArgs,
};
use super::screen::counted;

/// Ids of the experiment's vocabulary, padding included.
pub const EXPERIMENT_VOCABULARY: usize = 8185;

/// The experiment's learning rate.
const LEARNING_RATE: f64 = 1e-4;

/// Where the reviews come from.
pub struct DataSettings {
    pub source: Source,
    /// What to tell of the choice of the source.
    pub note: Option<String>,
    pub vocabulary: Option<PathBuf>,
    pub limits: Limits,
    /// Where encoded reviews are kept; `None` keeps none.
    pub cache: Option<PathBuf>,
}

/// How reviews become batches.
pub struct BatchSettings {
    pub batch_size: usize,
    pub bucket: bool,
    pub padding: Padding,
}

impl BatchSettings {
    /// Rejects batches that hold nothing.
    pub fn new(args: &BatchArgs) -> Result<BatchSettings> {
        if args.batch_size == 0 {
            return Err(option("--batch-size", "a batch holds at least 1 review"));
        }
        let max_length = match args.max_length.map(|most| NonZeroUsize::new(most as usize)) {
            Some(None) => {
                let problem = "0 tokens are nothing to read; give 1 or more";
                return Err(option("--max-length", problem));
            }
            Some(most) => most,
            None => None,
        };
        Ok(BatchSettings {
            batch_size: args.batch_size as usize,
            bucket: args.bucket,
            padding: Padding {
                pad: args.pad.into(),
                max_length,
                truncate: args.truncate.unwrap_or_default().into(),
            },
        })
    }
}

/// How reviews are cut and padded, where it is not as in the experiment: `reviews cut to their first 200
/// tokens`.
pub fn padding_words(padding: &Padding) -> Vec<String> {
    let kept = padding.max_length.map(|most| {
        let end = match padding.truncate {
            Side::Before => "last",
            Side::After => "first",
        };
        format!(
            "reviews cut to their {end} {}",
            counted(most.get(), "token")
        )
    });
    let before = (padding.pad == Side::Before).then(|| "padded before the text".to_string());
    kept.into_iter().chain(before).collect()
}

/// Everything that training needs but the model.
pub struct Settings {
    pub data: DataSettings,
    pub fit: FitOptions,
    pub learning_rate: f64,
    /// Bound of the norm of all gradients, if they are clipped.
    pub clip_norm: Option<f64>,
    pub weight_decay: Option<f64>,
    /// Whether the rate is the demo corpus's, which nobody asked for.
    pub demo_rate: bool,
    /// Whether norms of gradients are measured.
    pub gradient_norms: bool,
    /// Whether event files are written.
    pub tensorboard: bool,
    pub mask_padding: bool,
    pub adapter: AdapterChoice,
    pub kernels: KernelForm,
    /// Rows of a recurrence's workgroup, if they are not left to the adapter.
    pub row_tile: Option<usize>,
    /// The subcommand.
    pub command: &'static str,
    pub out: PathBuf,
    /// Whether a run in `out` is to go on.
    pub begun: bool,
    pub overwrite: bool,
    pub json: bool,
    pub quiet: bool,
    /// Where to show the run as a page.
    #[cfg(feature = "serve")]
    pub serve: Option<SocketAddr>,
}

/// Which model to build, once the vocabulary is known.
pub enum ModelSource {
    Variant(Variant),
    File {
        path: PathBuf,
        text: String,
    },
    /// That of a run to go on with.
    Model(Model),
}

impl ModelSource {
    /// Reads the model file, where it is one, without building it.
    pub fn new(args: &ModelArgs) -> Result<ModelSource> {
        match (args.variant, &args.config) {
            (Some(variant), _) => Ok(ModelSource::Variant(variant)),
            (None, Some(path)) => Ok(ModelSource::File {
                path: path.clone(),
                text: read_text(path)?,
            }),
            (None, None) => Err(option("VARIANT", "give a variant or --config FILE")),
        }
    }

    /// The model for data with a vocabulary of that many ids, and so many classes.
    pub fn model_for(&self, vocabulary: usize, classes: usize) -> Result<Model> {
        let model = self.model(vocabulary)?;
        let fits = model
            .check_vocabulary(vocabulary)
            .and_then(|()| model.check_classes(classes));
        match (self, fits) {
            (_, Ok(())) => Ok(model),
            (ModelSource::File { path, .. }, Err(Error::Model { layer, problem })) => {
                Err(Error::Malformed {
                    path: path.clone(),
                    place: format!("layer {layer}"),
                    problem,
                })
            }
            (_, Err(error)) => Err(error),
        }
    }

    /// The model, with as many embeddings as its file says or, where it does not, `vocabulary`.
    pub fn model(&self, vocabulary: usize) -> Result<Model> {
        match self {
            ModelSource::Variant(variant) => variant.model(vocabulary),
            ModelSource::File { path, text } => Model::from_toml(path, text, vocabulary),
            ModelSource::Model(model) => Ok(model.clone()),
        }
    }
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    String::from_utf8(bytes).map_err(|error| Error::Malformed {
        path: path.to_path_buf(),
        place: format!("byte {}", error.utf8_error().valid_up_to()),
        problem: "not UTF-8; a model file is TOML".to_string(),
    })
}

impl DataSettings {
    /// Rejects what [`gatefold::data::load`] would reject without looking at the data.
    pub fn new(args: &DataArgs) -> Result<DataSettings> {
        let limits = Limits {
            train: args.limit_train,
            test: args.limit_test,
        };
        limits.check()?;
        if args.source.data.is_none() && args.vocab.is_some() {
            return Err(option(
                "--vocab",
                "the demo corpus has its own vocabulary; give --data as well, or leave this out",
            ));
        }
        let (source, note) = source(&args.source)?;
        Ok(DataSettings {
            source,
            note,
            vocabulary: args.vocab.clone(),
            limits,
            cache: token_cache(args.no_cache),
        })
    }

    /// What the data is called in the names of run folders.
    fn folder_name(&self) -> String {
        const ENDINGS: [&str; 12] = [
            ".tar",
            ".tar.gz",
            ".tar.xz",
            ".tar.zst",
            ".csv",
            ".csv.gz",
            ".tsv",
            ".tsv.gz",
            ".jsonl",
            ".jsonl.gz",
            ".ndjson",
            ".ndjson.gz",
        ];
        let Some(path) = self.source.path() else {
            return "demo".to_string();
        };
        let Ok(path) = fs::canonicalize(path) else {
            return "data".to_string();
        };
        let mut names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        // The folder of a version, whose name alone says little: subwords8k/1.0.0.
        let count = if path.join("dataset_info.json").is_file() {
            2
        } else {
            1
        };
        let name = names.split_off(names.len().saturating_sub(count)).join("-");
        let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
        stem.unwrap_or(&name).to_string()
    }
}

/// The folder for encoded reviews, if they are to be kept and the system has a place for it.
pub fn token_cache(no_cache: bool) -> Option<PathBuf> {
    if no_cache {
        return None;
    }
    match cache_folder() {
        Ok(folder) => Some(folder.join("tokens")),
        Err(error) => {
            info!("{error}; going on without a cache of encoded reviews");
            None
        }
    }
}

/// A table where options say so, or whatever is at the path; and what to tell of that choice.
fn source(args: &SourceArgs) -> Result<(Source, Option<String>)> {
    let of_tables = [
        ("--test-data", args.test_data.is_some()),
        ("--text-column", args.text_column.is_some()),
        ("--label-column", args.label_column.is_some()),
        ("--classes", !args.classes.is_empty()),
    ];
    let given = of_tables.iter().find(|(_, given)| *given);
    let Some(data) = &args.data else {
        return match given {
            None => Ok((Source::Demo, None)),
            Some((name, _)) => Err(option(
                name,
                "give the table of reviews with --data as well",
            )),
        };
    };
    let (path, note) = find(data)?;
    let source = match given {
        None => Source::Path(path),
        Some(_) => Source::Table(Table {
            path,
            test: args.test_data.clone(),
            text_column: args.text_column.clone(),
            label_column: args.label_column.clone(),
            classes: args.classes.clone(),
        }),
    };
    Ok((source, note))
}

/// The path that `--data` stands for, and what to tell of it: a corpus's name means the fetched archive,
/// unless there is a path of that name.
fn find(data: &Path) -> Result<(PathBuf, Option<String>)> {
    let Some(corpus) = data.to_str().and_then(Corpus::named) else {
        return Ok((data.to_path_buf(), None));
    };
    let archive = corpus.path()?;
    let name = corpus.name;
    if data.exists() {
        let note = format!(
            "{name} is the file or folder of that name here, not the corpus that `gatefold data fetch \
             {name}` gets, {}",
            archive.display()
        );
        return Ok((data.to_path_buf(), Some(note)));
    }
    if archive.is_file() {
        return Ok((archive, None));
    }
    Err(Error::Data(format!(
        "{name}: {} is not there; get it with gatefold data fetch {name}, or give the path of a copy \
         of the {}",
        archive.display(),
        corpus.title
    )))
}

impl Settings {
    /// The settings of `gatefold compare`, and the models to compare.
    pub fn compare(args: &CompareArgs, quiet: bool) -> Result<(Settings, Vec<Variant>)> {
        let mut seen = HashSet::new();
        if let Some(twice) = args.variants.iter().find(|variant| !seen.insert(**variant)) {
            return Err(option(
                "--variants",
                format!("{twice} is named twice; name each variant once"),
            ));
        }
        let settings = Settings::new("compare", "compare", &args.data, &args.training, quiet)?;
        Ok((settings, args.variants.clone()))
    }

    /// The settings of `gatefold train`, and the model to train.
    pub fn train(args: &TrainArgs, quiet: bool) -> Result<(Settings, ModelSource)> {
        let source = ModelSource::new(&args.model)?;
        // The file's faults show before any work, whatever vocabulary the data will have.
        let model = source.model(EXPERIMENT_VOCABULARY)?;
        Ok((Settings::of_model(&model, args, quiet)?, source))
    }

    /// The settings of `gatefold train` with this model.
    pub fn of_model(model: &Model, args: &TrainArgs, quiet: bool) -> Result<Settings> {
        Settings::new("train", model.name(), &args.data, &args.training, quiet)
    }

    fn new(
        command: &'static str,
        name: &str,
        data: &DataArgs,
        training: &TrainingArgs,
        quiet: bool,
    ) -> Result<Settings> {
        for (name, value, problem) in [
            (
                "--epochs",
                training.epochs,
                "0 epochs train nothing; give 1 or more",
            ),
            (
                "--validation-steps",
                training.validation_steps,
                "give 1 batch or more to validate with",
            ),
        ] {
            if value == 0 {
                return Err(option(name, problem));
            }
        }
        let BatchSettings {
            batch_size,
            bucket,
            padding,
        } = BatchSettings::new(&training.batch)?;
        let data = DataSettings::new(data)?;
        let demo_rate = training.learning_rate.is_none() && data.source == Source::Demo;
        let default_rate = if demo_rate {
            DEMO_LEARNING_RATE
        } else {
            LEARNING_RATE
        };
        let learning_rate = training
            .learning_rate
            .map_or(Ok(default_rate), checked_rate)?;
        let out = training.output.out.clone();
        Ok(Settings {
            fit: FitOptions {
                epochs: training.epochs as usize,
                batch_size,
                bucket,
                padding,
                seed: training.seed,
                validation_steps: training.validation_steps as usize,
                checkpoint_steps: training.checkpoint_steps as usize,
                schedule: training.callbacks.schedule(learning_rate)?,
                early_stopping: training.callbacks.early_stopping()?,
                monitor: training.callbacks.monitor,
            },
            learning_rate,
            clip_norm: training.clip_norm.map(checked_norm).transpose()?,
            weight_decay: training.weight_decay.map(checked_decay).transpose()?,
            demo_rate,
            gradient_norms: training.callbacks.gradient_norms,
            tensorboard: training.callbacks.tensorboard,
            mask_padding: training.mask_padding,
            adapter: adapter_choice(&training.device),
            kernels: training.device.kernels.into(),
            row_tile: training.tile.rows(),
            out: out.unwrap_or_else(|| {
                // One slash everywhere: Windows takes it as well, and prints it back.
                PathBuf::from(format!("runs/{name}-{}", data.folder_name()))
            }),
            command,
            begun: false,
            overwrite: training.output.overwrite,
            json: training.output.json,
            quiet,
            #[cfg(feature = "serve")]
            serve: training.output.serve.serve,
            data,
        })
    }

    /// `model` with its padding masked if that was asked for.
    pub fn with_mask(&self, model: Model) -> Result<Model> {
        if self.mask_padding {
            mask_padding(model)
        } else {
            Ok(model)
        }
    }
}

/// `model` with its padding masked.
pub fn mask_padding(model: Model) -> Result<Model> {
    let embedding = model.embedding().clone().mask_zero();
    let layers = model
        .layers()
        .iter()
        .skip(1)
        .map(|layer| layer.kind.clone());
    layers
        .fold(
            Sequential::new(model.name()).add(embedding),
            Sequential::add,
        )
        .build()
}

/// The adapter that was asked for.
pub fn adapter_choice(args: &DeviceArgs) -> AdapterChoice {
    AdapterChoice {
        name: args.adapter.clone(),
        webgpu_limits: args.webgpu_limits,
    }
}

/// Whether it is a number above 0 for the kernels, which compute with f32.
pub fn is_positive(number: f64) -> bool {
    number as f32 > 0.0 && (number as f32).is_finite()
}

fn checked_norm(norm: f64) -> Result<f64> {
    if is_positive(norm) {
        return Ok(norm);
    }
    let problem = format!("{norm} leaves nothing to train with; give a number above 0, 1 say");
    Err(option("--clip-norm", problem))
}

fn checked_decay(decay: f64) -> Result<f64> {
    if is_positive(decay) {
        return Ok(decay);
    }
    let problem = format!("{decay} is no decay; give a number above 0, 0.004 say, or leave it out");
    Err(option("--weight-decay", problem))
}

fn checked_rate(rate: f64) -> Result<f64> {
    if is_positive(rate) {
        return Ok(rate);
    }
    Err(option(
        "--learning-rate",
        format!("{rate} does not train; give a number above 0, 0.0001 say"),
    ))
}

/// An option that makes no sense.
pub fn option(name: &str, problem: impl Into<String>) -> Error {
    Error::Option {
        option: name.to_string(),
        problem: problem.into(),
    }
}
