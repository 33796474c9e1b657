//! The optimiser that options ask for, checked.

use std::fmt;

use clap::ValueEnum;
use gatefold::Result;
use gatefold::plan::{Adam, Optimiser, RmsProp, Sgd};
use serde::{Deserialize, Serialize};

use super::args::TrainingArgs;
use super::settings::{is_positive, option};

/// [`Optimiser`] on the command line and in `config.toml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub enum OptimiserName {
    /// The experiment's
    #[default]
    Adam,
    /// Adam with a weight decay of 0.004, or what --weight-decay says
    AdamW,
    /// Gradient descent
    Sgd,
    /// Gradients divided by the root of a running mean of their squares
    RmsProp,
}

impl fmt::Display for OptimiserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OptimiserName::Adam => "adam",
            OptimiserName::AdamW => "adamw",
            OptimiserName::Sgd => "sgd",
            OptimiserName::RmsProp => "rmsprop",
        })
    }
}

impl OptimiserName {
    /// Keras's default rate, of the optimisers that the experiment says nothing of.
    fn default_rate(self) -> Option<f64> {
        match self {
            OptimiserName::Adam | OptimiserName::AdamW => None,
            OptimiserName::Sgd => Some(0.01),
            OptimiserName::RmsProp => Some(0.001),
        }
    }

    fn has_momentum(self) -> bool {
        matches!(self, OptimiserName::Sgd | OptimiserName::RmsProp)
    }
}

/// The optimiser but for its learning rate.
pub struct OptimiserSettings {
    pub name: OptimiserName,
    /// As it was typed: 0 is not nothing, but the same.
    pub momentum: Option<f64>,
    pub nesterov: bool,
    pub weight_decay: Option<f64>,
}

impl OptimiserSettings {
    /// Rejects numbers that make no sense, and options that the optimiser does not have.
    pub fn new(args: &TrainingArgs) -> Result<OptimiserSettings> {
        let name = args.optimiser;
        if let Some(momentum) = args.momentum {
            if !name.has_momentum() {
                let problem = format!(
                    "{name} has moments of its own; give it with --optimiser sgd or rmsprop, or leave it out"
                );
                return Err(option("--momentum", problem));
            }
            // As the kernels see it, which compute with f32.
            if !(momentum >= 0.0 && (momentum as f32) < 1.0) {
                let problem = format!(
                    "{momentum} is no share of a move; give 0 or more and below 1, 0.9 say"
                );
                return Err(option("--momentum", problem));
            }
        }
        if args.nesterov && name != OptimiserName::Sgd {
            let problem = format!("{name} has no such form; give it with --optimiser sgd");
            return Err(option("--nesterov", problem));
        }
        if args.nesterov && !args.momentum.is_some_and(is_positive) {
            let problem = "without momentum it changes nothing; give --momentum 0.9, say, as well";
            return Err(option("--nesterov", problem));
        }
        let decay = args.weight_decay.map(checked_decay).transpose()?;
        Ok(OptimiserSettings {
            name,
            momentum: args.momentum,
            nesterov: args.nesterov,
            weight_decay: match name {
                OptimiserName::AdamW => decay.or(Adam::decoupled(0.0).weight_decay),
                _ => decay,
            },
        })
    }

    /// The rate where none is asked for; `usual` is that of the experiment or the demo corpus.
    pub fn default_rate(&self, usual: f64) -> f64 {
        self.name.default_rate().unwrap_or(usual)
    }

    /// Whether the rate is another one with the demo corpus.
    pub fn follows_data(&self) -> bool {
        self.name.default_rate().is_none()
    }

    /// The optimiser.
    pub fn optimiser(&self, learning_rate: f64) -> Optimiser {
        let weight_decay = self.weight_decay;
        let momentum = self.momentum.unwrap_or(0.0);
        match self.name {
            OptimiserName::Adam | OptimiserName::AdamW => Optimiser::Adam(Adam {
                weight_decay,
                ..Adam::new(learning_rate)
            }),
            OptimiserName::Sgd => Optimiser::Sgd(Sgd {
                momentum,
                nesterov: self.nesterov,
                weight_decay,
                ..Sgd::new(learning_rate)
            }),
            OptimiserName::RmsProp => Optimiser::RmsProp(RmsProp {
                momentum,
                weight_decay,
                ..RmsProp::new(learning_rate)
            }),
        }
    }

    /// `SGD with learning rate 0.01, Nesterov's momentum 0.9`
    pub fn words(&self, learning_rate: f64) -> String {
        let title = match self.name {
            OptimiserName::Adam => "Adam",
            OptimiserName::AdamW => "AdamW",
            OptimiserName::Sgd => "SGD",
            OptimiserName::RmsProp => "RMSprop",
        };
        let momentum = match self.momentum {
            Some(momentum) if self.nesterov => format!(", Nesterov's momentum {momentum:?}"),
            Some(momentum) => format!(", momentum {momentum:?}"),
            None => String::new(),
        };
        format!("{title} with learning rate {learning_rate:?}{momentum}")
    }
}

fn checked_decay(decay: f64) -> Result<f64> {
    if is_positive(decay) {
        return Ok(decay);
    }
    let problem = format!("{decay} is no decay; give a number above 0, 0.004 say, or leave it out");
    Err(option("--weight-decay", problem))
}
