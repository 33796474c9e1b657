//! The file of a subword vocabulary.

use std::path::Path;

use crate::error::{Error, Result};

/// The first line.
const HEADER: &str = "### SubwordTextEncoder";
const METADATA: &str = "### Metadata: ";
/// What the original writes where there is no metadata, and reads whatever it is.
const NO_METADATA: &str = "{}";
/// Ids that follow the subwords, one a byte.
const BYTES: usize = 256;
/// No subword comes near this many bytes; without a bound, encoding could take time by the square of a
/// text's length.
const LONGEST_SUBWORD: usize = 1 << 10;

/// What to give in the place of a file that is none.
pub(super) const REMEDY: &str = "give a subword vocabulary such as imdb_reviews.subwords, one of words or characters, or a \
                                 Hugging Face tokenizer.json";

/// Ids of a vocabulary with so many subwords.
pub(super) const fn size_with(subwords: usize) -> usize {
    1 + subwords + BYTES
}

/// The file of these subwords.
///
/// # Errors
/// [`Error::Data`] names the first that no line of a file could hold.
pub(super) fn write(subwords: impl IntoIterator<Item = impl AsRef<str>>) -> Result<String> {
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
    Ok(text)
}

/// The subwords of a file; `name` stands for it in errors.
///
/// # Errors
/// [`Error::Malformed`] names the first line that a vocabulary file could not have.
pub(super) fn parse(name: &Path, text: &str) -> Result<Vec<String>> {
    let malformed = |place: String, problem: String| Error::Malformed {
        path: name.to_owned(),
        place,
        problem,
    };
    let line = |number: usize| format!("line {number}");
    let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let header = lines.next().unwrap_or_default();
    if header.strip_suffix('\r') == Some(HEADER) {
        let problem =
            "the lines end in CR LF, so ids would shift; copy the file again in binary mode";
        return Err(malformed(line(1), problem.to_owned()));
    }
    if header != HEADER {
        return Err(malformed(line(1), format!("expected `{HEADER}`; {REMEDY}")));
    }
    if !lines.next().is_some_and(|line| line.starts_with(METADATA)) {
        let problem = format!("expected `{METADATA}{NO_METADATA}`; {REMEDY}");
        return Err(malformed(line(2), problem));
    }
    let mut subwords = Vec::new();
    for (index, quoted) in lines.enumerate() {
        let subword = quoted
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        let Some(subword) = subword else {
            let problem = "expected a subword in single quotes; \
                           the file is damaged or cut short, copy it again";
            return Err(malformed(line(index + 3), problem.to_owned()));
        };
        if subword.len() > LONGEST_SUBWORD {
            let problem = format!("a subword of more than {LONGEST_SUBWORD} bytes; {REMEDY}");
            return Err(malformed(line(index + 3), problem));
        }
        if !subword.is_empty() {
            subwords.push(subword.to_owned());
        }
    }
    if subwords.is_empty() {
        return Err(malformed(line(3), format!("no subwords; {REMEDY}")));
    }
    Ok(subwords)
}
