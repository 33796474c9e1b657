//! Subwords back to text: a final `_` is a space, an escaped underscore a `_`.

use super::tokens::UNDERSCORE;

/// Text that is put together from subwords and decoded bytes, in order.
///
/// A literal [`UNDERSCORE`] in the text is told from an escaped underscore by where it begins: with a
/// subword or bytes of its own that end within it, since encoding splits it in two.
#[derive(Debug, Default)]
pub(super) struct UnescapedText {
    text: String,
    /// Where an escape begins that a subword had only the first part of.
    cut: Option<usize>,
}

impl UnescapedText {
    /// Appends a subword.
    pub fn push_subword(&mut self, subword: &str) {
        let (body, space) = match subword.strip_suffix('_') {
            Some(body) => (body, " "),
            None => (subword, ""),
        };
        // The escape alone stays as it is, as in the original; encoding gives the byte of `_` instead.
        if !body.contains('\\') || subword == UNDERSCORE {
            self.push(body);
        } else {
            let body = body.replace(UNDERSCORE, "_");
            self.push(&body);
            self.cut = self
                .cut
                .or(cut_escape(&body).map(|length| self.text.len() - length));
        }
        self.push(space);
    }

    /// Appends text as it stands.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        let Some(start) = self.cut else { return };
        let rest = &self.text[start..];
        if rest.starts_with(UNDERSCORE) {
            self.text
                .replace_range(start..start + UNDERSCORE.len(), "_");
            self.cut = None;
        } else if !UNDERSCORE.starts_with(rest) {
            self.cut = None;
        }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// What a subword is a part of, its escaped underscores undone; one that it ends within is left out.
pub(super) fn unescaped(subword: &str) -> String {
    let mut text = subword.replace(UNDERSCORE, "_");
    text.truncate(text.len() - cut_escape(&text).unwrap_or(0));
    text
}

/// The bytes of an escape that `text` ends within, after something else.
fn cut_escape(text: &str) -> Option<usize> {
    (1..UNDERSCORE.len())
        .rev()
        .find(|&length| length < text.len() && text.ends_with(&UNDERSCORE[..length]))
}
