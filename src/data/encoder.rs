//! [`Encoder`]: text to ids and back, whatever kind the vocabulary is of.

use std::ops::Range;

use super::terms::{TermSplit, Terms, UNKNOWN};
#[cfg(feature = "tokenizers")]
use super::tokenizer::Tokenizer;
use super::vocabulary::Entries;
use super::{SubwordEncoder, Vocabulary};
use crate::error::Result;

/// The bytes of a text that each of its ids stands for.
pub type Spans = Vec<Range<usize>>;

/// A word of a text: which of the ids it has, and how it is written.
pub type WordOfIds = (Range<usize>, String);

/// A word of a text of which several ids are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWord {
    /// How it is written.
    pub text: String,
    /// The id that stands for it alone: which of the text's.
    pub own: usize,
    /// All ids that it is a part of: which of the text's, in order.
    pub ids: Vec<usize>,
}

/// Turns text into ids and ids into text, over one vocabulary of any kind.
///
/// # Examples
/// ```
/// use gatefold::data::{Encoder, Vocabulary};
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let encoder = Encoder::new(&Vocabulary::from_text("example", file)?);
/// assert_eq!(encoder.encode("good film")?, [1, 2]);
/// assert_eq!(encoder.decode(&[1, 2, 0, 0]), "good film");
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Encoder(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Subwords(Box<SubwordEncoder>),
    Terms(Terms),
    #[cfg(feature = "tokenizers")]
    Tokenizer(Tokenizer),
}

impl Encoder {
    /// Prepares what a vocabulary needs.
    pub fn new(vocabulary: &Vocabulary) -> Encoder {
        Encoder(match vocabulary.entries() {
            Entries::Subwords(subwords) => {
                Kind::Subwords(Box::new(SubwordEncoder::of(subwords.clone())))
            }
            Entries::Terms(terms) => Kind::Terms(terms.clone()),
            #[cfg(feature = "tokenizers")]
            Entries::Tokenizer(tokenizer) => Kind::Tokenizer(tokenizer.clone()),
        })
    }

    /// The ids of a text. An empty text has none, but for those that a tokenizer puts around every text.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) where a tokenizer has no id for a part of the text, and none for what is
    /// unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        match &self.0 {
            Kind::Subwords(subwords) => Ok(subwords.encode(text)),
            Kind::Terms(terms) => Ok(terms.encode(text)),
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer(tokenizer) => tokenizer.encode(text),
        }
    }

    /// As [`Encoder::encode`], with the bytes of the text that each id stands for, where ids do not tell it themselves:
    /// those of subwords do. An id that a tokenizer adds stands for none.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn encode_spans(&self, text: &str) -> Result<(Vec<u32>, Option<Spans>)> {
        match &self.0 {
            Kind::Subwords(subwords) => Ok((subwords.encode(text), None)),
            Kind::Terms(terms) => {
                let (ids, spans) = terms.encode_spans(text);
                Ok((ids, Some(spans)))
            }
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer(tokenizer) => {
                let (ids, spans) = tokenizer.encode_spans(text)?;
                Ok((ids, Some(spans)))
            }
        }
    }

    /// The text of ids, padding left out, as far as they tell it: subwords give the very text, words and characters what
    /// is left after case and punctuation were taken off, with `[UNK]` for what is not in the vocabulary. N-grams come one
    /// after the other, `not_good` for that of two words.
    pub fn decode(&self, ids: &[u32]) -> String {
        match &self.0 {
            Kind::Subwords(subwords) => subwords.decode(ids),
            Kind::Terms(terms) => terms.decode(ids),
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer(tokenizer) => tokenizer.decode(ids, false),
        }
    }

    /// Ids in all, padding included; every id is less.
    pub fn size(&self) -> usize {
        match &self.0 {
            Kind::Subwords(subwords) => subwords.size(),
            Kind::Terms(terms) => terms.size(),
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer(tokenizer) => tokenizer.size(),
        }
    }

    /// The one id of all that the vocabulary does not have, if it has such an id.
    pub fn unknown(&self) -> Option<u32> {
        match &self.0 {
            Kind::Terms(_) => Some(UNKNOWN),
            _ => None,
        }
    }

    /// The words of a text's ids, in order: which ids each has, and its text with the white space at its ends. Ids of
    /// white space belong to the word before them; single characters, and n-grams, are words of their own.
    pub fn words(&self, ids: &[u32]) -> Vec<WordOfIds> {
        let mut words: Vec<WordOfIds> = Vec::new();
        for end in 1..=ids.len() {
            let longer = words.last().map(|(word, text)| {
                let with = self.shown(&ids[word.start..end]);
                (self.is_one_word(text, &with), with)
            });
            match (words.last_mut(), longer) {
                (Some(word), Some((true, with))) => *word = (word.0.start..end, with),
                _ => words.push((end - 1..end, self.shown(&ids[end - 1..end]))),
            }
        }
        words
    }

    /// The words of a text whose ids overlap, as those of n-grams do, given all the ids that it has: none where no ids
    /// overlap, or where words have no ids of their own.
    pub fn shared_words(&self, ids: &[u32]) -> Option<Vec<SharedWord>> {
        let Kind::Terms(terms) = &self.0 else {
            return None;
        };
        let words = terms.rules.ngrams.words(ids.len())?.into_iter();
        let words = words.map(|(own, all)| SharedWord {
            text: self.decode(&ids[own..=own]),
            own,
            ids: all,
        });
        Some(words.collect())
    }

    /// Whether what was `text` is still one word where it is continued as `with`.
    fn is_one_word(&self, text: &str, with: &str) -> bool {
        let words = |text: &str| text.split_whitespace().count();
        match &self.0 {
            Kind::Terms(terms) if !terms.rules.ngrams.are_single() => false,
            Kind::Terms(terms) if terms.rules.split == TermSplit::Characters => {
                with.trim_end() == text.trim_end()
            }
            _ => words(with) <= words(text),
        }
    }

    /// The text of ids as people are shown it: with the tokens that a tokenizer puts around every text.
    fn shown(&self, ids: &[u32]) -> String {
        match &self.0 {
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer(tokenizer) => tokenizer.decode(ids, true),
            _ => self.decode(ids),
        }
    }
}
