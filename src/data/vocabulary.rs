//! The vocabulary file: the subwords that ids stand for.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::byte_order_mark::without_byte_order_mark;
use super::digest::sha256;
use crate::atomic::write_atomically;
use crate::error::{Error, Result};

const HEADER: &str = "### SubwordTextEncoder";
const METADATA: &str = "### Metadata: ";
/// What the original writes where there is no metadata, and reads whatever it is.
const NO_METADATA: &str = "{}";
/// Ids that follow the subwords, one a byte.
const BYTES: usize = 256;
/// No vocabulary comes near this many bytes; a file that does is something else.
const LARGEST_FILE: u64 = 64 << 20;
/// No subword comes near this many bytes; without a bound, encoding could take time by the square of a
/// text's length.
const LONGEST_SUBWORD: usize = 1 << 10;

/// The subwords of a vocabulary file, in the order of their ids.
///
/// Id 0 is padding, ids 1 to n the n subwords, the 256 ids after them the bytes of UTF-8.
///
/// # Source
/// The file that `tfds.deprecated.text.SubwordTextEncoder.save_to_file` writes: two header lines, then
/// one subword a line in single quotes. Lines end at `\n` alone, since a subword may hold any other
/// line separator.
///
/// # Examples
/// ```
/// use gatefold::data::Vocabulary;
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let vocabulary = Vocabulary::from_text("example", file)?;
/// assert_eq!(vocabulary.subwords(), ["good_", "film"]);
/// assert_eq!(vocabulary.size(), 1 + 2 + 256);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    subwords: Arc<[String]>,
    text: Arc<str>,
    sha256: String,
}

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
        let mut text = format!("{HEADER}\n{METADATA}{NO_METADATA}\n");
        for (index, subword) in subwords.into_iter().enumerate() {
            let subword = subword.as_ref();
            if subword.is_empty() || subword.contains('\n') {
                return Err(Error::Data(format!(
                    "subword {index}, {subword:?}: a vocabulary file has a subword a line, so none is empty \
                     or holds a line feed; leave it out"
                )));
            }
            text.extend(["'", subword, "'\n"]);
        }
        Vocabulary::from_text("vocabulary", &text)
    }

    /// Takes the content of a vocabulary file; `name` stands for the file in errors.
    ///
    /// An empty subword, `''`, is left out and has no id, as in the original. A byte order mark is no part of the text.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the first line that a vocabulary file could not have.
    pub fn from_text(name: impl AsRef<Path>, text: &str) -> Result<Vocabulary> {
        let name = name.as_ref();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if text.len() as u64 > LARGEST_FILE {
            let problem = format!("longer than {} MiB; {REMEDY}", LARGEST_FILE >> 20);
            return Err(malformed(name, "the file", problem));
        }
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let header = lines.next().unwrap_or_default();
        if header.strip_suffix('\r') == Some(HEADER) {
            let problem =
                "the lines end in CR LF, so ids would shift; copy the file again in binary mode";
            return Err(malformed(name, "line 1", problem));
        }
        if header != HEADER {
            return Err(malformed(
                name,
                "line 1",
                format!("expected `{HEADER}`; {REMEDY}"),
            ));
        }
        if !lines.next().is_some_and(|line| line.starts_with(METADATA)) {
            return Err(malformed(
                name,
                "line 2",
                format!("expected `{METADATA}{NO_METADATA}`; {REMEDY}"),
            ));
        }
        let mut subwords = Vec::new();
        for (index, line) in lines.enumerate() {
            let quoted = line
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''));
            let Some(subword) = quoted else {
                let problem = "expected a subword in single quotes; \
                               the file is damaged or cut short, copy it again";
                return Err(malformed(name, format!("line {}", index + 3), problem));
            };
            if subword.len() > LONGEST_SUBWORD {
                let problem = format!("a subword of more than {LONGEST_SUBWORD} bytes; {REMEDY}");
                return Err(malformed(name, format!("line {}", index + 3), problem));
            }
            if !subword.is_empty() {
                subwords.push(subword.to_owned());
            }
        }
        if subwords.is_empty() {
            return Err(malformed(name, "line 3", format!("no subwords; {REMEDY}")));
        }
        Ok(Vocabulary {
            subwords: subwords.into(),
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

    /// Ids in all: padding, the subwords, 256 bytes. What an embedding needs as its vocabulary.
    pub fn size(&self) -> usize {
        size_with(self.subwords.len())
    }

    /// The subwords; the one at index i has id i + 1.
    pub fn subwords(&self) -> &[String] {
        &self.subwords
    }

    /// SHA-256 of the file's bytes, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The subwords, shared with an encoder.
    pub(super) fn shared(&self) -> Arc<[String]> {
        Arc::clone(&self.subwords)
    }
}

/// Ids of a vocabulary with so many subwords.
pub(super) const fn size_with(subwords: usize) -> usize {
    1 + subwords + BYTES
}

const REMEDY: &str = "give a subword vocabulary such as imdb_reviews.subwords";

fn malformed(path: &Path, place: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: place.into(),
        problem: problem.into(),
    }
}
