//! [`CallbackSpec`]: what steers a run from epoch to epoch.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::counted;
use crate::train::{Decay, EarlyStopping, Monitor, Plateau, Schedule, is_positive};

/// [`Decay`] by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleName {
    /// The learning rate stays.
    #[default]
    Constant,
    /// It falls along half a cosine, from step to step until the last.
    Cosine,
    /// It is lowered where the monitored metric no longer improves.
    Plateau,
}

impl ScheduleName {
    /// All of them, the default first.
    pub const ALL: [ScheduleName; 3] = [
        ScheduleName::Constant,
        ScheduleName::Cosine,
        ScheduleName::Plateau,
    ];

    /// Its name as a key has it.
    pub fn name(self) -> &'static str {
        match self {
            ScheduleName::Constant => "constant",
            ScheduleName::Cosine => "cosine",
            ScheduleName::Plateau => "plateau",
        }
    }
}

/// What steers a run from epoch to epoch, as `config.toml` says it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackSpec {
    /// The metric that tells which epoch is best.
    pub monitor: Monitor,
    /// Epochs without an improvement after which training ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<usize>,
    /// What counts as an improvement there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_delta: Option<f64>,
    /// How the learning rate moves.
    pub schedule: ScheduleName,
    /// Steps over which the learning rate grows evenly from 0.
    pub warmup_steps: u64,
    /// The least that a schedule makes of the learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_rate: Option<f64>,
    /// What the learning rate is multiplied with on a plateau.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau_factor: Option<f64>,
    /// Epochs without an improvement that make a plateau.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau_patience: Option<usize>,
    /// Whether the norm of all gradients is measured.
    pub gradient_norms: bool,
    /// Whether the norms of each layer's gradients are.
    #[serde(default)]
    pub layer_gradient_norms: bool,
    /// Whether event files are written.
    pub tensorboard: bool,
}

impl CallbackSpec {
    /// The same with what follows from other fields written out: the numbers of a schedule and of early stopping.
    pub fn completed(mut self) -> CallbackSpec {
        let usual = Plateau::default();
        if self.early_stopping.is_some() {
            self.min_delta = self.min_delta.or(Some(0.0));
        }
        if self.schedule != ScheduleName::Constant {
            self.minimum_rate = self.minimum_rate.or(Some(0.0));
        }
        if self.schedule == ScheduleName::Plateau {
            self.plateau_factor = self.plateau_factor.or(Some(usual.factor));
            self.plateau_patience = self.plateau_patience.or(Some(usual.patience));
        }
        self
    }

    /// Checks that every number makes sense, and with this schedule, which starts from `rate`.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field that does not.
    pub fn check(&self, rate: f64) -> Result<()> {
        let given = [
            ("minimum_rate", self.minimum_rate.is_some()),
            ("plateau_factor", self.plateau_factor.is_some()),
            ("plateau_patience", self.plateau_patience.is_some()),
        ];
        let unused = match self.schedule {
            ScheduleName::Constant => &given[..],
            ScheduleName::Cosine => &given[1..],
            ScheduleName::Plateau => &[],
        };
        if let Some((name, _)) = unused.iter().find(|(_, given)| *given) {
            let problem = format!(
                "changes nothing with `schedule` {}; leave it out, or choose another schedule",
                self.schedule.name()
            );
            return Err(Error::argument(name, problem));
        }
        if let Some(minimum) = self.minimum_rate
            && !(0.0..=rate).contains(&minimum)
        {
            let problem = format!("{minimum} is not between 0 and the learning rate, {rate:?}");
            return Err(Error::argument("minimum_rate", problem));
        }
        if let Some(factor) = self.plateau_factor
            && (!is_positive(factor) || factor >= 1.0)
        {
            let problem = format!("{factor} lowers no rate; give a number between 0 and 1");
            return Err(Error::argument("plateau_factor", problem));
        }
        for (name, epochs) in [
            ("plateau_patience", self.plateau_patience),
            ("early_stopping", self.early_stopping),
        ] {
            if epochs == Some(0) {
                return Err(Error::argument(name, "give 1 epoch or more to wait for"));
            }
        }
        match self.min_delta {
            Some(delta) if !(delta >= 0.0 && delta.is_finite()) => {
                let problem = format!("{delta} is no improvement; give 0 or more");
                Err(Error::argument("min_delta", problem))
            }
            Some(_) if self.early_stopping.is_none() => {
                let problem = "nothing is waited for without `early_stopping`; give that as well";
                Err(Error::argument("min_delta", problem))
            }
            _ => Ok(()),
        }
    }

    /// Whether the learning rate depends on how long the run is to last.
    pub fn is_cosine(&self) -> bool {
        self.schedule == ScheduleName::Cosine
    }

    /// How the learning rate moves.
    pub fn schedule(&self) -> Schedule {
        let usual = Plateau::default();
        let minimum = self.minimum_rate.unwrap_or(0.0);
        Schedule {
            warmup_steps: self.warmup_steps,
            decay: match self.schedule {
                ScheduleName::Constant => Decay::Constant,
                ScheduleName::Cosine => Decay::Cosine { minimum },
                ScheduleName::Plateau => Decay::Plateau(Plateau {
                    factor: self.plateau_factor.unwrap_or(usual.factor),
                    patience: self.plateau_patience.unwrap_or(usual.patience),
                    minimum,
                    ..usual
                }),
            },
        }
    }

    /// Whether training may end early, and when.
    pub fn early_stopping(&self) -> Option<EarlyStopping> {
        self.early_stopping.map(|patience| EarlyStopping {
            patience,
            min_delta: self.min_delta.unwrap_or(0.0),
            restore_best: true,
        })
    }

    /// What differs from a plain run: `stopping after 3 epochs without a better val_loss`.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.warmup_steps > 0 {
            let steps = usize::try_from(self.warmup_steps).unwrap_or(usize::MAX);
            words.push(format!("warmed up over {}", counted(steps, "step")));
        }
        match self.schedule().decay {
            Decay::Constant => {}
            Decay::Cosine { minimum } => {
                words.push(format!("falling along a cosine to {minimum:?}"));
            }
            Decay::Plateau(plateau) => words.push(format!(
                "multiplied by {:?} after {} without a better {}",
                plateau.factor,
                counted(plateau.patience, "epoch"),
                self.monitor
            )),
        }
        if let Some(patience) = self.early_stopping {
            words.push(format!(
                "stopping after {} without a better {}",
                counted(patience, "epoch"),
                self.monitor
            ));
        }
        words
    }
}
