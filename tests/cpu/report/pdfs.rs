//! Facts about figures as PDF: what poppler reads in them, where it is installed.

use std::fs;
use std::process::Command;

use gatefold::report::{accuracy_overview, loss_figure};
use gatefold::train::History;

use super::learning;
use crate::support::skipped;

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let figure = loss_figure(&learning(), Some("demo"));
    let (one, other) = (figure.to_pdf().unwrap(), figure.to_pdf().unwrap());
    assert!(one == other);
    assert!(one.starts_with(b"%PDF-1.7") && one.ends_with(b"%%EOF"));
    let text = String::from_utf8_lossy(&one);
    assert!(text.contains("/MediaBox [0 0 288 216]"), "4 × 3 inches");
    assert!(text.contains("/Title (Training and Validation loss)"));
    assert!(!text.contains("CreationDate"));
}

/// What a program of poppler says of a PDF file; nothing where it is not installed.
fn poppler(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    assert!(output.status.success(), "{program}: {output:?}");
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(problems, "", "{program} finds fault");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn its_text_can_be_searched_and_its_font_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("overview.pdf");
    let histories = ["baseline", "größer ▸ Δ"].map(|name| History {
        variant: name.to_owned(),
        ..learning()
    });
    fs::write(
        &path,
        accuracy_overview(&histories, Some("demo corpus"))
            .to_pdf()
            .unwrap(),
    )
    .unwrap();
    let path = path.to_string_lossy();
    let Some(text) = poppler("pdftotext", &["-layout", &path, "-"]) else {
        return skipped("no pdftotext: nobody reads the text of a PDF file");
    };
    for words in [
        "Validation accuracy",
        "Epochs",
        "baseline",
        "größer",
        "Δ",
        "demo corpus",
    ] {
        assert!(text.contains(words), "{words} is missing from {text}");
    }
    let fonts = poppler("pdffonts", &[&path]).unwrap();
    let row = fonts
        .lines()
        .find(|line| line.contains("DejaVuSans"))
        .unwrap();
    let columns: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        columns[..5],
        ["GATEFD+DejaVuSans", "CID", "TrueType", "Identity-H", "yes"]
    );
}
