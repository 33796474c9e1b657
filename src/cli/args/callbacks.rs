//! What steers a run from epoch to epoch.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gatefold::run::{CallbackSpec, ScheduleName};
use gatefold::train::Monitor;

use super::choice::choice;

#[derive(Debug, Args)]
#[command(next_help_heading = "Callback options")]
pub struct CallbackArgs {
    /// The metric that tells which epoch is best
    ///
    /// --early-stopping and --schedule plateau go by this metric too. best.safetensors holds the parameters of the best
    /// epoch.
    #[arg(long, value_name = "METRIC", value_parser = monitor_parser())]
    #[arg(default_value_t, hide_possible_values = true)]
    pub monitor: Monitor,
    /// Stop when the --monitor metric has not improved for N epochs; without N, for 3 epochs
    ///
    /// model.safetensors then holds the parameters of the best epoch, not those of the last one.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3")]
    #[arg(allow_negative_numbers = true)]
    pub early_stopping: Option<u32>,
    /// With --early-stopping: ignore improvements of X or less [default: 0]
    #[arg(
        long,
        value_name = "X",
        requires = "early_stopping",
        allow_negative_numbers = true
    )]
    pub min_delta: Option<f64>,
    /// How the learning rate changes during training
    #[arg(long, value_name = "SCHEDULE", value_parser = schedule_parser(), default_value = "constant")]
    pub schedule: ScheduleName,
    /// Let the learning rate rise evenly from 0 during the first N steps
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub warmup_steps: u32,
    /// With --schedule: never go below this learning rate [default: 0]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub minimum_rate: Option<f64>,
    /// With --schedule plateau: multiply the learning rate by X to lower it [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub plateau_factor: Option<f64>,
    /// With --schedule plateau: lower the learning rate after N epochs without improvement [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub plateau_patience: Option<u32>,
    /// Measure how large the gradients are: their norm in every step, before clipping
    ///
    /// The history then has the mean and the maximum of each epoch: gradient_norm and gradient_norm_max.
    #[arg(long)]
    pub gradient_norms: bool,
    /// Measure the same for each layer on its own
    ///
    /// The history then has the mean and the maximum of each epoch: gradient_norm/LAYER and gradient_norm_max/LAYER.
    #[arg(long)]
    pub layer_gradient_norms: bool,
    /// Also write the metrics for TensorBoard, into the folder `tensorboard` of the run
    ///
    /// `tensorboard --logdir runs` shows all runs below `runs`. The metrics have the names that Keras gives them.
    #[arg(long)]
    pub tensorboard: bool,
}

/// Reads a metric's name, and lists them all where there is none of that name.
fn monitor_parser() -> impl TypedValueParser<Value = Monitor> {
    PossibleValuesParser::new(Monitor::ALL.map(Monitor::name)).try_map(|name| {
        let mut all = Monitor::ALL.into_iter();
        all.find(|monitor| monitor.name() == name)
            .ok_or("no metric of that name")
    })
}

fn schedule_parser() -> impl TypedValueParser<Value = ScheduleName> {
    let help = |schedule| match schedule {
        ScheduleName::Constant => "It stays the same",
        ScheduleName::Cosine => "It falls a little with each step, along half a cosine",
        ScheduleName::Plateau => "It is lowered when the --monitor metric stops improving",
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
