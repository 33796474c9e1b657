//! The three models that the reference experiment compares.

use std::fmt;
use std::str::FromStr;

use super::builder::Sequential;
use super::layers::{Bidirectional, Dense, Dropout, Embedding, Lstm};
use super::spec::Model;
use crate::error::{Error, Result};

/// Ids of the experiment's vocabulary, padding included.
pub const EXPERIMENT_VOCABULARY: usize = 8185;

/// One of the reference experiment's models.
///
/// # Examples
/// ```
/// use gatefold::model::Variant;
///
/// let variant: Variant = "dropout".parse()?;
/// assert_eq!(variant.model(8185)?.count_parameters(), 635_329);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Embedding → LSTM → Dense → Dense.
    Baseline,
    /// Embedding → two bidirectional LSTMs → Dense → Dropout → Dense.
    Dropout,
    /// Embedding → bidirectional LSTM → Dense → Dense.
    Bidirectional,
}

/// Numbers a token, and units of the first recurrent and of the hidden dense layer.
const WIDTH: usize = 64;

impl Variant {
    /// All of them, in the order in which they are compared.
    pub const ALL: [Variant; 3] = [Variant::Baseline, Variant::Dropout, Variant::Bidirectional];

    /// The name on the command line and in run folders.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Baseline => "baseline",
            Variant::Dropout => "dropout",
            Variant::Bidirectional => "bidirectional",
        }
    }

    /// What sets it apart, in a line.
    pub fn description(self) -> &'static str {
        match self {
            Variant::Baseline => {
                "one LSTM, read out after the trailing padding, which makes it forget"
            }
            Variant::Dropout => "two stacked bidirectional LSTMs, dropout before the output",
            Variant::Bidirectional => {
                "one bidirectional LSTM, whose backward half ends on the text's beginning"
            }
        }
    }

    /// The model at the experiment's sizes, for a vocabulary of that many ids (padding included).
    ///
    /// # Errors
    /// [`Error::Model`] for a vocabulary of no ids, or of more than fit.
    pub fn model(self, vocabulary: usize) -> Result<Model> {
        let embedded = Sequential::new(self.name()).add(Embedding::new(vocabulary, WIDTH));
        let hidden = Dense::new(WIDTH).relu();
        let output = Dense::new(1).sigmoid();
        match self {
            Variant::Baseline => embedded.add(Lstm::new(WIDTH)).add(hidden).add(output),
            Variant::Dropout => embedded
                .add(Bidirectional::new(Lstm::new(WIDTH).return_sequences()))
                .add(Bidirectional::new(Lstm::new(WIDTH / 2)))
                .add(hidden)
                .add(Dropout::new(0.5))
                .add(output),
            Variant::Bidirectional => embedded
                .add(Bidirectional::new(Lstm::new(WIDTH)))
                .add(hidden)
                .add(output),
        }
        .build()
    }

    /// The model with what data ask for: an embedding of as many ids as their vocabulary has, a softmax over several classes,
    /// and an embedding as wide as the vectors that it starts with, where there are any.
    ///
    /// # Errors
    /// As [`Variant::model`].
    pub fn model_for(
        self,
        vocabulary: usize,
        classes: usize,
        vectors: Option<usize>,
    ) -> Result<Model> {
        let mut model = self.model(vocabulary)?;
        if let Some(width) = vectors {
            model = model.with_embedding_width(width)?;
        }
        match classes {
            0..=2 => Ok(model),
            _ => model.with_classes(classes),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Variant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Variant::ALL
            .into_iter()
            .find(|variant| variant.name() == name)
            .ok_or_else(|| {
                let known = Variant::ALL.map(Variant::name).join(", ");
                Error::argument(
                    "variant",
                    format!("there is no variant `{name}`; choose from {known}"),
                )
            })
    }
}
