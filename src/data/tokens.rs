//! Text to tokens: what subwords are cut from, and counted in.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::trie::Trie;

/// What stands for a literal underscore inside a token, where `_` means a space.
pub(super) const UNDERSCORE: &str = "\\&undsc";
/// The two tokens that a literal [`UNDERSCORE`] in the text becomes.
const UNDERSCORE_PARTS: (&str, &str) = ("\\&", "undsc");

/// A run of word or of other characters, with the single space that follows it, if one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Token<'a> {
    /// Never empty, as it stands in the text.
    text: &'a str,
    space: bool,
}

impl Token<'_> {
    /// Appends the token as subwords are written: [`UNDERSCORE`] for `_`, then `_` for the space.
    pub fn escape(&self, into: &mut String) {
        let mut parts = self.text.split('_');
        into.extend(parts.next());
        for part in parts {
            into.extend([UNDERSCORE, part]);
        }
        if self.space {
            into.push('_');
        }
    }
}

/// The tokens of a text, in order.
///
/// Reserved subwords are split off first, what is between them into runs of word and of other
/// characters. A single space becomes part of the token before it; two or more are a token.
pub(super) struct Tokens<'a> {
    reserved: &'a Trie,
    rest: &'a str,
    /// Read ahead: the run after the token that was given out last, empty at the end of the text.
    run: &'a str,
    /// The second part of a literal [`UNDERSCORE`].
    second: Option<Token<'a>>,
}

impl<'a> Tokens<'a> {
    /// The tokens of `text`; `reserved` has [`UNDERSCORE`] among its keys.
    pub fn new(text: &'a str, reserved: &'a Trie) -> Tokens<'a> {
        let mut rest = text;
        let run = cut(&mut rest, reserved);
        Tokens {
            reserved,
            rest,
            run,
            second: None,
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(second) = self.second.take() {
            return Some(second);
        }
        let text = self.run;
        if text.is_empty() {
            return None;
        }
        self.run = cut(&mut self.rest, self.reserved);
        let space = self.run == " ";
        if text == UNDERSCORE {
            // The original leaves the space in place as well as absorbing it.
            let (text, second) = UNDERSCORE_PARTS;
            self.second = Some(Token {
                text: second,
                space,
            });
            return Some(Token { text, space: false });
        }
        if space {
            self.run = cut(&mut self.rest, self.reserved);
        }
        Some(Token { text, space })
    }
}

/// Cuts the first run off `rest`: a reserved subword, or word or other characters up to the next
/// reserved subword. Empty at the end of the text.
fn cut<'a>(rest: &mut &'a str, reserved: &Trie) -> &'a str {
    let text = *rest;
    let reserved = |at: usize| {
        let bytes = &text.as_bytes()[at..];
        if reserved.starts_with(bytes[0]) {
            reserved.longest(bytes)
        } else {
            None
        }
    };
    let mut characters = text.char_indices();
    let end = match characters.next() {
        None => 0,
        Some((_, first)) => match reserved(0) {
            Some((length, _)) => length,
            None => {
                let word = is_word(first);
                characters
                    .find(|&(at, character)| is_word(character) != word || reserved(at).is_some())
                    .map_or(text.len(), |(at, _)| at)
            }
        },
    };
    let (run, after) = text.split_at(end);
    *rest = after;
    run
}

/// Whether a subword has both word and other characters, so that no run holds it.
pub(super) fn is_mixed(subword: &str) -> bool {
    subword.contains(is_word) && !subword.chars().all(is_word)
}

/// Python's `\w`: a letter, a number of any kind, or `_`. Marks and circled letters are none, though
/// Unicode calls them alphabetic.
fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    matches!(
        character.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    )
}
