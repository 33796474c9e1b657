//! Builds a vocabulary of words or characters from a corpus: those that occur most often.

use std::collections::HashMap;

use rayon::prelude::*;

use super::terms::{Standardize, TermSplit, Terms, UNKNOWN_TERM, each_term};
use super::{BuiltVocabulary, Vocabulary};
use crate::error::{Error, Result};

/// Texts that are counted together.
const CHUNK: usize = 256;
/// Padding, `[UNK]`, one term.
const LEAST_TARGET: usize = 3;

/// Builds the vocabulary of the words that occur most often, at most `target_size` ids, padding and `[UNK]` among them,
/// on all cores.
///
/// Of words that occur equally often, those that sort last are taken first. The same texts give the same vocabulary,
/// whatever their order and the number of cores.
///
/// # Errors
/// [`Error::Argument`] where `target_size` leaves no room for a word; [`Error::Data`] where the texts have none.
///
/// # Source
/// Keras's `TextVectorization(max_tokens=target_size, standardize=…).adapt`, word for word.
///
/// # Examples
/// ```
/// use gatefold::data::{Encoder, Standardize, build_words};
///
/// let built = build_words(&["Good film!", "A good, long film."], 4, Standardize::default())?;
/// let encoder = Encoder::new(&built.vocabulary);
/// assert_eq!(encoder.encode("a GOOD film")?, [1, 2, 3]);
/// assert_eq!(encoder.decode(&[1, 2, 3]), "[UNK] good film");
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn build_words(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    standardize: Standardize,
) -> Result<BuiltVocabulary> {
    build(texts, target_size, TermSplit::Words, standardize)
}

/// As [`build_words`], of Unicode characters, white space among them: for languages that put none between words.
///
/// # Errors
/// As [`build_words`].
pub fn build_characters(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    standardize: Standardize,
) -> Result<BuiltVocabulary> {
    build(texts, target_size, TermSplit::Characters, standardize)
}

fn build(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    split: TermSplit,
    standardize: Standardize,
) -> Result<BuiltVocabulary> {
    if target_size < LEAST_TARGET {
        let problem = format!(
            "{target_size} leaves no room for terms beside padding and {UNKNOWN_TERM}; give {LEAST_TARGET} or more"
        );
        return Err(Error::argument("target_size", problem));
    }
    let mut counts: Vec<(String, u64)> = count(texts, split, standardize).into_iter().collect();
    counts.par_sort_unstable_by(|(term, count), (other, more)| (more, other).cmp(&(count, term)));
    counts.truncate(target_size + 1 - LEAST_TARGET);
    let Some(&(_, least_count)) = counts.last() else {
        let problem = "the reviews are empty, so there is nothing to build a vocabulary from";
        return Err(Error::Data(problem.to_owned()));
    };
    let terms = counts.into_iter().map(|(term, _)| term).collect();
    Ok(BuiltVocabulary {
        vocabulary: Vocabulary::from_terms(Terms::new(split, standardize, terms))?,
        least_count,
    })
}

/// How often each term occurs.
fn count(
    texts: &[impl AsRef<str> + Sync],
    split: TermSplit,
    standardize: Standardize,
) -> HashMap<String, u64> {
    let count_chunk = |texts: &[_]| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for text in texts {
            let text: &str = AsRef::<str>::as_ref(text);
            each_term(text, split, standardize, |term| {
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
