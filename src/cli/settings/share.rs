//! The settings of one of several ranks.

use std::sync::Arc;

use gatefold::Result;
use gatefold::ranks::Ranks;

use super::Settings;
use crate::cli::typed::TypedOptions;
use crate::cli::usage::option;

impl Settings {
    /// Whether this process writes and tells, where several train together.
    pub fn is_first(&self) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.is_first())
    }

    /// The same for one of several ranks. Without `--shards` every rank has one of each batch.
    pub fn share(mut self, ranks: Option<&Arc<Ranks>>, typed: &TypedOptions) -> Result<Settings> {
        let Some(ranks) = ranks else {
            return Ok(self);
        };
        if self.finds_rate {
            let problem = "`find` tests a model in one process; start it without mpirun";
            return Err(option("--learning-rate", problem));
        }
        if let Some(training) = &mut self.spec.training {
            if !self.begun && !typed.has("shards") {
                training.shards = ranks.size();
            }
            ranks.share(training.shards)?;
        }
        self.spec.check()?;
        self.adapter.local = Some(ranks.local());
        if !ranks.is_first() {
            // The first says when the time is over.
            self.max_time = None;
            #[cfg(feature = "serve")]
            {
                self.serve = None;
            }
        }
        self.ranks = Some(Arc::clone(ranks));
        Ok(self)
    }
}
