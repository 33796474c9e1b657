//! The words that the entries of a vocabulary stand for.

use crate::data::terms::FIRST;
use crate::data::tokens::UNDERSCORE;
use crate::data::vocabulary::{Entries, Vocabulary};

/// Each id that stands for a word or a part of one, with its text: padding, bytes and the id of unknown words do not.
pub(super) fn words(vocabulary: &Vocabulary) -> Vec<(u32, String)> {
    let numbered = |texts: Vec<String>, first: u32| (first..).zip(texts).collect::<Vec<_>>();
    let all = match vocabulary.entries() {
        Entries::Subwords(subwords) => numbered(
            subwords.iter().map(|subword| of_subword(subword)).collect(),
            1,
        ),
        Entries::Terms(terms) => numbered(terms.terms.to_vec(), FIRST),
        #[cfg(feature = "tokenizers")]
        Entries::Tokenizer(tokenizer) => (1..tokenizer.size() as u32)
            .map(|id| (id, of_token(&tokenizer.decode(&[id], false))))
            .collect(),
    };
    let is_word = |text: &str| !text.is_empty() && !text.contains('\u{FFFD}');
    all.into_iter().filter(|(_, text)| is_word(text)).collect()
}

/// `the` of `the_`, whose underscore is the space behind a word.
fn of_subword(subword: &str) -> String {
    let body = subword.strip_suffix('_').unwrap_or(subword);
    body.replace(UNDERSCORE, "_").trim().to_owned()
}

/// A token without the marks of where in a word it stands, as WordPiece, Unigram and BPE have them.
#[cfg(feature = "tokenizers")]
fn of_token(token: &str) -> String {
    let token = token.trim();
    let marks = ["##", "\u{2581}", "\u{0120}"];
    let body = marks.iter().find_map(|mark| token.strip_prefix(mark));
    let body = body.unwrap_or(token);
    body.strip_suffix("</w>").unwrap_or(body).to_owned()
}
