//! [`TextReader`]: turns texts into reviews as the training of a run did.

use crate::batch::Padding;
use crate::data::{PADDING, Review, SubwordEncoder, Vocabulary, stripped};

/// Turns texts into reviews: white space at their ends stripped, encoded, and cut as the run's were. An empty text is one
/// padding token.
#[derive(Debug)]
pub struct TextReader {
    encoder: SubwordEncoder,
    padding: Padding,
    empty: usize,
}

impl TextReader {
    /// For ids of this vocabulary, and reviews that are cut so.
    pub fn new(vocabulary: &Vocabulary, padding: Padding) -> TextReader {
        TextReader {
            encoder: SubwordEncoder::new(vocabulary),
            padding,
            empty: 0,
        }
    }

    /// The review of a text, with label 0, which does not matter.
    pub fn review(&mut self, text: &str) -> Review {
        let mut ids = self.encoder.encode(stripped(text));
        ids = self.padding.kept(&ids).to_vec();
        if ids.is_empty() {
            self.empty += 1;
            ids.push(PADDING);
        }
        Review {
            ids: ids.into(),
            label: 0,
        }
    }

    /// How many of the texts so far were empty.
    pub fn empty_texts(&self) -> usize {
        self.empty
    }

    /// What turns ids into text.
    pub fn encoder(&self) -> &SubwordEncoder {
        &self.encoder
    }
}
