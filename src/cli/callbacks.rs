//! Options that steer a run from epoch to epoch: as typed, as meant, and as `config.toml` has them.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use gatefold::Result;
use gatefold::train::{Decay, EarlyStopping, FitOptions, Monitor, Plateau, Schedule};
use serde::{Deserialize, Serialize};

use super::resume::Typed;
use super::screen::counted;
use super::settings::{Settings, is_positive, option};

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
    #[arg(long, value_enum, default_value_t)]
    pub schedule: Kind,
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

/// [`Decay`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It stays
    #[default]
    Constant,
    /// It falls along half a cosine, from step to step until the last
    Cosine,
    /// It is lowered where the figure no longer improves
    Plateau,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Constant => "constant",
            Kind::Cosine => "cosine",
            Kind::Plateau => "plateau",
        }
    }
}

/// Reads a figure's name, and lists them all where there is none of that name.
fn monitor_parser() -> impl TypedValueParser<Value = Monitor> {
    PossibleValuesParser::new(Monitor::ALL.map(Monitor::name)).try_map(|name| {
        let mut all = Monitor::ALL.into_iter();
        all.find(|monitor| monitor.name() == name)
            .ok_or("no figure of that name")
    })
}

impl CallbackArgs {
    /// The schedule of a learning rate that starts from `rate`.
    ///
    /// # Errors
    /// [`gatefold::Error::Argument`] where an option makes no sense, or none with this schedule.
    pub fn schedule(&self, rate: f64) -> Result<Schedule> {
        let given = [
            ("--minimum-rate", self.minimum_rate.is_some()),
            ("--plateau-factor", self.plateau_factor.is_some()),
            ("--plateau-patience", self.plateau_patience.is_some()),
        ];
        let unused = match self.schedule {
            Kind::Constant => &given[..],
            Kind::Cosine => &given[1..],
            Kind::Plateau => &[],
        };
        if let Some((name, _)) = unused.iter().find(|(_, given)| *given) {
            let problem = format!(
                "changes nothing with --schedule {}; leave it out, or choose another schedule",
                self.schedule.name()
            );
            return Err(option(name, problem));
        }
        let minimum = self.minimum_rate.unwrap_or(0.0);
        if !(0.0..=rate).contains(&minimum) {
            let problem = format!("{minimum} is not between 0 and the learning rate, {rate:?}");
            return Err(option("--minimum-rate", problem));
        }
        let usual = Plateau::default();
        let factor = self.plateau_factor.unwrap_or(usual.factor);
        if !is_positive(factor) || factor >= 1.0 {
            let problem = format!("{factor} lowers no rate; give a number between 0 and 1");
            return Err(option("--plateau-factor", problem));
        }
        let patience = self.plateau_patience.map(|epochs| epochs as usize);
        Ok(Schedule {
            warmup_steps: self.warmup_steps.into(),
            decay: match self.schedule {
                Kind::Constant => Decay::Constant,
                Kind::Cosine => Decay::Cosine { minimum },
                Kind::Plateau => Decay::Plateau(Plateau {
                    factor,
                    patience: at_least_1("--plateau-patience", patience)?.unwrap_or(usual.patience),
                    minimum,
                    ..usual
                }),
            },
        })
    }

    /// Whether training may end early, and when.
    ///
    /// # Errors
    /// [`gatefold::Error::Argument`] where that makes no sense.
    pub fn early_stopping(&self) -> Result<Option<EarlyStopping>> {
        let min_delta = self.min_delta.unwrap_or(0.0);
        if !(min_delta >= 0.0 && min_delta.is_finite()) {
            let problem = format!("{min_delta} is no improvement; give 0 or more");
            return Err(option("--min-delta", problem));
        }
        let patience = self.early_stopping.map(|epochs| epochs as usize);
        let patience = at_least_1("--early-stopping", patience)?;
        Ok(patience.map(|patience| EarlyStopping {
            patience,
            min_delta,
            restore_best: true,
        }))
    }
}

fn at_least_1(name: &str, epochs: Option<usize>) -> Result<Option<usize>> {
    match epochs {
        Some(0) => Err(option(name, "give 1 epoch or more to wait for")),
        epochs => Ok(epochs),
    }
}

/// What differs from a plain run: `stopping after 3 epochs without a better val_loss`.
pub fn callback_words(fit: &FitOptions) -> Vec<String> {
    let Schedule {
        warmup_steps,
        decay,
    } = fit.schedule;
    let mut words = Vec::new();
    if warmup_steps > 0 {
        words.push(format!(
            "warmed up over {}",
            counted(warmup_steps as usize, "step")
        ));
    }
    match decay {
        Decay::Constant => {}
        Decay::Cosine { minimum } => words.push(format!("falling along a cosine to {minimum:?}")),
        Decay::Plateau(plateau) => words.push(format!(
            "multiplied by {:?} after {} without a better {}",
            plateau.factor,
            counted(plateau.patience, "epoch"),
            fit.monitor
        )),
    }
    if let Some(stopping) = fit.early_stopping {
        words.push(format!(
            "stopping after {} without a better {}",
            counted(stopping.patience, "epoch"),
            fit.monitor
        ));
    }
    words
}

/// The part of `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callbacks {
    pub monitor: Monitor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_delta: Option<f64>,
    pub schedule: Kind,
    pub warmup_steps: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plateau_factor: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plateau_patience: Option<u32>,
    pub gradient_norms: bool,
    #[serde(default)]
    pub layer_gradient_norms: bool,
    pub tensorboard: bool,
}

impl Callbacks {
    /// What these settings say.
    pub fn of(settings: &Settings) -> Callbacks {
        let fit = &settings.fit;
        let epochs = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (schedule, minimum_rate, plateau) = match fit.schedule.decay {
            Decay::Constant => (Kind::Constant, None, None),
            Decay::Cosine { minimum } => (Kind::Cosine, Some(minimum), None),
            Decay::Plateau(plateau) => (Kind::Plateau, Some(plateau.minimum), Some(plateau)),
        };
        let stopping = fit.early_stopping;
        Callbacks {
            monitor: fit.monitor,
            early_stopping: stopping.map(|stopping| epochs(stopping.patience)),
            min_delta: stopping.map(|stopping| stopping.min_delta),
            schedule,
            warmup_steps: epochs(fit.schedule.warmup_steps as usize),
            minimum_rate,
            plateau_factor: plateau.map(|plateau| plateau.factor),
            plateau_patience: plateau.map(|plateau| epochs(plateau.patience)),
            gradient_norms: settings.gradient_norms,
            layer_gradient_norms: settings.layer_gradient_norms,
            tensorboard: settings.tensorboard,
        }
    }

    /// Puts what the run was begun with in the place of defaults. More patience only trains for longer, and event
    /// files change nothing, so these may be given.
    ///
    /// # Errors
    /// [`gatefold::Error::Argument`] with both values where an option was typed that contradicts it.
    pub fn adopt(&self, typed: &Typed, args: &mut CallbackArgs) -> Result<()> {
        let epochs = |epochs: &Option<u32>| epochs.map_or("none".into(), |n| n.to_string());
        let number = |number: &Option<f64>| number.map_or("none".into(), |n| format!("{n:?}"));
        let plain = |kind: &Kind| kind.name().to_string();
        typed.adopt(
            "monitor",
            &mut args.monitor,
            self.monitor,
            Monitor::to_string,
        )?;
        match (args.early_stopping, self.early_stopping) {
            (Some(more), Some(begun)) if more > begun => {}
            (_, begun) => typed.adopt("early_stopping", &mut args.early_stopping, begun, epochs)?,
        }
        typed.adopt("min_delta", &mut args.min_delta, self.min_delta, number)?;
        typed.adopt("schedule", &mut args.schedule, self.schedule, plain)?;
        let warmup = &mut args.warmup_steps;
        typed.adopt("warmup_steps", warmup, self.warmup_steps, u32::to_string)?;
        let least = &mut args.minimum_rate;
        typed.adopt("minimum_rate", least, self.minimum_rate, number)?;
        let factor = &mut args.plateau_factor;
        typed.adopt("plateau_factor", factor, self.plateau_factor, number)?;
        let patience = &mut args.plateau_patience;
        typed.adopt("plateau_patience", patience, self.plateau_patience, epochs)?;
        let measured = |norms: &bool| if *norms { "it" } else { "no norms" }.to_string();
        let norms = &mut args.gradient_norms;
        typed.adopt("gradient_norms", norms, self.gradient_norms, measured)?;
        let (norms, begun) = (&mut args.layer_gradient_norms, self.layer_gradient_norms);
        typed.adopt("layer_gradient_norms", norms, begun, measured)?;
        args.tensorboard |= self.tensorboard;
        Ok(())
    }
}
