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

use super::{BatchArgs, DataArgs, DeviceArgs, ModelArgs, OUTPUT, StorageArgs, TileArgs};

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
    /// Go on with the comparison in this folder
    ///
    /// Finished models stay as they are. A model that was being trained goes on from its last checkpoint; the others
    /// follow. Do not repeat the options: they are those that the comparison began with. Only --epochs may be raised.
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
    .help("One of the experiment's models [default with --data: bidirectional]")))]
pub struct TrainArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Go on with the run in this folder from its last checkpoint
    ///
    /// Do not repeat the options: they are those that the run began with. Only --epochs may be raised. The result is the
    /// same as that of a run that never stopped.
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
    /// How many times to go through the training reviews
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
    /// For sgd and rmsprop: the share of the last update to add to the next one, from 0 to below 1
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub momentum: Option<f64>,
    /// For sgd with --momentum: use Nesterov's form of it
    #[arg(long)]
    pub nesterov: bool,
    /// The optimiser's learning rate [default: 0.0001, with the demo corpus 0.001; for rmsprop 0.001, for sgd 0.01]
    ///
    /// `find` looks for a good rate and trains nothing. It takes some 140 steps at rates that grow from 0.000001 to 10, writes
    /// the losses as a table and a figure, and suggests the rate at which the loss falls fastest.
    #[arg(long, value_name = "RATE|find", allow_negative_numbers = true)]
    pub learning_rate: Option<RateArg>,
    /// Make some classes count more in training: `balanced`, or CLASS=WEIGHT,… (others count 1)
    ///
    /// The loss of a training review is multiplied by the weight of its class. `balanced` makes rare classes count as much as
    /// frequent ones: the weight is reviews / (classes · reviews of the class). As with Keras's class_weight, the loss of a
    /// batch is divided by the number of its reviews, not by the sum of their weights. Validation counts all reviews alike.
    #[arg(long, value_name = "balanced|A=1,B=5")]
    pub class_weight: Option<ClassWeights>,
    /// Scale the gradients down in steps where their norm, over all parameters, is above X
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub clip_norm: Option<f64>,
    /// Shrink all parameters before each update, by SHARE × learning rate of their value
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Start the embedding with the word vectors in this file: GloVe, fastText or word2vec as text, plain or packed
    ///
    /// gatefold looks each entry of the vocabulary up as it is, then in lower case. An entry without a vector starts at random.
    /// The embedding of a variant takes the width of the vectors. That of a model file must have it.
    #[arg(long, value_name = "FILE")]
    pub embedding: Option<PathBuf>,
    /// Do not train the embedding: leave it as it starts
    ///
    /// This sets `trainable = false` on the embedding.
    #[arg(long)]
    pub freeze_embedding: bool,
    /// Seed of all that is random: initial parameters, order of the reviews, dropout
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// How many test reviews to validate with after each epoch; N are drawn anew each time [default: all of
    /// a table; otherwise those of 30 batches, as in the experiment]
    #[arg(long, value_name = "all|N")]
    pub validation: Option<Amount>,
    /// Validate with the first N batches of test reviews instead: the same ones after each epoch
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "validation",
        allow_negative_numbers = true
    )]
    pub validation_steps: Option<u32>,
    /// How many training reviews to shuffle at a time [default: all of a table; otherwise 1000, as in the
    /// experiment]
    ///
    /// Reviews are drawn at random from a buffer of N. If N is small and the reviews are sorted by label, a batch has reviews
    /// of one class only.
    #[arg(long, value_name = "all|N")]
    pub shuffle_buffer: Option<Amount>,
    /// Test whether a model can learn: train on the first N batches alone, and validate with them
    ///
    /// The loss of a model that can learn comes near 0.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub overfit_batches: Option<u32>,
    /// Try everything in seconds: train one epoch on two batches, and validate with two
    ///
    /// The run goes to runs/NAME-DATA-fast, and replaces the one there, unless --out names another folder.
    #[arg(long, conflicts_with_all = ["epochs", "limit_train", "limit_test", "validation", "validation_steps", "resume"])]
    pub fast_dev_run: bool,
    /// Stop after this time, such as 30m or 2h, with exit code 124; --resume goes on
    #[arg(long, value_name = "TIME", value_parser = time_limit::parse)]
    pub max_time: Option<Duration>,
    /// Make the model ignore padding
    ///
    /// This sets `mask_zero` on the embedding. The experiment does not, which is why its baseline fails.
    #[arg(long)]
    pub mask_padding: bool,
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Write a checkpoint every N steps; 0 writes one at the end of each epoch only
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
            storage: self.storage.storage,
            checkpoint_steps: self.checkpoint_steps as usize,
        };
        spec.completed()
    }
}

fn optimiser_parser() -> impl TypedValueParser<Value = OptimiserName> {
    let help = |optimiser| match optimiser {
        OptimiserName::Adam => "The optimiser of the experiment",
        OptimiserName::AdamW => "Adam with weight decay: that of --weight-decay, or 0.004",
        OptimiserName::Sgd => "Gradient descent",
        OptimiserName::RmsProp => {
            "Gradient descent; each gradient is divided by its usual size (root mean square)"
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
    /// NAME is the name of the model, or `compare`. DATA is the name of the data's file or folder. gatefold refuses a folder
    /// that is not empty, unless --overwrite is given.
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
