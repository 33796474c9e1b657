//! `history.csv`: one line an epoch, under Keras's names.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use crate::error::{Error, Result};
use crate::train::{EpochRecord, LayerNorm};

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

/// What stands before a layer's name in the columns of the mean and maximum of its gradients' norms.
const OF_LAYER: [&str; 2] = ["gradient_norm/", "gradient_norm_max/"];

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
    let layers = layers(epochs);
    let header = HEADER.iter().chain(norms).map(|name| (*name).to_owned());
    let of_layers = layers
        .iter()
        .flat_map(|layer| OF_LAYER.map(|prefix| format!("{prefix}{layer}")));
    writer
        .write_record(header.chain(of_layers))
        .map_err(failed)?;
    for record in epochs {
        let figures = (
            record.epoch,
            record.loss,
            record.accuracy,
            record.val_loss,
            record.val_accuracy,
            record.learning_rate,
        );
        let norms = measured.then_some([record.gradient_norm, record.gradient_norm_max]);
        let of_layers = layers.iter().flat_map(|layer| {
            let found = record.layer_gradient_norms.iter();
            let norm = found.into_iter().find(|norm| norm.layer == *layer);
            [norm.map(|norm| norm.mean), norm.map(|norm| norm.max)]
        });
        let norms: Vec<Option<f64>> = norms.into_iter().flatten().chain(of_layers).collect();
        writer.serialize((figures, norms)).map_err(failed)?;
    }
    let bytes = writer.into_inner();
    bytes.map_err(|error| Error::Data(format!("history.csv: {error}")))
}

/// Names of the layers whose norms any of the epochs has, in order.
pub(super) fn layers(epochs: &[EpochRecord]) -> Vec<&str> {
    let mut layers = Vec::new();
    for norm in epochs
        .iter()
        .flat_map(|record| &record.layer_gradient_norms)
    {
        if !layers.contains(&norm.layer.as_str()) {
            layers.push(&norm.layer);
        }
    }
    layers
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
        .cloned()
        .map_err(|error| malformed("line 1".to_owned(), error.to_string()))?;
    if let Some(missing) = HEADER
        .iter()
        .find(|name| !header.iter().any(|found| found == **name))
    {
        let problem = format!("no column {missing}; expected {}", HEADER.join(","));
        return Err(malformed("line 1".to_owned(), problem));
    }
    let mut epochs: Vec<EpochRecord> = Vec::new();
    for row in reader.records() {
        let record = row.and_then(|row| {
            let mut record: EpochRecord = row.deserialize(Some(&header))?;
            record.layer_gradient_norms = layer_norms(&header, &row)?;
            Ok(record)
        });
        let record = record.map_err(|error| {
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

/// The norms in the columns of layers.
fn layer_norms(header: &StringRecord, row: &StringRecord) -> csv::Result<Vec<LayerNorm>> {
    let [mean, max] = OF_LAYER;
    let mut norms = Vec::new();
    for layer in header.iter().filter_map(|name| name.strip_prefix(mean)) {
        let of_layer = |prefix: &str| {
            let column = header
                .iter()
                .position(|name| name.strip_prefix(prefix) == Some(layer));
            column
                .and_then(|column| row.get(column))
                .unwrap_or_default()
        };
        let mut pair = StringRecord::from(vec![of_layer(mean), of_layer(max)]);
        pair.set_position(row.position().cloned());
        if let (Some(mean), Some(max)) = pair.deserialize(None)? {
            let layer = layer.to_owned();
            norms.push(LayerNorm { layer, mean, max });
        }
    }
    Ok(norms)
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
