//! The subword text encoder: text to ids and back.

use std::sync::Arc;

use super::Vocabulary;
use super::tokens::{Tokens, UNDERSCORE, is_mixed};
use super::trie::Trie;
use super::unescape::{UnescapedText, unescaped};
use super::vocabulary::Entries;
use crate::error::{Error, Result};

/// Turns text into subword ids and ids into text, over one vocabulary.
///
/// Text is split into runs of word and of other characters; a single space after a token becomes part
/// of it; each token is covered from the left by the longest subwords that fit, and by bytes of UTF-8
/// where none does, so no text is unknown. Nothing is stripped or folded.
///
/// # Source
/// `tfds.deprecated.text.SubwordTextEncoder`, id for id, with one quirk that is kept: the literal text
/// `\&undsc` followed by exactly one space encodes that space twice. Where a subword holds more than an
/// escaped underscore, as in `snake\&undsccase`, the original decodes the escape and not the underscore;
/// here decoding undoes encoding.
///
/// # Examples
/// ```
/// use gatefold::data::{SubwordEncoder, Vocabulary};
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let encoder = SubwordEncoder::new(&Vocabulary::from_text("example", file)?)?;
/// // Bytes follow the two subwords: the full stop, 46, has id 1 + 2 + 46.
/// assert_eq!(encoder.encode("good film."), [1, 2, 49]);
/// assert_eq!(encoder.decode(&[1, 2, 49, 0, 0]), "good film.");
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SubwordEncoder {
    subwords: Arc<[String]>,
    ids: Trie,
    /// Subwords that mix word and other characters: split off before all else, for no run holds them.
    reserved: Trie,
    /// The id of byte 0.
    first_byte: u32,
}

impl SubwordEncoder {
    /// Prepares the look-up tables of a vocabulary of subwords. [`Encoder`](super::Encoder) takes one of any kind.
    ///
    /// # Errors
    /// [`Error::Data`] for a vocabulary of another kind.
    pub fn new(vocabulary: &Vocabulary) -> Result<SubwordEncoder> {
        match vocabulary.entries() {
            Entries::Subwords(subwords) => Ok(SubwordEncoder::of(Arc::clone(subwords))),
            _ => Err(Error::Data(format!(
                "a vocabulary of {}, where one of subwords is needed; use an `Encoder`",
                vocabulary.kind().name()
            ))),
        }
    }

    /// The look-up tables of these subwords.
    pub(super) fn of(subwords: Arc<[String]>) -> SubwordEncoder {
        let first_byte = subwords.len() as u32 + 1;
        let own = (UNDERSCORE.as_bytes(), first_byte + u32::from(b'_'));
        let entries = subwords.iter().map(String::as_bytes).zip(1..);
        let reserved = subwords
            .iter()
            // An escaped underscore is a word character, whatever its subword looks like.
            .filter(|subword| is_mixed(&unescaped(subword)))
            .map(String::as_bytes);
        SubwordEncoder {
            ids: Trie::new(entries.chain([own])),
            reserved: Trie::new(reserved.zip(0..).chain([own])),
            subwords,
            first_byte,
        }
    }

    /// The ids of a text; none of them is 0, and an empty text has none.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len() / 4);
        let mut escaped = String::new();
        for token in Tokens::new(text, &self.reserved) {
            escaped.clear();
            token.escape(&mut escaped);
            self.encode_token(&escaped, &mut ids);
        }
        ids
    }

    /// The text of ids. Padding is skipped; an id outside the vocabulary, or bytes that are not UTF-8,
    /// become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut text = UnescapedText::default();
        let mut bytes = Vec::new();
        for &id in ids {
            let byte = id.checked_sub(self.first_byte).map(u8::try_from);
            if let Some(Ok(byte)) = byte {
                bytes.push(byte);
                continue;
            }
            flush(&mut bytes, &mut text);
            match (id.checked_sub(1), byte) {
                (_, Some(Err(_))) => text.push("\u{FFFD}"),
                (None, _) => {}
                (Some(index), _) => text.push_subword(&self.subwords[index as usize]),
            }
        }
        flush(&mut bytes, &mut text);
        text.into_text()
    }

    /// Ids in all, padding included; every id is less.
    pub fn size(&self) -> usize {
        self.first_byte as usize + 256
    }

    /// Covers an escaped token with the longest subwords from the left, and with bytes between them.
    fn encode_token(&self, token: &str, ids: &mut Vec<u32>) {
        let mut rest = token;
        while let Some(first) = rest.chars().next() {
            let length = match self.ids.longest(rest.as_bytes()) {
                Some((length, id)) => {
                    ids.push(id);
                    length
                }
                None if first == '_' => {
                    ids.push(self.first_byte + u32::from(b' '));
                    1
                }
                None => {
                    let bytes = &rest.as_bytes()[..first.len_utf8()];
                    ids.extend(bytes.iter().map(|&byte| self.first_byte + u32::from(byte)));
                    bytes.len()
                }
            };
            rest = &rest[length..];
        }
    }
}

fn flush(bytes: &mut Vec<u8>, text: &mut UnescapedText) {
    if !bytes.is_empty() {
        text.push(&String::from_utf8_lossy(bytes));
        bytes.clear();
    }
}
