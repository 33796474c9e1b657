//! [`Vocabulary`]: what ids stand for, of whatever kind, with its file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::byte_order_mark::without_byte_order_mark;
use super::digest::sha256;
use super::json_problem::problem_of;
use super::ngrams::Ngrams;
use super::subword_file::{self, REMEDY, size_with};
use super::terms::{TermSplit, Terms};
use super::terms_file;
#[cfg(feature = "tokenizers")]
use super::tokenizer::Tokenizer;
use crate::atomic::write_atomically;
use crate::error::{Error, Result};

/// No vocabulary comes near this many bytes; a file that does is something else.
const LARGEST_FILE: u64 = 64 << 20;

/// What the ids of a vocabulary stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VocabularyKind {
    /// Parts of words, and bytes for what no part covers. Id 0 is padding, ids 1 to n the n subwords, the 256 ids after
    /// them the bytes of UTF-8.
    Subwords,
    /// Words between white space, or n-grams of them. Id 0 is padding, 1 whatever is not among them, `[UNK]`, 2 the first of
    /// them.
    Words,
    /// Unicode characters, with ids as those of words.
    Characters,
    /// What a Hugging Face tokenizer makes of a text: its own ids where id 0 is its padding, else one more.
    Tokenizer,
}

impl VocabularyKind {
    /// All of them.
    pub const ALL: [VocabularyKind; 4] = [
        VocabularyKind::Subwords,
        VocabularyKind::Words,
        VocabularyKind::Characters,
        VocabularyKind::Tokenizer,
    ];

    /// What its entries are called: `subwords`.
    pub fn name(self) -> &'static str {
        match self {
            VocabularyKind::Subwords => "subwords",
            VocabularyKind::Words => "words",
            VocabularyKind::Characters => "characters",
            VocabularyKind::Tokenizer => "tokens",
        }
    }
}

/// What a vocabulary has, by its kind.
#[derive(Debug, Clone)]
pub(super) enum Entries {
    Subwords(Arc<[String]>),
    Terms(Terms),
    #[cfg(feature = "tokenizers")]
    Tokenizer(Tokenizer),
}

/// What ids stand for: subwords, words, characters, or a Hugging Face tokenizer's tokens.
///
/// Its file tells the kind by its content:
///
/// - subwords: two header lines, then one subword a line in single quotes, as
///   `tfds.deprecated.text.SubwordTextEncoder.save_to_file` writes them. Lines end at `\n` alone, since a subword may hold
///   any other line separator.
/// - words and characters: the JSON of a Keras layer `TextVectorization` with its vocabulary, as `keras.layers.serialize`
///   gives it, which `keras.layers.deserialize` reads.
/// - a tokenizer: `tokenizer.json` of Hugging Face's tokenizers (feature `tokenizers`).
///
/// # Examples
/// ```
/// use gatefold::data::{Vocabulary, VocabularyKind};
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let vocabulary = Vocabulary::from_text("example", file)?;
/// assert_eq!(vocabulary.subwords(), ["good_", "film"]);
/// assert_eq!(vocabulary.size(), 1 + 2 + 256);
///
/// let file = r#"{"class_name": "TextVectorization", "config": {"standardize": "lower_and_strip_punctuation",
///     "split": "whitespace", "vocabulary": ["", "[UNK]", "good", "film"]}}"#;
/// let vocabulary = Vocabulary::from_text("example", file)?;
/// assert_eq!((vocabulary.kind(), vocabulary.size()), (VocabularyKind::Words, 4));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Vocabulary {
    entries: Entries,
    text: Arc<str>,
    sha256: String,
}

/// The file says it all.
impl PartialEq for Vocabulary {
    fn eq(&self, other: &Vocabulary) -> bool {
        self.text == other.text
    }
}

impl Eq for Vocabulary {}

impl Vocabulary {
    /// Reads a vocabulary file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] where it is not a vocabulary.
    pub fn load(path: &Path) -> Result<Vocabulary> {
        let file = File::open(path).map_err(Error::io(path))?;
        let mut bytes = Vec::new();
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::io(path))?;
        Vocabulary::from_bytes(path, &bytes)
    }

    /// Takes the bytes of a vocabulary file; `name` stands for the file in errors.
    ///
    /// # Errors
    /// As [`Vocabulary::from_text`], and [`Error::Malformed`] with the line that is not UTF-8.
    pub fn from_bytes(name: impl AsRef<Path>, bytes: &[u8]) -> Result<Vocabulary> {
        let name = name.as_ref();
        let bytes =
            without_byte_order_mark(bytes).map_err(|problem| malformed(name, "line 1", problem))?;
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            malformed(name, format!("line {line}"), format!("not UTF-8; {REMEDY}"))
        })?;
        Vocabulary::from_text(name, text)
    }

    /// A vocabulary of these subwords, in this order.
    ///
    /// # Errors
    /// [`Error::Data`] names the first subword that no line of a file could hold: an empty one, or one
    /// with a line feed. [`Error::Malformed`] where the file would be refused for its size.
    ///
    /// # Examples
    /// ```
    /// use gatefold::data::Vocabulary;
    ///
    /// let vocabulary = Vocabulary::from_subwords(["good_", "film"])?;
    /// assert_eq!(vocabulary.text(), "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n");
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn from_subwords(
        subwords: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Vocabulary> {
        Vocabulary::from_text("vocabulary", &subword_file::write(subwords)?)
    }

    /// A vocabulary of these words or characters.
    pub(super) fn from_terms(terms: Terms) -> Result<Vocabulary> {
        let text = terms_file::write(&terms)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(Error::Data(format!(
                "{} terms are more than {} MiB, too many for a vocabulary; give a smaller `target_size`",
                terms.terms.len(),
                LARGEST_FILE >> 20
            )));
        }
        Vocabulary::from_text("vocabulary", &text)
    }

    /// Takes the content of a vocabulary file; `name` stands for the file in errors.
    ///
    /// An empty subword, `''`, is left out and has no id, as in the original. A byte order mark is no part of the text.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the first line, or the key, that a vocabulary file could not have.
    pub fn from_text(name: impl AsRef<Path>, text: &str) -> Result<Vocabulary> {
        let name = name.as_ref();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if text.len() as u64 > LARGEST_FILE {
            let problem = format!("longer than {} MiB; {REMEDY}", LARGEST_FILE >> 20);
            return Err(malformed(name, "the file", problem));
        }
        let entries = match text.trim_start().starts_with('{') {
            true => entries_of_json(name, text)?,
            false => Entries::Subwords(subword_file::parse(name, text)?.into()),
        };
        Ok(Vocabulary {
            entries,
            sha256: sha256(text),
            text: text.into(),
        })
    }

    /// Writes the vocabulary file, whole or not at all. [`Vocabulary::load`] gives the same vocabulary again.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be written; one that stood there is then untouched.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_atomically(path, self.text.as_bytes())
    }

    /// The content of the file, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its ids stand for.
    pub fn kind(&self) -> VocabularyKind {
        match &self.entries {
            Entries::Subwords(_) => VocabularyKind::Subwords,
            Entries::Terms(terms) => match terms.rules.split {
                TermSplit::Words => VocabularyKind::Words,
                TermSplit::Characters => VocabularyKind::Characters,
            },
            #[cfg(feature = "tokenizers")]
            Entries::Tokenizer(_) => VocabularyKind::Tokenizer,
        }
    }

    /// Ids in all, padding among them. What an embedding needs as its vocabulary.
    pub fn size(&self) -> usize {
        match &self.entries {
            Entries::Subwords(subwords) => size_with(subwords.len()),
            Entries::Terms(terms) => terms.size(),
            #[cfg(feature = "tokenizers")]
            Entries::Tokenizer(tokenizer) => tokenizer.size(),
        }
    }

    /// The subwords; the one at index i has id i + 1. A vocabulary of another kind has none.
    pub fn subwords(&self) -> &[String] {
        match &self.entries {
            Entries::Subwords(subwords) => subwords,
            _ => &[],
        }
    }

    /// The words or characters, or their n-grams; the one at index i has id i + 2. A vocabulary of another kind has none.
    pub fn terms(&self) -> &[String] {
        match &self.entries {
            Entries::Terms(terms) => &terms.terms,
            _ => &[],
        }
    }

    /// How many words or characters in a row are a term; a vocabulary of another kind has no terms.
    pub fn ngrams(&self) -> Option<&Ngrams> {
        match &self.entries {
            Entries::Terms(terms) => Some(&terms.rules.ngrams),
            _ => None,
        }
    }

    /// SHA-256 of the file's bytes, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What an encoder is made of.
    pub(super) fn entries(&self) -> &Entries {
        &self.entries
    }
}

/// What a file of JSON has.
fn entries_of_json(name: &Path, text: &str) -> Result<Entries> {
    let json: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let problem = format!("{}; {REMEDY}", problem_of(&error));
        malformed(name, place, problem)
    })?;
    let class = json.get("class_name").and_then(Value::as_str);
    if class == Some(terms_file::CLASS) {
        let config = json.get("config").unwrap_or(&Value::Null);
        let terms =
            terms_file::parse(config).map_err(|problem| malformed(name, "config", problem))?;
        return Ok(Entries::Terms(terms));
    }
    if json.get("model").is_some() {
        return tokenizer(name, text);
    }
    let problem = format!(
        "neither a Keras layer {} nor a tokenizer.json; {REMEDY}",
        terms_file::CLASS
    );
    Err(malformed(name, "the file", problem))
}

#[cfg(feature = "tokenizers")]
fn tokenizer(name: &Path, text: &str) -> Result<Entries> {
    let tokenizer = Tokenizer::parse(text).map_err(|problem| {
        malformed(
            name,
            "tokenizer",
            format!("{problem}; save it again with tokenizers' `save`"),
        )
    })?;
    Ok(Entries::Tokenizer(tokenizer))
}

#[cfg(not(feature = "tokenizers"))]
fn tokenizer(name: &Path, _: &str) -> Result<Entries> {
    let problem = "a Hugging Face tokenizer, which this build cannot read; build gatefold with the feature `tokenizers`";
    Err(malformed(name, "the file", problem))
}

fn malformed(path: &Path, place: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: place.into(),
        problem: problem.into(),
    }
}
