//! The validation that ends an epoch.

use super::event::Event;
use super::fit::TrainingRun;
use super::fit_options::FitOptions;
use super::metrics::Metrics;
use super::results::StepResult;
use crate::batch::{Batches, PREFETCH, Prefetch, Reviews};
use crate::error::Result;

impl TrainingRun<'_> {
    /// Loss and accuracy over the test reviews that [`FitOptions::validation`] takes.
    pub(super) fn validate(&mut self) -> Result<Metrics> {
        let FitOptions {
            validation,
            batch_size,
            seed,
            padding,
            ..
        } = *self.options;
        let order = validation.order(seed, self.position.epoch() as u32);
        let reviews = Reviews::Test(self.dataset.clone());
        let taken = validation.count(self.dataset.test.len(), batch_size);
        let batches = Batches::with_padding(reviews, batch_size, order, padding)?.at_most(taken);
        let of = batches.len();
        let trained = self.session.sequence();
        let (mut metrics, mut done) = (Metrics::default(), 0);
        // Each rank takes a batch of every round.
        let (rank, ranks) = self.session.part();
        let mut sequence = trained;
        let mut own = Vec::new();
        for (number, batch) in Prefetch::new(batches, PREFETCH)?.enumerate() {
            if number.is_multiple_of(ranks) && self.stopped()? {
                self.session.drain()?;
                // The epoch's validation will begin anew.
                return Err(self.interrupt(trained)?);
            }
            let (batch, shards) = (batch?, self.options.shards);
            let results = if shards == 1 {
                self.session.evaluate(&batch)?;
                self.session.results()?
            } else {
                sequence += shards.min(batch.size) as u64;
                if number % ranks == rank {
                    own.push((self.session.evaluate_sharded(&batch, shards)?, Vec::new()));
                }
                if number % ranks + 1 < ranks && number + 1 < of {
                    continue;
                }
                // As if all batches were run here.
                self.session.sequence = sequence;
                let all = self.session.results_of_all(std::mem::take(&mut own))?;
                all.into_iter().map(|(result, _)| result).collect()
            };
            self.take_validation(&results, &mut metrics, &mut done, of);
        }
        let results = self.session.drain()?;
        self.take_validation(&results, &mut metrics, &mut done, of);
        Ok(metrics)
    }

    /// Adds batches of the validation that came back, of `of`.
    fn take_validation(
        &mut self,
        results: &[StepResult],
        metrics: &mut Metrics,
        done: &mut usize,
        of: usize,
    ) {
        if results.is_empty() {
            return;
        }
        results.iter().for_each(|step| metrics.add(step));
        *done += results.len();
        let verdict = (self.observe)(Event::Validation {
            epoch: self.position.epoch(),
            done: *done,
            of,
            metrics: *metrics,
        });
        self.ended |= verdict.is_break();
    }
}
