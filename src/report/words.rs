//! [`Word`]: what a review's tokens contributed to a prediction, word by word.

use std::ops::Range;

use serde::Serialize;

use crate::data::{Encoder, SharedWord, WordOfIds};

/// A word, or whatever stands between two white spaces, and what it contributed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    /// Its letters, without the white space after it.
    pub text: String,
    /// The sum over its tokens, or over its shares of n-grams: above 0 it speaks for the class that is explained, positive as a rule, below 0
    /// against it.
    pub contribution: f64,
    /// The ids of its tokens.
    pub ids: Vec<u32>,
}

/// The words of a review's `ids`, in order, with the sums of the `contributions` of its tokens, of which it keeps `kept`.
///
/// A token that is white space alone belongs to the word before it. An n-gram's contribution is [shared out](shared_out).
///
/// # Examples
/// ```
/// use gatefold::data::{Encoder, Vocabulary};
/// use gatefold::report::words;
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let encoder = Encoder::new(&Vocabulary::from_text("example", file)?);
/// let ids = encoder.encode("good film.")?;
/// let words = words(&encoder, &ids, 0..3, &[0.5, 0.25, -1.0]);
/// assert_eq!(words[0].text, "good");
/// assert_eq!((words[1].text.as_str(), words[1].contribution), ("film.", -0.75));
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn words(
    encoder: &Encoder,
    ids: &[u32],
    kept: Range<usize>,
    contributions: &[f64],
) -> Vec<Word> {
    match encoder.shared_words(ids) {
        Some(words) => shared_out(words, &ids[kept.clone()], kept.start, contributions),
        None => weighed(encoder.words(&ids[kept.clone()]), &ids[kept], contributions),
    }
}

/// The same for words that are known: which of the `ids` each has, and its text.
pub fn weighed(words: Vec<WordOfIds>, ids: &[u32], contributions: &[f64]) -> Vec<Word> {
    let words = words.into_iter();
    words
        .map(|(tokens, text)| Word {
            text: text.trim().to_string(),
            contribution: contributions[tokens.clone()].iter().sum(),
            ids: ids[tokens].to_vec(),
        })
        .collect()
}

/// The same for words of which several ids are, as of n-grams: each id's contribution is divided equally among its words.
/// `ids` are those that the review keeps, from the `first` of all on; words without any of them are left out.
pub fn shared_out(
    words: Vec<SharedWord>,
    ids: &[u32],
    first: usize,
    contributions: &[f64],
) -> Vec<Word> {
    let mut sharers = vec![0.0; ids.len()];
    let kept = |id: &usize| id.checked_sub(first).filter(|id| *id < ids.len());
    for id in words.iter().flat_map(|word| &word.ids).filter_map(kept) {
        sharers[id] += 1.0;
    }
    let words = words.into_iter().map(|word| {
        let own: Vec<usize> = word.ids.iter().filter_map(kept).collect();
        Word {
            text: word.text.trim().to_string(),
            contribution: own.iter().map(|&id| contributions[id] / sharers[id]).sum(),
            ids: own.iter().map(|&id| ids[id]).collect(),
        }
    });
    words.filter(|word| !word.ids.is_empty()).collect()
}

/// What the largest contribution is, whatever its sign; 0 where there are none.
pub fn largest(words: &[Word]) -> f64 {
    let sizes = words.iter().map(|word| word.contribution.abs());
    sizes.fold(0.0, f64::max)
}

/// How deep a word is coloured: its contribution as a share of the largest, from −1 to 1.
pub fn depth(word: &Word, largest: f64) -> f64 {
    if largest > 0.0 {
        word.contribution / largest
    } else {
        0.0
    }
}
