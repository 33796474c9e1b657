//! What texts come as, told by the name of their file or by how it begins.

use std::fmt;
use std::io::Cursor;
use std::path::Path;

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::row::strings;
use crate::data::table::excerpt::shortened;
use crate::data::table::form::{Form, Notation, TEXT_ENDING, csv_delimiter, unpacked_name};
use crate::data::table::lines::Lines;
use crate::data::table::records::{Quotes, Records};

/// What texts come as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Each line is a text.
    Lines,
    /// A table with commas or semicolons, the names of its columns first.
    Csv,
    /// A table with tabs, the names of its columns first.
    Tsv,
    /// A JSON object a line.
    JsonLines,
}

impl fmt::Display for TextForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TextForm::Lines => "a text a line",
            TextForm::Csv => "CSV",
            TextForm::Tsv => "TSV",
            TextForm::JsonLines => "JSON Lines",
        })
    }
}

impl TextForm {
    /// The table that a file is by the end of its name; what is called `.txt` or `.json` tells by how it begins.
    ///
    /// # Errors
    /// For a table in a form that is not read.
    pub(super) fn of_name(path: &Path) -> Result<Option<TextForm>, String> {
        let Some(Form { notation, .. }) = Form::of(path) else {
            return Ok(None);
        };
        if notation == Some(Notation::Parquet) {
            let problem = "is a Parquet file, of which texts are not read one by one; save it as CSV or JSON Lines";
            return Err(problem.to_owned());
        }
        let name = path.to_string_lossy().to_lowercase();
        let (plain, _) = unpacked_name(&name);
        Ok(match notation {
            _ if plain.ends_with(TEXT_ENDING) || plain.ends_with(".json") => None,
            Some(Notation::Delimited(b'\t')) => Some(TextForm::Tsv),
            Some(Notation::Delimited(_)) => Some(TextForm::Csv),
            Some(Notation::Json) => Some(TextForm::JsonLines),
            Some(Notation::Parquet) | None => None,
        })
    }
}

/// Rows that are looked at.
const ROWS: usize = 20;

/// Tells what a file that begins with `text` is, of which the text stands in one of `columns` if it is a table. Unless it
/// `is_whole`, its last line may be cut off.
///
/// # Errors
/// For a table in a form that is not read.
pub(super) fn form_of(text: &str, columns: &[&str], is_whole: bool) -> Result<TextForm, String> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let first = first.unwrap_or_default();
    if serde_json::from_str::<Map<String, Value>>(first).is_ok() {
        return Ok(TextForm::JsonLines);
    }
    let begins_array = first == "["
        || first
            .strip_prefix('[')
            .is_some_and(|rest| rest.trim_start().starts_with('{'));
    if begins_array || first == "{" {
        let problem = "looks like a JSON document; write one object a line, or read each line as a text with \
                       `TextForm::Lines`";
        return Err(problem.to_owned());
    }
    let usual = csv_delimiter(first.as_bytes());
    for (delimiter, form) in [(usual, TextForm::Csv), (b'\t', TextForm::Tsv)] {
        if columns_of(text, delimiter, columns, is_whole).is_some() {
            return Ok(form);
        }
    }
    if let Some(names) = columns_of(text, b'|', columns, is_whole) {
        return Err(format!(
            "looks like a table with the columns {}, divided by `|`; save it with commas or tabs between them, or \
             read each line as a text with `TextForm::Lines`",
            shortened(&names.join(", ")),
        ));
    }
    Ok(TextForm::Lines)
}

/// The names of the columns, if this looks like a table: its first line has names, and one of those that are looked for
/// is among them, or all rows are as wide.
fn columns_of(text: &str, delimiter: u8, wanted: &[&str], is_whole: bool) -> Option<Vec<String>> {
    let text = match (is_whole, text.rfind(['\n', '\r'])) {
        (false, Some(end)) => &text[..end],
        _ => text,
    };
    let rows = |quotes| {
        let lines = Lines::new(Box::new(Cursor::new(text.as_bytes().to_vec())));
        let mut records = Records::new(lines, delimiter, quotes);
        let mut rows: Vec<(ByteRecord, bool)> = Vec::new();
        while rows.len() <= ROWS
            && let Ok(Some(row)) = records.read()
        {
            rows.push((row.fields.clone(), row.fault.is_none()));
        }
        rows
    };
    let around = rows(Quotes::Around);
    let (names, _) = around.first()?;
    let names = strings(names);
    if names.len() < 2 || !names.iter().all(|name| is_name(name)) {
        return None;
    }
    let is_wanted = |name: &String| wanted.contains(&name.trim());
    let are_alike = |rows: &[(ByteRecord, bool)]| {
        let mut others = rows.iter().skip(1);
        rows.len() > 1 && others.all(|(fields, sound)| *sound && fields.len() == names.len())
    };
    let is_table =
        names.iter().any(is_wanted) || are_alike(&around) || are_alike(&rows(Quotes::Plain));
    is_table.then_some(names)
}

/// Whether a field is like the name of a column, rather than a part of a sentence.
fn is_name(field: &str) -> bool {
    const LONGEST: usize = 40;
    let is_part = |c: char| c.is_alphanumeric() || " _-.#".contains(c);
    !field.is_empty()
        && field.chars().count() <= LONGEST
        && !field.starts_with(' ')
        && field.split(' ').count() <= 3
        && field.chars().all(is_part)
        && field.chars().any(char::is_alphabetic)
        && !field.ends_with('.')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_from_texts_by_how_they_begin() {
        let forms = [
            ("id,text,label\n7,A film.,0\n", TextForm::Csv),
            ("text,label\n\"A, film\",1\n", TextForm::Csv),
            ("id;text\n7;A film, fine\n", TextForm::Csv),
            // The row is wider than the names: the reader says so.
            ("text,label\nA, film,1\n", TextForm::Csv),
            ("id,comment\n7,A film.\n8,Another.\n", TextForm::Csv),
            ("PhraseId\tPhrase\n7\tA \"film\n", TextForm::Tsv),
            ("\n{\"text\": \"a\"}\n", TextForm::JsonLines),
            (
                "A film, and a good one.\nDull, slow, long.\n",
                TextForm::Lines,
            ),
            ("Great, fun\nBad, dull\n", TextForm::Lines),
            ("Great,fun\nIt was great, fun, and short\n", TextForm::Lines),
            ("great,fun\n", TextForm::Lines),
            ("{sic} a film\n", TextForm::Lines),
            ("[spoiler] a film\n", TextForm::Lines),
            ("", TextForm::Lines),
        ];
        for (text, form) in forms {
            assert_eq!(form_of(text, &["text"], true), Ok(form), "{text}");
        }
        for text in [
            "[\n{\"text\": \"a\"}]",
            "[{\"text\": \"a\"}]",
            "{\n\"text\": \"a\"}",
            "id|text\n7|A film\n",
        ] {
            let refused = form_of(text, &["text"], true).unwrap_err();
            assert!(refused.contains("looks like"), "{refused}");
        }
        // The last line of a longer file is cut off anywhere.
        assert_eq!(
            form_of("id,phrase\n7,a\n8", &["text"], false),
            Ok(TextForm::Csv)
        );
        assert_eq!(
            form_of("id,phrase\n7,a\n8", &["text"], true),
            Ok(TextForm::Lines)
        );
    }
}
