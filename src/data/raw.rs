//! What the readers of all forms give: labelled reviews, not yet encoded.

/// What reviews may be read from.
pub(super) const FORMS: &str = "an aclImdb folder, or one packed as .tar, .tar.gz, .tar.xz or .tar.zst, \
                                a TFDS folder, a folder with one for each class, or a table named .csv, .tsv, .json, \
                                .jsonl, .parquet or, with tabs, .txt";

/// A review is a few kilobytes; more bytes than this are something else.
pub(super) const LARGEST_REVIEW: u64 = 16 << 20;

/// What a source holds of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Decoded from UTF-8, ASCII white space at both ends stripped.
    Text(String),
    /// Ids of the vocabulary that the data set is read with.
    Ids(Vec<u32>),
}

/// A review as its source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawReview {
    pub content: Content,
    /// Which of the classes, counted from 0: of sentiments 0 is negative, 1 positive.
    pub label: u8,
}

impl RawReview {
    pub fn of_text(text: String, label: u8) -> RawReview {
        RawReview {
            content: Content::Text(text),
            label,
        }
    }
}

/// The labelled reviews of a source, in order, and what the user should be told about them.
pub(super) struct RawDataset {
    pub train: Vec<RawReview>,
    pub test: Vec<RawReview>,
    /// See [`super::Dataset::held_out`].
    pub held_out: Vec<RawReview>,
    /// Names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// Whether the source says that its reviews are made up.
    pub synthetic: bool,
    pub notes: Vec<String>,
}

/// White space at the ends of a review: what Python strips from bytes, which has one more character than Rust's ASCII
/// white space, the vertical tab.
pub(super) fn is_white_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

/// The text of a review as every reader of reviews takes it: without white space at its ends.
///
/// # Source
/// TensorFlow Datasets, `imdb_reviews`, which strips a file's bytes before it decodes them.
///
/// # Examples
/// ```
/// use gatefold::data::stripped;
///
/// assert_eq!(stripped("\x0B a film\r\n"), "a film");
/// // White space that is not ASCII stays.
/// assert_eq!(stripped("\u{A0}a film"), "\u{A0}a film");
/// ```
pub fn stripped(text: &str) -> &str {
    text.trim_matches(|c| u8::try_from(c).is_ok_and(is_white_space))
}

/// The text of a review's bytes, [`stripped`], and whether they are UTF-8.
pub(super) fn text_of(bytes: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(bytes);
    let valid = matches!(text, std::borrow::Cow::Borrowed(_));
    (stripped(&text).to_owned(), valid)
}

/// The label that a name or number stands for, in any case: 0, `neg`, `negative`, `false`; 1, `pos`, `positive`, `true`.
pub(super) fn label_of(name: &str) -> Option<u8> {
    const NAMES: [[&str; 3]; 2] = [["neg", "negative", "false"], ["pos", "positive", "true"]];
    let name = name.trim();
    // Whoever kept labels as floats, or as missing here and there, has 1.0.
    let number: Option<f64> = name.parse().ok();
    let is_one = |names: &[&str; 3]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match number {
        Some(number) => [0, 1].into_iter().find(|&label| f64::from(label) == number),
        None => NAMES.iter().position(is_one).map(|label| label as u8),
    }
}

/// What is wrong with an id that the vocabulary of `size` ids does not have.
pub(super) fn outside_vocabulary(id: impl std::fmt::Display, size: usize) -> String {
    format!(
        "id {id} is not in the vocabulary of {size} ids, 0 to {}",
        size - 1
    )
}

/// The text of a review whose source does not limit its length, as [`text_of`] gives it.
///
/// # Errors
/// How long the text is, where a review may not be that long.
pub(super) fn checked_text(bytes: &[u8]) -> Result<(Content, bool), String> {
    if bytes.len() as u64 > LARGEST_REVIEW {
        return Err(format!(
            "a text of {} bytes; a review has {} MiB at most",
            bytes.len(),
            LARGEST_REVIEW >> 20
        ));
    }
    let (text, valid) = text_of(bytes);
    Ok((Content::Text(text), valid))
}

/// The ids of a source, each checked against a vocabulary of `size` ids.
///
/// # Errors
/// What is wrong with the first that is outside it, and how many ids its vocabulary must have had.
pub(super) fn checked_ids(ids: &[i64], size: usize) -> Result<Vec<u32>, String> {
    let known = |&id: &i64| {
        let known = u32::try_from(id).ok().filter(|&id| (id as usize) < size);
        known.ok_or_else(|| {
            let problem = outside_vocabulary(id, size);
            match id.checked_add(1) {
                Some(need) if need > 0 => {
                    format!("{problem}; the data are of another one, with {need} ids or more")
                }
                _ => problem,
            }
        })
    };
    ids.iter().map(known).collect()
}

/// Tells of reviews that a data set has without labels, `what` being its name for them.
pub(super) fn note_unlabelled(what: &str, count: usize) -> String {
    format!("unlabelled reviews ({what}), ignored: {count}")
}

/// Tells of texts that were mended.
pub(super) fn note_replaced(count: usize) -> String {
    format!("reviews that are not UTF-8, kept with U+FFFD for what could not be read: {count}")
}
