//! `gatefold train` and `compare`: how to train, and where to write.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::TypedValueParser;
use gatefold::model::Variant;
use gatefold::run::{Amount, ClassWeights, DataSpec, OptimiserName, TrainingSpec, path_text};

use super::callbacks::CallbackArgs;
use super::choice::choice;
use super::model::variant_parser;
#[cfg(feature = "serve")]
use super::watch::ServeArgs;
use crate::cli::time_limit;

use super::{BatchArgs, DataArgs, DeviceArgs, ModelArgs, OUTPUT, TileArgs};

/// `--learning-rate`: a number, or that it is to be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateArg {
    /// This one.
    Rate(f64),
    /// A range test is to suggest one.
    Find,
}

impl FromStr for RateArg {
    type Err = String;

    fn from_str(text: &str) -> Result<RateArg, String> {
        match text {
            "find" => Ok(RateArg::Find),
            text => text
                .parse()
                .map(RateArg::Rate)
                .map_err(|_| "give a number, or `find`".to_string()),
        }
    }
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Models to compare, separated by commas [default: baseline,dropout,bidirectional, or none with --config]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = variant_parser())]
    #[arg(default_values_t = Variant::ALL, hide_default_value = true)]
    pub variants: Vec<Variant>,
    /// A model file in TOML to compare, as `gatefold train` takes it; repeat the option for more files
    ///
    /// The models of the files follow the variants. Without --variants they are compared alone. Each has a `name` of its own,
    /// which is that of its folder.
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Continue the comparison in this folder
    ///
    /// Finished models stay as they are. A model that was being trained continues from its last checkpoint; the others
    /// follow. The options are those that the comparison was started with; --epochs may be raised.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["config", "out", "overwrite"])]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub training: TrainingArgs,
}

#[derive(Debug, Args)]
#[command(mut_group("ModelArgs", |model| model.required(false)))]
#[command(mut_arg("variant", |variant| variant
    .help("One of the experiment's models; with --data and without any model, bidirectional is trained")))]
pub struct TrainArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Continue the run in this folder from its last checkpoint
    ///
    /// The options are those that the run was started with; --epochs may be raised. The result is the same as that
    /// of a run that never stopped.
    #[arg(long, value_name = "RUN", group = "ModelArgs", conflicts_with_all = ["out", "overwrite"])]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub training: TrainingArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Training options")]
pub struct TrainingArgs {
    /// Passes over the training reviews
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        allow_negative_numbers = true
    )]
    pub epochs: u32,
    /// The algorithm that updates the parameters
    #[arg(long, value_parser = optimiser_parser(), value_name = "NAME", default_value = "adam")]
    pub optimiser: OptimiserName,
    /// Share of the previous update that is added to the next one, from 0 to below 1; for sgd and rmsprop
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub momentum: Option<f64>,
    /// Use Nesterov's form of momentum; for sgd
    #[arg(long)]
    pub nesterov: bool,
    /// The optimiser's learning rate [default: 0.0001, with the demo corpus 0.001; for rmsprop 0.001, for sgd 0.01]
    ///
    /// `find` trains nothing: it takes some 140 steps at rates that grow from 0.000001 to 10, writes the losses as a table
    /// and a picture, and suggests the rate at which the loss falls fastest.
    #[arg(long, value_name = "RATE|find", allow_negative_numbers = true)]
    pub learning_rate: Option<RateArg>,
    /// What the loss of a training review counts, by its class: `balanced`, or CLASS=WEIGHT,…; other classes count 1
    ///
    /// `balanced` has all classes together count the same: reviews / (classes · reviews of the class). As with Keras's
    /// class_weight, the loss of a batch is divided by its reviews, not by their weights, and validation counts all alike.
    #[arg(long, value_name = "balanced|A=1,B=5")]
    pub class_weight: Option<ClassWeights>,
    /// Scale the gradients down when their norm over all parameters is larger than X
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub clip_norm: Option<f64>,
    /// Before each update, shrink every parameter by this share of itself, times the learning rate
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Start the embedding with the word vectors of this file: text of GloVe, fastText or word2vec, plain or packed
    ///
    /// Entries of the vocabulary are looked up as they are, then in lower case; those without a vector start at random. The
    /// embedding of a variant takes the vectors' width, that of a model file must have it.
    #[arg(long, value_name = "FILE")]
    pub embedding: Option<PathBuf>,
    /// Leave the embedding as it starts
    ///
    /// This sets `trainable = false` on the embedding.
    #[arg(long)]
    pub freeze_embedding: bool,
    /// Seed of the initial parameters, the order of the reviews and the dropout masks
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Number of test reviews to validate with after each epoch, drawn anew each time, or all of them [default: all of a
    /// table; otherwise those of 30 batches, as in the experiment]
    #[arg(long, value_name = "all|N")]
    pub validation: Option<Amount>,
    /// Validate with the first N batches of test reviews instead, always the same ones
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "validation",
        allow_negative_numbers = true
    )]
    pub validation_steps: Option<u32>,
    /// Number of training reviews in the shuffle buffer, or all of them [default: all of a table; otherwise 1000, as in the
    /// experiment]
    ///
    /// Reviews are drawn from the buffer at random. If it is small and the file is sorted by label, a batch holds reviews of
    /// one class only.
    #[arg(long, value_name = "all|N")]
    pub shuffle_buffer: Option<Amount>,
    /// Train on the first N batches of training reviews alone, and validate with the same reviews
    ///
    /// A model that can learn comes to a loss near 0 on them.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub overfit_batches: Option<u32>,
    /// Train one epoch on two batches and validate with two: tries every step and every file in seconds
    ///
    /// The run goes to runs/NAME-DATA-fast, and replaces the one there, unless --out names another folder.
    #[arg(long, conflicts_with_all = ["epochs", "limit_train", "limit_test", "validation", "validation_steps", "resume"])]
    pub fast_dev_run: bool,
    /// End training in order after this time, 30m or 2h say, so that --resume goes on with it; the exit code is then 124
    #[arg(long, value_name = "TIME", value_parser = time_limit::parse)]
    pub max_time: Option<Duration>,
    /// Let the recurrent layers skip padding
    ///
    /// This sets `mask_zero` on the embedding. The experiment does not set it, which is why its baseline fails.
    #[arg(long)]
    pub mask_padding: bool,
    /// Number of steps between checkpoints; 0 writes one at the end of each epoch only
    #[arg(
        long,
        value_name = "N",
        default_value_t = 500,
        allow_negative_numbers = true
    )]
    pub checkpoint_steps: u32,
    #[command(flatten)]
    pub callbacks: CallbackArgs,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

impl TrainingArgs {
    /// As a run's `config.toml` has it, not yet checked; `data` decides the learning rate where none is given.
    pub fn spec(&self, data: &DataSpec) -> TrainingSpec {
        let BatchArgs {
            batch_size,
            shards,
            bucket,
            padding,
        } = &self.batch;
        let reading = padding.spec();
        let usual = TrainingSpec::default_rate(self.optimiser, data);
        let usual_validation = TrainingSpec::default_validation(data, *batch_size as usize);
        let spec = TrainingSpec {
            epochs: self.epochs as usize,
            batch_size: *batch_size as usize,
            shards: *shards as usize,
            optimiser: self.optimiser,
            momentum: self.momentum,
            nesterov: self.nesterov,
            learning_rate: match self.learning_rate {
                Some(RateArg::Rate(rate)) => rate,
                Some(RateArg::Find) | None => usual,
            },
            class_weight: self.class_weight.clone(),
            clip_norm: self.clip_norm,
            weight_decay: self.weight_decay,
            embedding: self.embedding.as_deref().map(path_text),
            embedding_sha256: None,
            embedding_width: None,
            freeze_embedding: self.freeze_embedding,
            seed: self.seed,
            shuffle_buffer: self
                .shuffle_buffer
                .unwrap_or_else(|| TrainingSpec::default_buffer(data)),
            bucket: *bucket,
            pad: reading.pad,
            max_length: reading.max_length,
            truncate: reading.truncate,
            validation: match self.validation_steps {
                Some(_) => None,
                None => Some(self.validation.unwrap_or(usual_validation)),
            },
            validation_steps: self.validation_steps.map(|steps| steps as usize),
            overfit_batches: self.overfit_batches.map(|batches| batches as usize),
            mask_padding: self.mask_padding,
            checkpoint_steps: self.checkpoint_steps as usize,
        };
        spec.completed()
    }
}

fn optimiser_parser() -> impl TypedValueParser<Value = OptimiserName> {
    let help = |optimiser| match optimiser {
        OptimiserName::Adam => "The optimiser of the experiment",
        OptimiserName::AdamW => "Adam with weight decay: 0.004, or the value of --weight-decay",
        OptimiserName::Sgd => "Gradient descent",
        OptimiserName::RmsProp => {
            "Gradient descent with each gradient divided by the root of its mean square"
        }
    };
    let all = OptimiserName::ALL.map(|optimiser| (optimiser.name(), help(optimiser), optimiser));
    choice(all.to_vec())
}

#[derive(Debug, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputArgs {
    /// The folder to write to [default: runs/NAME-DATA]
    ///
    /// NAME is the name of the model, or `compare`. DATA is the name of the data's file or folder. Without
    /// --overwrite, a folder that is not empty is refused.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace an existing run in that folder; its other files stay
    #[arg(long)]
    pub overwrite: bool,
    /// Print JSON lines on standard output
    #[arg(long)]
    pub json: bool,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    pub serve: ServeArgs,
}
