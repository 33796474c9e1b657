//! How a run is trained, in words for people.

use super::amount::Amount;
use super::callbacks::CallbackSpec;
use super::reading::padding_words;
use super::training::{LEARNING_RATE, TrainingSpec};
use crate::batch::SHUFFLE_BUFFER;
use crate::data::{DEMO_LEARNING_RATE, Dataset};
use crate::model::{counted, grouped};
use crate::plan::Storage;
use crate::train::Validation;

impl TrainingSpec {
    /// All of it for people: `5 epochs of 2,500 steps of 10 reviews, Adam with learning rate 0.0001, seed 0`.
    pub fn words(&self, callbacks: &CallbackSpec, dataset: &Dataset) -> String {
        let mut text = format!(
            "{} of {} of {}, {}",
            counted(self.epochs, "epoch"),
            counted(dataset.train.len().div_ceil(self.batch_size), "step"),
            counted(self.batch_size, "review"),
            self.optimiser_words(),
        );
        if dataset.synthetic
            && self.optimiser.default_rate().is_none()
            && self.learning_rate == DEMO_LEARNING_RATE
        {
            text.push_str(&format!(
                " (the demo corpus's; the experiment's is {LEARNING_RATE})"
            ));
        }
        if let Some(weights) = &self.class_weight {
            text.push_str(&format!(", class weights {weights}"));
        }
        if let Some(norm) = self.clip_norm {
            text.push_str(&format!(", gradients clipped to a norm of {norm:?}"));
        }
        if let Some(decay) = self.weight_decay {
            text.push_str(&format!(", weight decay {decay:?}"));
        }
        match self.overfit_batches {
            None => {}
            Some(1) => text.push_str(", on the first batch alone"),
            Some(batches) => {
                text.push_str(&format!(
                    ", on the first {} batches alone",
                    grouped(batches)
                ));
            }
        }
        if let Some(words) = self.embedding_words() {
            text.push_str(&format!(", {words}"));
        }
        if self.mask_padding {
            text.push_str(", padding masked");
        }
        if self.shards > 1 {
            text.push_str(&format!(", batches in {} shards", self.shards));
        }
        if self.storage == Storage::F16 {
            text.push_str(", recurrent layers keep f16");
        }
        if self.bucket {
            text.push_str(", batches of similar length");
        }
        let more = padding_words(&self.reading().padding());
        for words in more.into_iter().chain(callbacks.words()) {
            text.push_str(&format!(", {words}"));
        }
        if self.shuffle_buffer == Amount::All {
            text.push_str(", all shuffled together");
        } else if self.shuffle_buffer != Amount::Count(SHUFFLE_BUFFER) {
            text.push_str(&format!(
                ", shuffled through a buffer of {}",
                grouped(self.shuffle_buffer.of(usize::MAX))
            ));
        }
        text.push_str(&format!(", seed {}", self.seed));
        text
    }

    /// What it is validated with, for people: `300 of 800 test reviews, drawn anew after each epoch`.
    pub fn validation_words(&self, dataset: &Dataset) -> String {
        let (validation, all) = (self.validation(), dataset.test.len());
        let count = validation.count(all, self.batch_size);
        // Where there is a part to validate with, the test part is for later.
        let kind = match dataset.held_out.is_empty() {
            true => "test review",
            false => "validation review",
        };
        let of = match all {
            all if all == count => format!("all {}", counted(all, kind)),
            all => format!("{} of {}", grouped(count), counted(all, kind)),
        };
        match validation {
            Validation::All => of,
            // In another order each time, but for the batches the same.
            Validation::Drawn(_) if count == all => of,
            Validation::Drawn(_) => format!("{of}, drawn anew after each epoch"),
            Validation::First(_) if count == all => of,
            Validation::First(_) => format!("{of}, the first ones"),
        }
    }

    /// `SGD with learning rate 0.01, Nesterov's momentum 0.9`
    fn optimiser_words(&self) -> String {
        let momentum = match self.momentum {
            Some(momentum) if self.nesterov => format!(", Nesterov's momentum {momentum:?}"),
            Some(momentum) => format!(", momentum {momentum:?}"),
            None => String::new(),
        };
        let (title, rate) = (self.optimiser.title(), self.learning_rate);
        format!("{title} with learning rate {rate:?}{momentum}")
    }
}
