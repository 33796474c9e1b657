//! Tables against Python's csv module: `tests/peers/make_tables.py` made them and says what it reads in them.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    name: String,
    /// In hexadecimal.
    bytes: String,
    encoding: Option<String>,
    /// Text and label of each.
    rows: Vec<(String, u8)>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../peers/tables.json")).unwrap()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let pairs = (0..hexadecimal.len()).step_by(2);
    let byte = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap();
    pairs.map(byte).collect()
}

/// All rows of a table, whatever its parts, in the order of the file.
fn all_rows(
    name: &str,
    content: &[u8],
    encoding: Option<&str>,
) -> gatefold::Result<Vec<(String, u8)>> {
    let place = place();
    let path = place.path().join(name);
    fs::write(&path, content).unwrap();
    let source = Source::Table(Table {
        path,
        encoding: encoding.map(str::to_owned),
        ..Table::default()
    });
    let dataset = gatefold::data::load_to_test(&source, None, None, None)?;
    Ok(rows(&dataset.test, &dataset))
}

#[test]
fn python_reads_the_same_rows() {
    let cases = cases();
    assert!(cases.len() > 100);
    for (number, case) in cases.iter().enumerate() {
        let content = bytes(&case.bytes);
        let found = all_rows(&case.name, &content, case.encoding.as_deref());
        let shown = String::from_utf8_lossy(&content);
        // Rows without a text are left out.
        let expected: Vec<_> = case
            .rows
            .iter()
            .filter(|(text, _)| !text.is_empty())
            .cloned()
            .collect();
        assert_eq!(found.unwrap(), expected, "case {number}: {shown:?}");
    }
}

#[test]
fn every_way_to_end_lines_gives_the_same_rows_and_line_numbers() {
    let wrong = "text,label\n\"a\nb\",0\n\n\"c\n\nd\",1\ne,x\n";
    for end in ["\n", "\r\n", "\r"] {
        let content = wrong.replace('\n', end);
        let error = all_rows("r.csv", content.as_bytes(), None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("r.csv: line 8: label `x`"),
            "{end:?}: {error}"
        );
        let right = content.replace(",x", ",1");
        let found = all_rows("r.csv", right.as_bytes(), None).unwrap();
        let texts = [
            (format!("a{end}b"), 0),
            (format!("c{end}{end}d"), 1),
            ("e".to_owned(), 1),
        ];
        assert_eq!(found, texts, "{end:?}");
        let lines = format!(
            "{{\"text\": \"a\", \"label\": 0}}{end}{end}{{\"text\": 5, \"label\": 0}}{end}"
        );
        let error = all_rows("r.jsonl", lines.as_bytes(), None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("r.jsonl: line 3: `text` is 5"),
            "{end:?}: {error}"
        );
    }
}
