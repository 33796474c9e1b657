//! [`Terms`]: a vocabulary of whole words or of characters, and how text is cut into them.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use super::PADDING;
use super::raw::is_white_space;

/// The id of whatever is not in the vocabulary.
pub(super) const UNKNOWN: u32 = 1;
/// What stands for it in text.
pub(super) const UNKNOWN_TERM: &str = "[UNK]";
/// The id of the first term.
pub(super) const FIRST: u32 = 2;

/// What happens to a text before it is split into terms.
///
/// # Source
/// Keras's `TextVectorization(standardize=…)`, which folds the case of ASCII letters alone, and strips ASCII punctuation
/// alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Standardize {
    /// Nothing.
    None,
    /// Letters become small ones.
    Lower,
    /// Punctuation is left out.
    StripPunctuation,
    /// Both: Keras's default.
    #[default]
    LowerAndStripPunctuation,
}

impl Standardize {
    /// All of them.
    pub const ALL: [Standardize; 4] = [
        Standardize::None,
        Standardize::Lower,
        Standardize::StripPunctuation,
        Standardize::LowerAndStripPunctuation,
    ];

    /// What Keras calls it; `none` is its `None`.
    pub fn name(self) -> &'static str {
        match self {
            Standardize::None => "none",
            Standardize::Lower => "lower",
            Standardize::StripPunctuation => "strip_punctuation",
            Standardize::LowerAndStripPunctuation => "lower_and_strip_punctuation",
        }
    }

    /// The text as it is split.
    fn of(self, text: &str) -> String {
        let lowers = matches!(
            self,
            Standardize::Lower | Standardize::LowerAndStripPunctuation
        );
        let strips = matches!(
            self,
            Standardize::StripPunctuation | Standardize::LowerAndStripPunctuation
        );
        text.chars()
            .filter(|character| !(strips && character.is_ascii_punctuation()))
            .map(|character| match lowers {
                true => character.to_ascii_lowercase(),
                false => character,
            })
            .collect()
    }
}

impl fmt::Display for Standardize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Standardize {
    type Err = String;

    fn from_str(name: &str) -> Result<Standardize, String> {
        let found = Standardize::ALL.into_iter().find(|of| of.name() == name);
        found.ok_or_else(|| {
            let names = Standardize::ALL.map(Standardize::name).join(", ");
            format!("{name:?} is none of {names}")
        })
    }
}

/// What a text is split into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TermSplit {
    /// Whatever stands between ASCII white space.
    Words,
    /// Unicode characters, white space among them.
    Characters,
}

impl TermSplit {
    /// Between two terms of a text.
    fn separator(self) -> &'static str {
        match self {
            TermSplit::Words => " ",
            TermSplit::Characters => "",
        }
    }
}

/// Words or characters with their ids: 0 is padding, 1 whatever is not among them, `[UNK]`, and 2 the first of them.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub split: TermSplit,
    pub standardize: Standardize,
    /// In the order of their ids.
    pub terms: Arc<[String]>,
    ids: Arc<HashMap<String, u32>>,
}

impl Terms {
    /// These terms, each of which is there once.
    pub fn new(split: TermSplit, standardize: Standardize, terms: Vec<String>) -> Terms {
        let ids = terms.iter().cloned().zip(FIRST..).collect();
        Terms {
            split,
            standardize,
            terms: terms.into(),
            ids: Arc::new(ids),
        }
    }

    /// Ids in all.
    pub fn size(&self) -> usize {
        FIRST as usize + self.terms.len()
    }

    /// The ids of a text; none of them is 0.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        each_term(text, self.split, self.standardize, |term| {
            ids.push(self.ids.get(term).copied().unwrap_or(UNKNOWN));
        });
        ids
    }

    /// As [`Terms::encode`], with the part of the text that each id stands for.
    pub fn encode_spans(&self, text: &str) -> (Vec<u32>, Vec<Range<usize>>) {
        let parts: Vec<(usize, &str)> = match self.split {
            TermSplit::Words => words(text).map(|word| (offset(text, word), word)).collect(),
            TermSplit::Characters => text
                .char_indices()
                .map(|(at, character)| (at, &text[at..at + character.len_utf8()]))
                .collect(),
        };
        let mut spans = Vec::new();
        for (first, part) in parts {
            // What is left of a part is one term, or nothing.
            each_term(part, self.split, self.standardize, |_| {
                spans.push(first..first + part.len());
            });
        }
        (self.encode(text), spans)
    }

    /// The terms of ids, padding left out. What is outside the vocabulary is `[UNK]`.
    pub fn decode(&self, ids: &[u32]) -> String {
        let ids = ids.iter().filter(|id| **id != PADDING);
        let terms: Vec<&str> = ids.map(|id| self.term(*id)).collect();
        terms.join(self.split.separator())
    }

    fn term(&self, id: u32) -> &str {
        let index = id.checked_sub(FIRST).map(|index| index as usize);
        let term = index.and_then(|index| self.terms.get(index));
        term.map_or(UNKNOWN_TERM, String::as_str)
    }
}

/// Gives the terms of a text, in order.
pub(super) fn each_term(
    text: &str,
    split: TermSplit,
    standardize: Standardize,
    mut take: impl FnMut(&str),
) {
    let text = standardize.of(text);
    match split {
        TermSplit::Words => words(&text).for_each(take),
        TermSplit::Characters => {
            let mut bytes = [0; 4];
            for character in text.chars() {
                take(character.encode_utf8(&mut bytes));
            }
        }
    }
}

/// What stands between white space.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| u8::try_from(c).is_ok_and(is_white_space);
    text.split(between).filter(|word| !word.is_empty())
}

/// Where `part` begins in `text`, which it is a part of.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}
