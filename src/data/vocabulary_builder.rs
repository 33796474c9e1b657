//! Builds a vocabulary from a corpus: the subwords that occur often enough for a given size.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::Vocabulary;
use super::subword_file::size_with;
use super::suffixes::{Candidate, Suffixes};
use super::tokens::{Token, Tokens, UNDERSCORE};
use super::trie::Trie;
use crate::error::{Error, Result};

/// Times that the subwords are chosen anew, with those of the time before.
const ROUNDS: usize = 4;
/// The search ends at a size that is less than this share of the target away from it: 1 %.
const CLOSE_ENOUGH: usize = 100;
/// Ids of a vocabulary where no number is asked for: that of the reference experiment, about.
pub const TARGET_SIZE: usize = 8192;
/// Padding, one subword, the bytes.
const LEAST_TARGET: usize = size_with(1);
/// Texts that are counted together.
const CHUNK: usize = 256;

/// A vocabulary, and the count that decided what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltVocabulary {
    /// The subwords, those that occur most often first.
    pub vocabulary: Vocabulary,
    /// How often a subword occurs in the corpus at least, where no longer one is taken.
    pub least_count: u64,
}

/// A least count was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchStep {
    /// Tries so far, from 1.
    pub done: usize,
    /// Tries at most; the search often ends before.
    pub most: usize,
    /// The count that was tried.
    pub least_count: u64,
    /// Ids of the vocabulary that came of it.
    pub size: usize,
}

/// Builds the vocabulary whose size is nearest to `target_size` ids, on all cores.
///
/// A subword is part of one token, never has more than 20 characters, and never a line feed, which is
/// therefore encoded as a byte. Few texts give fewer ids than the target. The same texts give the same
/// vocabulary, whatever their order and the number of cores. Once `stop` is set, the search ends within a
/// moment.
///
/// # Errors
/// As [`check_target_size`]; [`Error::Data`] where no part of a text occurs often enough to be a subword; [`Error::Interrupted`]; as
/// [`Vocabulary::from_subwords`] where the vocabulary is too large.
///
/// # Source
/// `tfds.deprecated.text.SubwordTextEncoder.build_from_corpus`, subword for subword, unless there are line
/// feeds in the texts: the original then makes subwords that its own file does not bring back.
///
/// # Examples
/// ```
/// use std::sync::atomic::AtomicBool;
/// use gatefold::data::build_vocabulary;
///
/// let texts = ["good film", "good film"];
/// let built = build_vocabulary(&texts, 260, &AtomicBool::new(false), &mut |_| {})?;
/// assert_eq!(built.vocabulary.subwords(), ["good_", "film"]);
/// assert_eq!(built.least_count, 2);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn build_vocabulary(
    texts: &[impl AsRef<str> + Sync],
    target_size: usize,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(SearchStep),
) -> Result<BuiltVocabulary> {
    check_target_size(target_size)?;
    let tokens = count_tokens(texts);
    let counts = || tokens.iter().map(|&(_, count)| count);
    let (Some(least), Some(most)) = (counts().min(), counts().max()) else {
        let problem = "the reviews are empty, so there is nothing to build a vocabulary from";
        return Err(Error::Data(problem.to_owned()));
    };
    let suffixes = Suffixes::new(tokens.iter().map(|(token, count)| (token.as_str(), *count)));
    let search = Search {
        suffixes: &suffixes,
        target_size,
        stop,
    };
    let (least_count, mut chosen) = search.nearest(least, most, progress)?;
    if chosen.is_empty() {
        return Err(Error::Data(
            "no subword occurs often enough for this size; give more or longer reviews, or a larger \
             `target_size`"
                .to_owned(),
        ));
    }
    let rank = |candidate: &Candidate| (candidate.count, suffixes.subword(candidate));
    chosen.par_sort_unstable_by(|a, b| rank(b).cmp(&rank(a)));
    Ok(BuiltVocabulary {
        vocabulary: Vocabulary::from_subwords(
            chosen.iter().map(|candidate| suffixes.subword(candidate)),
        )?,
        least_count,
    })
}

/// Whether a vocabulary of so many ids has room for a subword, beside padding and 256 bytes.
///
/// # Errors
/// [`Error::Argument`] where it has not: below 258.
pub fn check_target_size(target_size: usize) -> Result<()> {
    if target_size >= LEAST_TARGET {
        return Ok(());
    }
    let problem = format!(
        "{target_size} leaves no room for subwords beside padding and 256 bytes; give {LEAST_TARGET} or more"
    );
    Err(Error::argument("target_size", problem))
}

/// The distinct tokens of the texts, as subwords are written, ascending, with how often each occurs.
fn count_tokens(texts: &[impl AsRef<str> + Sync]) -> Vec<(String, u64)> {
    let reserved = Trie::new([(UNDERSCORE.as_bytes(), 0)]);
    let counts: HashMap<Token, u64> = texts
        .par_chunks(CHUNK)
        .map(|texts| {
            let mut counts = HashMap::new();
            let tokens = texts
                .iter()
                .flat_map(|text| Tokens::new(text.as_ref(), &reserved));
            for token in tokens {
                *counts.entry(token).or_default() += 1;
            }
            counts
        })
        .reduce(HashMap::new, |mut all, counts| {
            for (token, count) in counts {
                *all.entry(token).or_default() += count;
            }
            all
        });
    let mut tokens: Vec<(String, u64)> = counts
        .into_iter()
        .map(|(token, count)| {
            let mut escaped = String::new();
            token.escape(&mut escaped);
            (escaped, count)
        })
        .collect();
    tokens.par_sort_unstable();
    tokens
}

/// The search for the least count.
struct Search<'a> {
    suffixes: &'a Suffixes,
    target_size: usize,
    stop: &'a AtomicBool,
}

impl Search<'_> {
    /// The count between `low` and `high` with the size nearest to the target, and its subwords. Of sizes that
    /// are equally near, the one found last.
    fn nearest(
        &self,
        mut low: u64,
        mut high: u64,
        progress: &mut dyn FnMut(SearchStep),
    ) -> Result<(u64, Vec<Candidate>)> {
        let most = (high - low + 1).ilog2() as usize + 1;
        let mut nearest = (usize::MAX, low, Vec::new());
        for done in 1.. {
            let least_count = (low + high) / 2;
            let chosen = self.choose(least_count)?;
            let size = size_with(chosen.len());
            progress(SearchStep {
                done,
                most,
                least_count,
                size,
            });
            let distance = size.abs_diff(self.target_size);
            if distance <= nearest.0 {
                nearest = (distance, least_count, chosen);
            }
            let close = distance.saturating_mul(CLOSE_ENOUGH) < self.target_size;
            if close || low >= high || least_count <= 1 {
                break;
            }
            if size > self.target_size {
                low = least_count + 1;
            } else {
                high = least_count - 1;
            }
        }
        let (_, least_count, chosen) = nearest;
        Ok((least_count, chosen))
    }

    /// The subwords that come of a least count.
    fn choose(&self, least_count: u64) -> Result<Vec<Candidate>> {
        let mut chosen = Vec::new();
        for _ in 0..ROUNDS {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            chosen = self.suffixes.choose(&chosen, least_count);
        }
        Ok(chosen)
    }
}
