//! `gatefold data export`: reviews in forms that other programs read.

use anyhow::Result;
use gatefold::data::{ExportCells, ExportForm, export};
use gatefold::report::check_absent;
use std::sync::atomic::AtomicBool;

use super::args::{DataExportArgs, Format};
use super::screen::{Output, counted, field};
use super::settings::DataSettings;
use super::tell_origin::load_told;
use super::usage::option;

/// Writes the reviews, whole or not at all.
pub fn run(args: &DataExportArgs, quiet: bool) -> Result<()> {
    let cells = if args.ids {
        ExportCells::Ids
    } else {
        ExportCells::Text
    };
    let form = match args.format {
        Format::Tfds if args.ids => {
            return Err(option("--ids", "TFDS records have ids anyway; leave this out").into());
        }
        Format::Tfds => ExportForm::Tfds,
        Format::Jsonl => ExportForm::JsonLines(cells),
        Format::Csv => ExportForm::Csv(cells),
    };
    let data = DataSettings::new(&args.data)?;
    check_absent("--output", &args.output)?;
    let output = Output { json: false, quiet };
    let dataset = load_told(&data, &AtomicBool::new(false), output)?;
    for note in &dataset.notes {
        output.field("Note", note);
    }
    let exported = export(&dataset, form, &args.output)?;
    if exported.inexact > 0 {
        let note = format!(
            "{} whose text, read again, has other ids, or is left out for being empty; --ids keeps them",
            counted(exported.inexact, "review")
        );
        output.field("Note", &note);
    }
    let mut parts = vec![
        ("to train on", &dataset.train),
        ("to test with", &dataset.test),
    ];
    if !dataset.held_out.is_empty() {
        parts[1].0 = "to validate with";
        parts.push(("to test with", &dataset.held_out));
    }
    let parts: Vec<String> = parts
        .iter()
        .map(|(what, reviews)| format!("{} {what}", counted(reviews.len(), "review")))
        .collect();
    let text = format!("{}: {}", exported.path.display(), parts.join(", "));
    output.result(&field("Wrote", &text))
}
