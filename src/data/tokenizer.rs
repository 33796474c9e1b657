//! [`Tokenizer`]: a Hugging Face `tokenizer.json`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use tokenizers::Encoding;

use crate::error::{Error, Result};

/// What padding tokens are called.
const PADDING_TOKENS: [&str; 2] = ["[PAD]", "<pad>"];

/// A Hugging Face tokenizer. Its ids are its own where id 0 is its padding, and else one more: id 0 is padding here.
#[derive(Clone)]
pub(super) struct Tokenizer {
    tokenizer: Arc<tokenizers::Tokenizer>,
    /// What is added to the tokenizer's ids.
    shift: u32,
    size: usize,
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("shift", &self.shift)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads the text of a `tokenizer.json`. Its cutting and padding are left out: a run has its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Tokenizer, String> {
        let mut tokenizer: tokenizers::Tokenizer =
            tokenizers::Tokenizer::from_bytes(text).map_err(|error| error.to_string())?;
        let pads_with_0 = match tokenizer.get_padding() {
            Some(padding) => padding.pad_id == 0,
            None => tokenizer
                .id_to_token(0)
                .is_some_and(|token| PADDING_TOKENS.contains(&token.as_str())),
        };
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| error.to_string())?;
        let ids = tokenizer.get_vocab(true).into_values();
        let last = ids.max().ok_or("it has no tokens")?;
        let shift = u32::from(!pads_with_0);
        let size = last
            .checked_add(1 + shift)
            .ok_or_else(|| format!("an id of {last}"))?;
        Ok(Tokenizer {
            tokenizer: Arc::new(tokenizer),
            shift,
            size: size as usize,
        })
    }

    /// Ids in all.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The ids of a text, with those that the tokenizer puts around every text.
    ///
    /// # Errors
    /// [`Error::Data`] where it has no id for a part of the text, and none for what is unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, true);
        Ok(self.ids(&encoding.map_err(no_ids)?))
    }

    /// As [`Tokenizer::encode`], with the part of the text that each id stands for, which may be none.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_spans(&self, text: &str) -> Result<(Vec<u32>, Vec<Range<usize>>)> {
        let encoding = self.tokenizer.encode(text, true).map_err(no_ids)?;
        let spans = encoding.get_offsets().iter();
        let spans = spans.map(|&(first, end)| first..end).collect();
        Ok((self.ids(&encoding), spans))
    }

    fn ids(&self, encoding: &Encoding) -> Vec<u32> {
        let ids = encoding.get_ids().iter();
        ids.map(|id| id + self.shift).collect()
    }

    /// The text of ids, with or without the tokens that are put around every text.
    ///
    /// A token that the tokenizer's decoder does not know is U+FFFD.
    pub fn decode(&self, ids: &[u32], with_special: bool) -> String {
        let ids = ids.iter().filter(|id| **id != super::PADDING);
        let ids: Vec<u32> = ids.map(|id| id - self.shift).collect();
        let text = self.tokenizer.decode(&ids, !with_special);
        text.unwrap_or_else(|_| "\u{FFFD}".to_owned())
    }
}

fn no_ids(error: tokenizers::Error) -> Error {
    Error::Data(format!(
        "the tokenizer has no ids for a text: {error}; give one that knows all characters, or has a token for unknown ones"
    ))
}
