//! What the options mean, checked: nonsense ends here, before any work.

mod batch;
mod data;
mod model;

use std::collections::HashSet;
#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use gatefold::data::{DEMO_LEARNING_RATE, Source};
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::model::{Model, Variant};
use gatefold::train::FitOptions;
use gatefold::{Error, Result};

pub use batch::{BatchSettings, padding_words};
pub use data::{DataSettings, token_cache};
pub use model::{EXPERIMENT_VOCABULARY, ModelSource, mask_padding};

use super::args::{CompareArgs, DataArgs, DeviceArgs, TrainArgs, TrainingArgs};
use super::optimiser::OptimiserSettings;
use super::resume::{Begun, Typed};

/// The experiment's learning rate.
const LEARNING_RATE: f64 = 1e-4;

/// Everything that training needs but the model.
pub struct Settings {
    pub data: DataSettings,
    pub fit: FitOptions,
    pub learning_rate: f64,
    pub optimiser: OptimiserSettings,
    /// Bound of the norm of all gradients, if they are clipped.
    pub clip_norm: Option<f64>,
    /// Whether the rate is the demo corpus's, which nobody asked for.
    pub demo_rate: bool,
    /// Whether norms of gradients are measured.
    pub gradient_norms: bool,
    /// Whether those of each layer are.
    pub layer_gradient_norms: bool,
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
        let optimiser = OptimiserSettings::new(training)?;
        let data = DataSettings::new(data)?;
        let demo_rate = training.learning_rate.is_none()
            && data.source == Source::Demo
            && optimiser.follows_data();
        let default_rate = if demo_rate {
            DEMO_LEARNING_RATE
        } else {
            optimiser.default_rate(LEARNING_RATE)
        };
        let learning_rate = training
            .learning_rate
            .map_or(Ok(default_rate), checked_rate)?;
        let out = training.output.out.clone();
        Ok(Settings {
            fit: FitOptions::new()
                .epochs(training.epochs as usize)
                .batch_size(batch_size)
                .bucket(bucket)
                .padding(padding)
                .seed(training.seed)
                .validation_steps(training.validation_steps as usize)
                .checkpoint_steps(training.checkpoint_steps as usize)
                .schedule(training.callbacks.schedule(learning_rate)?)
                .early_stopping(training.callbacks.early_stopping()?)
                .monitor(training.callbacks.monitor),
            learning_rate,
            optimiser,
            clip_norm: training.clip_norm.map(checked_norm).transpose()?,
            demo_rate,
            gradient_norms: training.callbacks.gradient_norms,
            layer_gradient_norms: training.callbacks.layer_gradient_norms,
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

    /// Settles that the run in `out` goes on: its own vocabulary is read, wherever the one that was named is by now,
    /// unless another was typed.
    pub fn go_on(&mut self, begun: &Begun, typed: &Typed) {
        self.begun = true;
        if self.data.source != Source::Demo && !typed.has("vocab") {
            self.data.kept = begun.kept_vocabulary();
        }
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
    Error::Argument {
        name: name.to_string(),
        problem: problem.into(),
    }
}
