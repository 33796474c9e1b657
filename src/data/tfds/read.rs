//! The reviews of a data set's folder.

use std::fs::File;
use std::io::{BufReader, ErrorKind};

use super::example::decode;
use super::{DataSetFolder, RecordReader, SYNTHETIC, TextForm};
use crate::data::raw::{RawDataset, RawReview, note_replaced, note_unlabelled};
use crate::data::split::{Split, Splits};
use crate::data::{ReviewLimits, sentiment_classes};
use crate::error::{Error, Result};

const UNLABELLED: &str = "unsupervised";

/// Reads the splits `train` and `test`, in the order of their records, every checksum checked.
///
/// `form` is how the records hold texts, and `size` how many ids the vocabulary has.
///
/// # Errors
/// [`Error::Malformed`] names shard, record and byte; a shard that is missing is named as well.
/// [`Error::Io`], and [`Error::Data`] where a class is missing.
pub(in crate::data) fn read(
    found: &DataSetFolder,
    form: TextForm,
    size: usize,
    limits: ReviewLimits,
) -> Result<RawDataset> {
    let mut splits = Splits::new(limits, sentiment_classes());
    let mut replaced = 0;
    for split in Split::ALL {
        let shards = found.info.shards(&found.folder, split)?;
        let count = shards.len();
        for (index, (path, length)) in shards.into_iter().enumerate() {
            let file = File::open(&path).map_err(|error| match error.kind() {
                ErrorKind::NotFound => Error::Data(format!(
                    "{}: shard {} of {count} of the {} split is missing; copy the whole folder again",
                    path.display(),
                    index + 1,
                    split.name()
                )),
                _ => Error::io(&path)(error),
            })?;
            let mut records = RecordReader::new(path, BufReader::with_capacity(1 << 16, file));
            while let Some(payload) = records.read()? {
                let decoded =
                    decode(payload, form, size).map_err(|problem| records.malformed(problem))?;
                replaced += usize::from(!decoded.valid);
                splits.add(
                    split,
                    RawReview {
                        content: decoded.content,
                        label: decoded.label,
                    },
                );
            }
            if records.records() != length {
                return Err(records.malformed(format!(
                    "the shard ends after this record, but dataset_info.json says that it has {length}; \
                     copy the whole folder again"
                )));
            }
        }
    }
    let mut notes: Vec<String> = found.note.iter().cloned().collect();
    for (name, count) in found.info.other_splits() {
        notes.push(match name {
            UNLABELLED => note_unlabelled(name, count as usize),
            _ => format!("split {name}, ignored: {count} records"),
        });
    }
    if replaced > 0 {
        notes.push(note_replaced(replaced));
    }
    let [train, test] = splits.finish(&found.folder)?;
    Ok(RawDataset {
        train,
        test,
        held_out: Vec::new(),
        classes: sentiment_classes(),
        synthetic: found.info.name == SYNTHETIC,
        notes,
    })
}
