//! [`TextReader`]: turns texts into reviews as the training of a run did.

use std::ops::Range;

use crate::batch::Padding;
use crate::data::{Encoder, PADDING, Review, SharedWord, Vocabulary, WordOfIds, stripped};
use crate::error::Result;

/// Turns texts into reviews: white space at their ends stripped, encoded, and cut as the run's were. An empty text is one
/// padding token.
#[derive(Debug)]
pub struct TextReader {
    encoder: Encoder,
    padding: Padding,
    empty: usize,
}

impl TextReader {
    /// For ids of this vocabulary, and reviews that are cut so.
    pub fn new(vocabulary: &Vocabulary, padding: Padding) -> TextReader {
        TextReader {
            encoder: Encoder::new(vocabulary),
            padding,
            empty: 0,
        }
    }

    /// The review of a text, with label 0, which does not matter.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn review(&mut self, text: &str) -> Result<Review> {
        let mut ids = self.encoder.encode(stripped(text))?;
        ids = self.padding.kept(&ids).to_vec();
        if ids.is_empty() {
            self.empty += 1;
            ids.push(PADDING);
        }
        Ok(Review {
            ids: ids.into(),
            label: 0,
        })
    }

    /// The review of a text, and its words: which of the review's ids each has, and how it stands in the text.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn review_with_words(&mut self, text: &str) -> Result<(Review, Vec<WordOfIds>)> {
        let text = stripped(text);
        let review = self.review(text)?;
        let mut words = self.encoder.words(&review.ids);
        let (_, spans) = self.encoder.encode_spans(text)?;
        let spans = spans.unwrap_or_default();
        let spans = self.padding.kept(&spans);
        for (ids, word) in &mut words {
            let spans = spans.get(ids.clone()).unwrap_or_default().iter();
            let spans = spans.filter(|span| !span.is_empty());
            let first = spans.clone().map(|span| span.start).min();
            let end = spans.map(|span| span.end).max();
            let part = first.zip(end).and_then(|(first, end)| text.get(first..end));
            if let Some(part) = part {
                *word = part.to_string();
            }
        }
        Ok((review, words))
    }

    /// The words of a text whose ids overlap, as they stand in it, and which of its ids the review has; as
    /// [`Encoder::shared_words`], none where no ids overlap.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn shared_words(&self, text: &str) -> Result<Option<(Vec<SharedWord>, Range<usize>)>> {
        let text = stripped(text);
        let (ids, spans) = self.encoder.encode_spans(text)?;
        let Some(mut words) = self.encoder.shared_words(&ids) else {
            return Ok(None);
        };
        let spans = spans.unwrap_or_default();
        for word in &mut words {
            let part = spans.get(word.own).and_then(|span| text.get(span.clone()));
            if let Some(part) = part {
                word.text = part.to_string();
            }
        }
        Ok(Some((words, self.padding.kept_of(ids.len()))))
    }

    /// How many of the texts so far were empty.
    pub fn empty_texts(&self) -> usize {
        self.empty
    }

    /// What turns ids into text.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}
