//! What a [`TrainingSpec`] is refused for.

use super::amount::Amount;
use super::optimiser::OptimiserName;
use super::training::TrainingSpec;
use crate::error::{Error, Result};
use crate::train::{check_batch_size, check_shards, is_positive};

impl TrainingSpec {
    /// Checks that the numbers make sense, and that the optimiser has the options that are set.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field that does not.
    pub fn check(&self) -> Result<()> {
        if self.epochs == 0 {
            let problem = "0 epochs train nothing; give 1 or more";
            return Err(Error::argument("epochs", problem));
        }
        check_batch_size(self.batch_size)?;
        check_shards(self.shards, self.batch_size)?;
        self.check_validation()?;
        self.check_embedding()?;
        self.reading().check()?;
        if !is_positive(self.learning_rate) {
            let problem = format!(
                "{} does not train; give a number above 0, 0.0001 say",
                self.learning_rate
            );
            return Err(Error::argument("learning_rate", problem));
        }
        if let Some(norm) = self.clip_norm.filter(|norm| !is_positive(*norm)) {
            let problem =
                format!("{norm} leaves nothing to train with; give a number above 0, 1 say");
            return Err(Error::argument("clip_norm", problem));
        }
        if let Some(decay) = self.weight_decay.filter(|decay| !is_positive(*decay)) {
            let problem =
                format!("{decay} is no decay; give a number above 0, 0.004 say, or leave it out");
            return Err(Error::argument("weight_decay", problem));
        }
        if self.shuffle_buffer == Amount::Count(0) {
            let problem =
                "a buffer of 0 holds nothing; give 1 to keep the order, 1000 or `all` to shuffle";
            return Err(Error::argument("shuffle_buffer", problem));
        }
        if self.overfit_batches == Some(0) {
            return Err(Error::argument("overfit_batches", "give 1 batch or more"));
        }
        self.check_momentum()
    }

    fn check_validation(&self) -> Result<()> {
        match (self.validation, self.validation_steps) {
            (Some(Amount::Count(0)), _) => {
                let problem = "give 1 review or more to validate with";
                Err(Error::argument("validation", problem))
            }
            (_, Some(0)) => {
                let problem = "give 1 batch or more to validate with";
                Err(Error::argument("validation_steps", problem))
            }
            (Some(_), Some(_)) => {
                let problem = "`validation` says what to validate with; give one of the two";
                Err(Error::argument("validation_steps", problem))
            }
            (None, None) => {
                let problem = "says how many test reviews to validate with; give it";
                Err(Error::argument("validation", problem))
            }
            _ => Ok(()),
        }
    }

    fn check_momentum(&self) -> Result<()> {
        let name = self.optimiser;
        if let Some(momentum) = self.momentum {
            if !name.has_momentum() {
                let problem = format!(
                    "{name} has moments of its own; give it with `optimiser` sgd or rmsprop, or leave it out"
                );
                return Err(Error::argument("momentum", problem));
            }
            // As the kernels see it, which compute with f32.
            if !(momentum >= 0.0 && (momentum as f32) < 1.0) {
                let problem = format!(
                    "{momentum} is no share of a move; give 0 or more and below 1, 0.9 say"
                );
                return Err(Error::argument("momentum", problem));
            }
        }
        if self.nesterov && name != OptimiserName::Sgd {
            let problem = format!("{name} has no such form; give it with `optimiser` sgd");
            return Err(Error::argument("nesterov", problem));
        }
        if self.nesterov && !self.momentum.is_some_and(is_positive) {
            let problem = "without momentum it changes nothing; give `momentum` 0.9, say, as well";
            return Err(Error::argument("nesterov", problem));
        }
        Ok(())
    }
}
