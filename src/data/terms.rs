//! [`Terms`]: a vocabulary of whole words or of characters, and how text is cut into them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use super::PADDING;
use super::ngrams::Ngrams;
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

/// How a text is cut into terms.
#[derive(Debug, Clone)]
pub(super) struct TermRules {
    pub split: TermSplit,
    pub standardize: Standardize,
    pub ngrams: Ngrams,
}

impl TermRules {
    /// Gives the terms of a text, in order.
    pub fn each_term(&self, text: &str, mut take: impl FnMut(&str)) {
        let text = self.standardize.of(text);
        let parts = parts(&text, self.split);
        let mut joined = String::new();
        self.ngrams.each(parts.len(), |first, end| {
            if end == first + 1 {
                return take(parts[first]);
            }
            joined.clear();
            joined.push_str(parts[first]);
            for part in &parts[first + 1..end] {
                joined.push(' ');
                joined.push_str(part);
            }
            take(&joined);
        });
    }

    /// The part of a text that each of its terms stands for: that of an n-gram is from its first word to its last.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut parts = parts(text, self.split);
        // What is left of a part once it is standardized is one part, or nothing.
        parts.retain(|part| !self.standardize.of(part).is_empty());
        let start = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
        let mut spans = Vec::new();
        self.ngrams.each(parts.len(), |first, end| {
            let last = parts[end - 1];
            spans.push(start(parts[first])..start(last) + last.len());
        });
        spans
    }

    /// Between two terms of a text.
    fn separator(&self) -> &'static str {
        match (self.split, self.ngrams.are_single()) {
            (TermSplit::Characters, true) => "",
            _ => " ",
        }
    }

    /// A term as it is shown among others: the parts of an n-gram are joined, so that it differs from single ones.
    fn shown<'a>(&self, term: &'a str) -> Cow<'a, str> {
        match self.ngrams.are_single() {
            true => term.into(),
            false => term.replace(' ', "_").into(),
        }
    }
}

/// Words or characters with their ids: 0 is padding, 1 whatever is not among them, `[UNK]`, and 2 the first of them.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub rules: TermRules,
    /// In the order of their ids.
    pub terms: Arc<[String]>,
    ids: Arc<HashMap<String, u32>>,
}

impl Terms {
    /// These terms, each of which is there once.
    pub fn new(rules: TermRules, terms: Vec<String>) -> Terms {
        let ids = terms.iter().cloned().zip(FIRST..).collect();
        Terms {
            rules,
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
        self.rules.each_term(text, |term| {
            ids.push(self.ids.get(term).copied().unwrap_or(UNKNOWN));
        });
        ids
    }

    /// As [`Terms::encode`], with the part of the text that each id stands for.
    pub fn encode_spans(&self, text: &str) -> (Vec<u32>, Vec<Range<usize>>) {
        (self.encode(text), self.rules.spans(text))
    }

    /// The terms of ids, padding left out. What is outside the vocabulary is `[UNK]`.
    pub fn decode(&self, ids: &[u32]) -> String {
        let ids = ids.iter().filter(|id| **id != PADDING);
        let terms: Vec<Cow<'_, str>> = ids.map(|id| self.rules.shown(self.term(*id))).collect();
        terms.join(self.rules.separator())
    }

    fn term(&self, id: u32) -> &str {
        let index = id.checked_sub(FIRST).map(|index| index as usize);
        let term = index.and_then(|index| self.terms.get(index));
        term.map_or(UNKNOWN_TERM, String::as_str)
    }
}

/// What a text is split into: what stands between white space, or its characters.
fn parts(text: &str, split: TermSplit) -> Vec<&str> {
    match split {
        TermSplit::Words => {
            let between = |c: char| u8::try_from(c).is_ok_and(is_white_space);
            text.split(between)
                .filter(|word| !word.is_empty())
                .collect()
        }
        TermSplit::Characters => text
            .char_indices()
            .map(|(at, character)| &text[at..at + character.len_utf8()])
            .collect(),
    }
}
