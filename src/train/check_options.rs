//! What options of [`fit`](super::fit()) are refused for.

use super::check::{check_batch_size, check_shards, is_positive};
use super::fit_options::FitOptions;
use super::schedule::Decay;
use crate::error::{Error, Result};

impl FitOptions {
    /// Whether a run with these options, from a learning rate of `rate`, makes sense.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field.
    pub fn check(&self, rate: f64) -> Result<()> {
        check_batch_size(self.batch_size)?;
        check_shards(self.shards, self.batch_size)?;
        if self.epochs == 0 {
            return Err(Error::argument(
                "epochs",
                "0 epochs train nothing; give 1 or more",
            ));
        }
        if self.validation.is_nothing() {
            let problem = "give 1 review or more to validate with";
            return Err(Error::argument("validation", problem));
        }
        if self.rate.is_some() {
            return Ok(());
        }
        if !is_positive(rate) {
            let problem = format!("{rate} does not train; give a number above 0, 0.0001 say");
            return Err(Error::argument("learning_rate", problem));
        }
        let minimum = match self.schedule.decay {
            Decay::Constant => 0.0,
            Decay::Cosine { minimum } => minimum,
            Decay::Plateau(plateau) => {
                if !(plateau.factor > 0.0 && plateau.factor < 1.0) {
                    let problem = "a number between 0 and 1 lowers the rate";
                    return Err(Error::argument("schedule.decay.factor", problem));
                }
                plateau.minimum
            }
        };
        if !(0.0..=rate).contains(&minimum) {
            let problem = format!("{minimum} is not between 0 and the learning rate, {rate}");
            return Err(Error::argument("schedule.decay.minimum", problem));
        }
        Ok(())
    }

    /// Whether there is a weight for each of so many classes, or none at all, each a number above 0.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field.
    pub(super) fn check_class_weights(&self, classes: usize) -> Result<()> {
        let weights = &self.class_weights;
        if !weights.is_empty() && weights.len() != classes {
            let problem = format!(
                "{} weights for {classes} classes; give one of each class, or none",
                weights.len()
            );
            return Err(Error::argument("class_weights", problem));
        }
        match weights
            .iter()
            .find(|weight| !is_positive(f64::from(**weight)))
        {
            None => Ok(()),
            Some(weight) => {
                let problem = format!("{weight} is no weight; give numbers above 0");
                Err(Error::argument("class_weights", problem))
            }
        }
    }
}
