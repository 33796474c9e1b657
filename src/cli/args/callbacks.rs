//! What steers a run from epoch to epoch.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatefold::run::{CallbackSpec, ScheduleName};
use gatefold::train::Monitor;

use super::choice::choice;

#[derive(Debug, Args)]
#[command(next_help_heading = "Callback options")]
pub struct CallbackArgs {
    /// The figure that tells which epoch is best
    ///
    /// --early-stopping and --schedule plateau go by it, and best.safetensors has the parameters of the epoch
    /// where it was best.
    #[arg(long, value_name = "FIGURE", value_parser = monitor_parser())]
    #[arg(default_value_t, hide_possible_values = true)]
    pub monitor: Monitor,
    /// End training once that figure has not improved for N epochs; 3 if N is left out
    ///
    /// model.safetensors then has the best epoch's parameters instead of the last one's.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3")]
    #[arg(allow_negative_numbers = true)]
    pub early_stopping: Option<u32>,
    /// Take no less than this for an improvement, in --early-stopping [default: 0]
    #[arg(
        long,
        value_name = "X",
        requires = "early_stopping",
        allow_negative_numbers = true
    )]
    pub min_delta: Option<f64>,
    /// How the learning rate moves
    #[arg(long, value_name = "SCHEDULE", value_parser = schedule_parser(), default_value = "constant")]
    pub schedule: ScheduleName,
    /// Steps over which the learning rate grows evenly from 0
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub warmup_steps: u32,
    /// The least that a schedule makes of the learning rate [default: 0]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub minimum_rate: Option<f64>,
    /// What the learning rate is multiplied with on a plateau [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub plateau_factor: Option<f64>,
    /// Epochs without an improvement that make a plateau [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub plateau_patience: Option<u32>,
    /// Measure the norm of all gradients in every step, before any clipping
    ///
    /// The history then has each epoch's mean and maximum, gradient_norm and gradient_norm_max.
    #[arg(long)]
    pub gradient_norms: bool,
    /// Measure the norm of each layer's gradients in every step, before any clipping
    ///
    /// The history then has each epoch's mean and maximum, gradient_norm/LAYER and gradient_norm_max/LAYER.
    #[arg(long)]
    pub layer_gradient_norms: bool,
    /// Write event files for TensorBoard into the folder `tensorboard` of the run
    ///
    /// `tensorboard --logdir runs` shows all runs below runs. Tags are those that Keras writes.
    #[arg(long)]
    pub tensorboard: bool,
}

/// Reads a figure's name, and lists them all where there is none of that name.
fn monitor_parser() -> impl TypedValueParser<Value = Monitor> {
    PossibleValuesParser::new(Monitor::ALL.map(Monitor::name)).try_map(|name| {
        let mut all = Monitor::ALL.into_iter();
        all.find(|monitor| monitor.name() == name)
            .ok_or("no figure of that name")
    })
}

fn schedule_parser() -> impl TypedValueParser<Value = ScheduleName> {
    let help = |schedule| match schedule {
        ScheduleName::Constant => "It stays",
        ScheduleName::Cosine => "It falls along half a cosine, from step to step until the last",
        ScheduleName::Plateau => "It is lowered where the figure no longer improves",
    };
    let all = ScheduleName::ALL.map(|schedule| (schedule.name(), help(schedule), schedule));
    choice(all.to_vec())
}

impl CallbackArgs {
    /// As a run's `config.toml` has it, not yet checked.
    pub fn spec(&self) -> CallbackSpec {
        let epochs = |epochs: u32| epochs as usize;
        let spec = CallbackSpec {
            monitor: self.monitor,
            early_stopping: self.early_stopping.map(epochs),
            min_delta: self.min_delta,
            schedule: self.schedule,
            warmup_steps: self.warmup_steps.into(),
            minimum_rate: self.minimum_rate,
            plateau_factor: self.plateau_factor,
            plateau_patience: self.plateau_patience.map(epochs),
            gradient_norms: self.gradient_norms,
            layer_gradient_norms: self.layer_gradient_norms,
            tensorboard: self.tensorboard,
        };
        spec.completed()
    }
}
