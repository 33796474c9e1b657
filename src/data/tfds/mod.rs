//! Data sets as tensorflow-datasets keeps them on disk: records in shards, with their description beside.
//!
//! A version's folder, `imdb_reviews/subwords8k/1.0.0` say, holds `dataset_info.json`, `features.json`,
//! the shards of each split, `label.labels.txt` and, for texts that are ids, `text.text.subwords`.

mod example;
mod features;
mod find;
mod info;
mod json;
mod read;
mod record;
mod write;

pub use record::{RecordReader, RecordWriter};

pub(super) use features::{TextForm, read_features};
pub(super) use find::{DataSetFolder, find};
pub(super) use read::read;
pub(super) use write::{folder_name, write};

/// The vocabulary that a data set's ids are of.
pub(super) const VOCABULARY: &str = "text.text.subwords";
/// The name of a data set that the demo corpus was exported to, which says that it is made up.
const SYNTHETIC: &str = "demo_reviews";
