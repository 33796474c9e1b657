//! `history.csv`: one line an epoch, under Keras's names.

use std::path::Path;

use csv::{ReaderBuilder, WriterBuilder};

use crate::error::{Error, Result};
use crate::train::EpochRecord;

/// The columns that every run has, in order.
const HEADER: [&str; 6] = [
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
];

/// Columns of a run whose norms of gradients were measured.
const NORMS: [&str; 2] = ["gradient_norm", "gradient_norm_max"];

/// The content of `history.csv`: every number with as many digits as give it back exactly.
///
/// Times are left out, so that two runs of one command write the same bytes.
///
/// # Errors
/// [`Error::Data`] where the CSV writer fails, which it does not in memory.
pub fn to_csv(epochs: &[EpochRecord]) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Error::Data(format!("history.csv: {error}"));
    let mut writer = WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let measured = epochs.iter().any(|record| record.gradient_norm.is_some());
    let norms = if measured { &NORMS[..] } else { &[] };
    let header = HEADER.iter().chain(norms);
    writer.write_record(header).map_err(failed)?;
    for record in epochs {
        let figures = (
            record.epoch,
            record.loss,
            record.accuracy,
            record.val_loss,
            record.val_accuracy,
            record.learning_rate,
        );
        let written = if measured {
            writer.serialize((figures, record.gradient_norm, record.gradient_norm_max))
        } else {
            writer.serialize(figures)
        };
        written.map_err(failed)?;
    }
    let bytes = writer.into_inner();
    bytes.map_err(|error| Error::Data(format!("history.csv: {error}")))
}

/// Reads what [`to_csv`] wrote; `path` is named in errors. Further columns are passed over.
///
/// # Errors
/// [`Error::Malformed`] with the line: a column missing, something that is no number, epochs out of
/// order, a last line without its end.
pub fn from_csv(path: &Path, bytes: &[u8]) -> Result<Vec<EpochRecord>> {
    let malformed = |place: String, problem: String| Error::Malformed {
        path: path.to_path_buf(),
        place,
        problem,
    };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    if bytes.last() != Some(&b'\n') {
        let problem = "the file is cut short: its last line has no end".to_owned();
        return Err(malformed(format!("line {}", lines + 1), problem));
    }
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    let header = reader
        .headers()
        .map_err(|error| malformed("line 1".to_owned(), error.to_string()))?;
    if let Some(missing) = HEADER
        .iter()
        .find(|name| !header.iter().any(|found| found == **name))
    {
        let problem = format!("no column {missing}; expected {}", HEADER.join(","));
        return Err(malformed("line 1".to_owned(), problem));
    }
    let mut epochs: Vec<EpochRecord> = Vec::new();
    for record in reader.deserialize() {
        let record: EpochRecord = record.map_err(|error| {
            let line = error.position().map_or(lines as u64, csv::Position::line);
            malformed(format!("line {line}"), problem(&error))
        })?;
        let expected = epochs.last().map_or(1, |last| last.epoch + 1);
        if record.epoch < expected {
            let problem = format!(
                "epoch {} where {expected} or later should follow",
                record.epoch
            );
            return Err(malformed(format!("record {}", epochs.len() + 1), problem));
        }
        epochs.push(record);
    }
    Ok(epochs)
}

/// What is wrong, without the position that the error's own text repeats.
fn problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| {
                HEADER
                    .iter()
                    .chain(&NORMS)
                    .nth(usize::try_from(field).ok()?)
            });
            match column {
                Some(name) => format!("column {name}: {}", err.kind()),
                None => err.kind().to_string(),
            }
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("{len} fields where the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}
