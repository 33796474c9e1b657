//! [`Answer`]: what a run says of a text, as JSON has it.

use serde::{Serialize, Serializer};

use super::trained_run::Prediction;

/// What a run says of a text: the same keys and numbers wherever gatefold answers in JSON.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    /// Of the most likely class.
    pub probability: f32,
    /// What the most likely class is called.
    pub label: &'a str,
    /// Those of all classes.
    pub probabilities: NamedProbabilities<'a>,
}

/// Probabilities under the names of the classes.
#[derive(Debug)]
pub struct NamedProbabilities<'a> {
    classes: &'a [String],
    probabilities: &'a [f32],
}

impl Serialize for NamedProbabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.classes.iter().zip(self.probabilities))
    }
}

impl<'a> Answer<'a> {
    /// What `prediction` says, of classes with these names.
    pub fn new(classes: &'a [String], prediction: &'a Prediction) -> Answer<'a> {
        Answer {
            probability: prediction.probability,
            label: &prediction.class,
            probabilities: NamedProbabilities {
                classes,
                probabilities: &prediction.probabilities,
            },
        }
    }
}
