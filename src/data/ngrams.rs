//! [`Ngrams`]: how many words in a row are a term of a vocabulary.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::error::{Error, Result};

/// No n-gram is longer: longer ones hardly ever occur twice.
const LONGEST: usize = 8;
/// What it can be, for messages.
const REMEDY: &str =
    "give a whole number from 1 to 8, or a list of them without the same number twice";

/// How many words, or characters, in a row are a term: n-grams of these lengths.
///
/// A text has all its n-grams of the first length, in order, then all of the second length, and so on. A text that is
/// shorter than a length has none of that length. The words of an n-gram stand in it with one space between two of them.
///
/// As a text it is one number, `2`, for all lengths from 1 on, or a list, `2,3`, for these alone; `2,` is a list of one.
///
/// # Source
/// Keras's `TextVectorization(ngrams=…)`, with an int or a tuple of ints; the order is that of `tf.strings.ngrams`.
///
/// # Examples
/// ```
/// use gatefold::data::Ngrams;
///
/// assert_eq!(Ngrams::up_to(2)?.lengths(), [1, 2]);
/// assert_eq!(Ngrams::of(vec![2])?.to_string(), "2,");
/// assert_eq!("2,".parse(), Ok(Ngrams::of(vec![2])?));
/// assert_eq!(Ngrams::default().lengths(), [1]);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ngrams {
    lengths: Vec<usize>,
    /// What Keras is told: a number, or a list.
    is_number: bool,
}

/// Single terms.
impl Default for Ngrams {
    fn default() -> Ngrams {
        Ngrams {
            lengths: vec![1],
            is_number: true,
        }
    }
}

impl Ngrams {
    /// All lengths from 1 to `longest`.
    ///
    /// # Errors
    /// [`Error::Argument`] where that is no length from 1 to 8.
    pub fn up_to(longest: usize) -> Result<Ngrams> {
        number(longest).map_err(|problem| Error::argument("ngrams", problem))
    }

    /// These lengths alone, in this order.
    ///
    /// # Errors
    /// [`Error::Argument`] where there are none, the same one twice, or one that is not from 1 to 8.
    pub fn of(lengths: Vec<usize>) -> Result<Ngrams> {
        list(lengths).map_err(|problem| Error::argument("ngrams", problem))
    }

    /// The lengths, in the order in which a text's n-grams come.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Whether terms are single words or characters.
    pub fn are_single(&self) -> bool {
        self.lengths == [1]
    }

    /// The longest length.
    pub(super) fn longest(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(1)
    }

    /// Of the description of a Keras layer.
    ///
    /// # Errors
    /// What about it is not possible, with the remedy.
    pub(super) fn parse(value: &Value) -> Result<Ngrams, String> {
        match value {
            Value::Null => Ok(Ngrams::default()),
            Value::Array(lengths) => list(lengths.iter().map(length_of).collect::<Result<_, _>>()?),
            other => number(length_of(other)?),
        }
    }

    /// For the description of a Keras layer; none for single terms.
    pub(super) fn described(&self) -> Option<Value> {
        match self.is_number {
            true => (!self.are_single()).then(|| json!(self.longest())),
            false => Some(json!(self.lengths)),
        }
    }

    /// Gives the parts that each n-gram of a text of so many parts has: its first, and the one behind its last.
    pub(super) fn each(&self, parts: usize, mut take: impl FnMut(usize, usize)) {
        for &length in &self.lengths {
            for first in 0..(parts + 1).saturating_sub(length) {
                take(first, first + length);
            }
        }
    }

    /// The words of a text that has so many terms: which of these is the word alone, and of which it is a part. None where
    /// terms share no words, where words are no terms, or where no text has so many.
    pub(super) fn words(&self, terms: usize) -> Option<Vec<(usize, Vec<usize>)>> {
        if self.are_single() || !self.lengths.contains(&1) {
            return None;
        }
        let of_length = |words: usize, length: usize| (words + 1).saturating_sub(length);
        let terms_of = |words| -> usize {
            let lengths = self.lengths.iter();
            lengths.map(|&length| of_length(words, length)).sum()
        };
        let count = (0..=terms).find(|&words| terms_of(words) == terms)?;
        let mut words = vec![(0, Vec::new()); count];
        let mut term = 0;
        self.each(count, |first, end| {
            for (own, all) in &mut words[first..end] {
                if end == first + 1 {
                    *own = term;
                }
                all.push(term);
            }
            term += 1;
        });
        Some(words)
    }
}

fn number(longest: usize) -> Result<Ngrams, String> {
    check(longest)?;
    Ok(Ngrams {
        lengths: (1..=longest).collect(),
        is_number: true,
    })
}

fn list(lengths: Vec<usize>) -> Result<Ngrams, String> {
    if lengths.is_empty() {
        return Err(format!("an empty list; {REMEDY}"));
    }
    for (index, &length) in lengths.iter().enumerate() {
        check(length)?;
        if lengths[..index].contains(&length) {
            return Err(format!("{length} is there twice; {REMEDY}"));
        }
    }
    Ok(Ngrams {
        lengths,
        is_number: false,
    })
}

fn check(length: usize) -> Result<(), String> {
    match (1..=LONGEST).contains(&length) {
        true => Ok(()),
        false => Err(format!("{length} is no length of n-grams; {REMEDY}")),
    }
}

fn length_of(value: &Value) -> Result<usize, String> {
    let number = value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("{value} is no length of n-grams; {REMEDY}"))
}

impl fmt::Display for Ngrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.lengths.iter().map(usize::to_string).collect();
        match (self.is_number, &texts[..]) {
            (true, _) => write!(f, "{}", self.longest()),
            (false, [only]) => write!(f, "{only},"),
            (false, _) => f.write_str(&texts.join(",")),
        }
    }
}

impl FromStr for Ngrams {
    type Err = String;

    fn from_str(text: &str) -> Result<Ngrams, String> {
        let length = |text: &str| {
            let number = text.trim().parse::<usize>();
            number.map_err(|_| format!("{text:?} is no length of n-grams; {REMEDY}"))
        };
        match text.contains(',') {
            false => number(length(text)?),
            true => {
                let parts = text.strip_suffix(',').unwrap_or(text).split(',');
                list(parts.map(length).collect::<Result<_, _>>()?)
            }
        }
    }
}
