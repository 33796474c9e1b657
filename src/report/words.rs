//! [`Word`]: what a review's tokens contributed to a prediction, word by word.

use serde::Serialize;

use crate::data::{Encoder, WordOfIds};

/// A word, or whatever stands between two white spaces, and what it contributed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    /// Its letters, without the white space after it.
    pub text: String,
    /// The sum over its tokens: above 0 it speaks for the class that is explained, positive as a rule, below 0
    /// against it.
    pub contribution: f64,
    /// The ids of its tokens.
    pub ids: Vec<u32>,
}

/// The words of a review's `ids`, in order, with the sums of its tokens' `contributions`.
///
/// A token that is white space alone belongs to the word before it.
///
/// # Examples
/// ```
/// use gatefold::data::{Encoder, Vocabulary};
/// use gatefold::report::words;
///
/// let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// let encoder = Encoder::new(&Vocabulary::from_text("example", file)?);
/// let ids = encoder.encode("good film.")?;
/// let words = words(&encoder, &ids, &[0.5, 0.25, -1.0]);
/// assert_eq!(words[0].text, "good");
/// assert_eq!((words[1].text.as_str(), words[1].contribution), ("film.", -0.75));
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn words(encoder: &Encoder, ids: &[u32], contributions: &[f64]) -> Vec<Word> {
    weighed(encoder.words(ids), ids, contributions)
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
