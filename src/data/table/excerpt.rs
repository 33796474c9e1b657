//! Fields of files as messages can show them.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// As much of a field's text as a message can bear, what does not show in it made visible.
pub(in crate::data) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown = String::new();
    for (place, character) in text.chars().enumerate() {
        if place == LONGEST {
            shown.push('…');
            break;
        }
        match character.general_category_group() {
            GeneralCategoryGroup::Other => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}
