//! Builds a vocabulary of words or characters from a corpus: those that occur most often.

use std::collections::HashMap;
use std::num::NonZeroU64;

use rayon::prelude::*;

use super::ngrams::Ngrams;
use super::terms::{Standardize, TermRules, TermSplit, Terms, UNKNOWN_TERM};
use super::{BuiltVocabulary, Vocabulary};
use crate::error::{Error, Result};

/// Texts that are counted together.
const CHUNK: usize = 256;
/// Padding, `[UNK]`, one term.
const LEAST_TARGET: usize = 3;

/// What a vocabulary of words or characters is built of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermOptions {
    /// What happens to a text before it is split.
    pub standardize: Standardize,
    /// How many words or characters in a row are a term.
    pub ngrams: Ngrams,
    /// Terms that occur less often are left out.
    pub min_count: NonZeroU64,
}

/// Single terms, however seldom, of texts in small letters without punctuation.
impl Default for TermOptions {
    fn default() -> TermOptions {
        Standardize::default().into()
    }
}

/// Single terms, however seldom.
impl From<Standardize> for TermOptions {
    fn from(standardize: Standardize) -> TermOptions {
        TermOptions {
            standardize,
            ngrams: Ngrams::default(),
            min_count: NonZeroU64::MIN,
        }
    }
}

/// Builds the vocabulary of the words that occur most often, or n-grams of words, at most `target_size` ids, padding and
/// `[UNK]` among them, on all cores.
///
/// Of words that occur equally often, those that sort last are taken first. The same texts give the same vocabulary,
/// whatever their order and the number of cores.
///
/// # Errors
/// [`Error::Argument`] where `target_size` leaves no room for a word, or no word occurs `min_count` times;
/// [`Error::Data`] where the texts have none, or more than a vocabulary's file may have.
///
/// # Source
/// Keras's `TextVectorization(max_tokens=target_size, standardize=…, ngrams=…).adapt`, word for word; it has no
/// `min_count`.
///
/// # Examples
/// ```
/// use gatefold::data::{Encoder, Ngrams, Standardize, TermOptions, build_words};
///
/// let texts = ["Good film!", "A good, long film."];
/// let built = build_words(&texts, 4, Standardize::default())?;
/// let encoder = Encoder::new(&built.vocabulary);
/// assert_eq!(encoder.encode("a GOOD film")?, [1, 2, 3]);
/// assert_eq!(encoder.decode(&[1, 2, 3]), "[UNK] good film");
///
/// let ngrams = Ngrams::up_to(2)?;
/// let built = build_words(&texts, 5, TermOptions { ngrams, ..TermOptions::default() })?;
/// assert_eq!(built.vocabulary.terms(), ["good", "film", "long film"]);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn build_words(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    options: impl Into<TermOptions>,
) -> Result<BuiltVocabulary> {
    build(texts, target_size, TermSplit::Words, options.into())
}

/// As [`build_words`], of Unicode characters, white space among them: for languages that put none between words.
///
/// # Errors
/// As [`build_words`].
pub fn build_characters(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    options: impl Into<TermOptions>,
) -> Result<BuiltVocabulary> {
    build(texts, target_size, TermSplit::Characters, options.into())
}

fn build(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    split: TermSplit,
    options: TermOptions,
) -> Result<BuiltVocabulary> {
    if target_size < LEAST_TARGET {
        let problem = format!(
            "{target_size} leaves no room for terms beside padding and {UNKNOWN_TERM}; give {LEAST_TARGET} or more"
        );
        return Err(Error::argument("target_size", problem));
    }
    let TermOptions {
        standardize,
        ngrams,
        min_count,
    } = options;
    let rules = TermRules {
        split,
        standardize,
        ngrams,
    };
    let counts = count(texts, &rules);
    let Some(most) = counts.values().copied().max() else {
        let problem = match rules.ngrams.lengths().contains(&1) {
            true => "the reviews are empty, so there is nothing to build a vocabulary from",
            false => "no review is as long as the shortest of `ngrams`; give shorter ones",
        };
        return Err(Error::Data(problem.to_owned()));
    };
    if most < min_count.get() {
        let problem = format!("no term occurs {min_count} times; give {most} or less");
        return Err(Error::argument("min_count", problem));
    }
    let often = |(_, count): &(String, u64)| *count >= min_count.get();
    let mut counts: Vec<(String, u64)> = counts.into_iter().filter(often).collect();
    counts.par_sort_unstable_by(|(term, count), (other, more)| (more, other).cmp(&(count, term)));
    counts.truncate(target_size + 1 - LEAST_TARGET);
    let least_count = counts.last().map_or(most, |(_, count)| *count);
    let terms = counts.into_iter().map(|(term, _)| term).collect();
    Ok(BuiltVocabulary {
        vocabulary: Vocabulary::from_terms(Terms::new(rules, terms))?,
        least_count,
    })
}

/// How often each term occurs.
fn count(texts: &[impl AsRef<str> + Sync], rules: &TermRules) -> HashMap<String, u64> {
    let count_chunk = |texts: &[_]| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for text in texts {
            let text: &str = AsRef::<str>::as_ref(text);
            rules.each_term(text, |term| {
                // A term is copied once, however often it occurs.
                match counts.get_mut(term) {
                    Some(count) => *count += 1,
                    None if term == UNKNOWN_TERM => {}
                    None => {
                        counts.insert(term.to_owned(), 1);
                    }
                }
            });
        }
        counts
    };
    let merge = |mut all: HashMap<String, u64>, counts: HashMap<String, u64>| {
        for (term, count) in counts {
            *all.entry(term).or_default() += count;
        }
        all
    };
    texts
        .par_chunks(CHUNK)
        .map(count_chunk)
        .reduce(HashMap::new, merge)
}
