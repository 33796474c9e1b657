//! The beginning of a text, safe to print: one line, nothing that moves the cursor or hides.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The beginning of `text` in at most `columns` characters, with an ellipsis where it goes on.
///
/// Control characters, and all others that do not show or that join their neighbour, are written as in
/// Rust: `\n`, `\u{200b}`. A backslash is `\\`, so that each of these means one thing.
pub fn excerpt(text: &str, columns: usize) -> String {
    let mut shown = String::new();
    let mut used = 0;
    // Where the last word that leaves room for the ellipsis ends.
    let mut room = 0;
    for character in text.chars() {
        let piece = visible(character);
        used += piece.chars().count();
        if used > columns {
            shown.truncate(room);
            shown.push('…');
            return shown;
        }
        shown.push_str(&piece);
        if used < columns {
            room = shown.len();
        }
    }
    shown
}

fn visible(character: char) -> String {
    let hidden = matches!(
        character.general_category_group(),
        GeneralCategoryGroup::Other | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Separator
    );
    match character {
        ' ' => " ".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' | '\r' | '\t' => character.escape_default().to_string(),
        _ if hidden => character.escape_unicode().to_string(),
        _ => character.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_made_visible() {
        let text = "a\nb\u{1b}[31m\u{202e}\u{200b}\\n e\u{301}\u{a0}é“”";
        let shown = excerpt(text, 100);
        assert_eq!(
            shown,
            "a\\nb\\u{1b}[31m\\u{202e}\\u{200b}\\\\n e\\u{301}\\u{a0}é“”"
        );
    }

    #[test]
    fn keeps_to_the_columns_and_breaks_no_escape() {
        assert_eq!(excerpt("abcd", 4), "abcd");
        assert_eq!(excerpt("abcde", 4), "abc…");
        assert_eq!(excerpt("ab\ncd", 4), "ab…");
        assert_eq!(excerpt("abc\n", 4), "abc…");
        assert_eq!(excerpt("", 4), "");
        for columns in 1..60 {
            let shown = excerpt(&"aé\u{200b}\\\t ".repeat(9), columns);
            assert!(shown.chars().count() <= columns, "{shown}");
        }
    }
}
