//! The vocabulary file: the subwords that ids stand for.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

const HEADER: &str = "### SubwordTextEncoder";
const METADATA: &str = "### Metadata: ";
/// Ids that follow the subwords, one a byte.
const BYTES: usize = 256;
/// No vocabulary comes near this many bytes; a file that does is something else.
const LARGEST_FILE: u64 = 64 << 20;

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
        if bytes.len() as u64 > LARGEST_FILE {
            let problem = format!("longer than {} MiB; {REMEDY}", LARGEST_FILE >> 20);
            return Err(malformed(path, "the file", problem));
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            malformed(path, format!("line {line}"), format!("not UTF-8; {REMEDY}"))
        })?;
        Vocabulary::from_text(path, text)
    }

    /// Takes the content of a vocabulary file; `name` stands for the file in errors.
    ///
    /// An empty subword, `''`, is left out and has no id, as in the original.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the first line that a vocabulary file could not have.
    pub fn from_text(name: impl AsRef<Path>, text: &str) -> Result<Vocabulary> {
        let name = name.as_ref();
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
                format!("expected `{METADATA}{{}}`; {REMEDY}"),
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
            if !subword.is_empty() {
                subwords.push(subword.to_owned());
            }
        }
        if subwords.is_empty() {
            return Err(malformed(name, "line 3", format!("no subwords; {REMEDY}")));
        }
        Ok(Vocabulary {
            subwords: subwords.into(),
            sha256: super::hexadecimal(&Sha256::digest(text)),
        })
    }

    /// Ids in all: padding, the subwords, 256 bytes. What an embedding needs as its vocabulary.
    pub fn size(&self) -> usize {
        1 + self.subwords.len() + BYTES
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

const REMEDY: &str = "give a subword vocabulary such as imdb_reviews.subwords";

fn malformed(path: &Path, place: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: place.into(),
        problem: problem.into(),
    }
}
