//! A data set's folder, as tensorflow-datasets reads it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::example::encode;
use super::features::{FEATURES, LABELS};
use super::info::{INFO, shard_name};
use super::{RecordWriter, SYNTHETIC, VOCABULARY};
use crate::atomic::write_atomically;
use crate::data::split::Split;
use crate::data::{Dataset, Review};
use crate::error::{Error, Result};

const NAME: &str = "imdb_reviews";
const CONFIG: &str = "subwords8k";
const VERSION: &str = "1.0.0";

/// The folder that [`write`] makes below the one it is given: name, configuration, version.
pub(in crate::data) fn folder_name(dataset: &Dataset) -> [&'static str; 3] {
    [name(dataset), CONFIG, VERSION]
}

fn name(dataset: &Dataset) -> &'static str {
    if dataset.synthetic { SYNTHETIC } else { NAME }
}

/// Writes the ids, labels and vocabulary of a data set to a new folder below `root`, which exists.
///
/// # Errors
/// [`Error::Io`] where the system refuses.
pub(in crate::data) fn write(dataset: &Dataset, root: &Path) -> Result<()> {
    let folder = folder_name(dataset)
        .iter()
        .fold(root.to_owned(), |path, name| path.join(name));
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let mut splits = Vec::new();
    // In order of their names, as the original has them.
    for (split, reviews) in [(Split::Test, &dataset.test), (Split::Train, &dataset.train)] {
        let path = folder.join(shard_name(name(dataset), split, 0, 1));
        let bytes = write_shard(&path, reviews)?;
        splits.push(json!({
            "name": split.name(),
            "numBytes": bytes.to_string(),
            "shardLengths": [reviews.len().to_string()],
        }));
    }
    let mut info = serde_json::to_vec_pretty(&description(dataset, &splits)).map_err(internal)?;
    info.push(b'\n');
    write_atomically(&folder.join(INFO), &info)?;
    let features = serde_json::to_vec_pretty(&features()).map_err(internal)?;
    write_atomically(&folder.join(FEATURES), &features)?;
    write_atomically(&folder.join(LABELS), b"neg\npos\n")?;
    dataset.vocabulary.save(&folder.join(VOCABULARY))
}

/// Writes a record a review, and returns the bytes of their payloads.
fn write_shard(path: &Path, reviews: &[Review]) -> Result<usize> {
    let mut shard = Vec::new();
    let mut records = RecordWriter::new(path, &mut shard);
    let mut bytes = 0;
    for review in reviews {
        let payload = encode(&review.ids, review.label);
        bytes += payload.len();
        records.write(&payload)?;
    }
    write_atomically(path, &shard)?;
    Ok(bytes)
}

/// `dataset_info.json`, with no key that only some releases know.
fn description(dataset: &Dataset, splits: &[Value]) -> Value {
    let size = dataset.vocabulary.size();
    let made_up = if dataset.synthetic {
        " The reviews are synthetic."
    } else {
        ""
    };
    json!({
        "name": name(dataset),
        "configName": CONFIG,
        "configDescription": format!("Subword ids of a vocabulary of {size} ids, text.text.subwords"),
        "description": format!("Film reviews, exported by gatefold from {}.{made_up}", dataset.name),
        "splits": splits,
        "supervisedKeys": {"input": "text", "output": "label"},
        "version": VERSION,
    })
}

/// `features.json`. The text is a tensor of ids: releases without text encoders refuse a `Text` of ids.
fn features() -> Value {
    let class = |name: &str| format!("tensorflow_datasets.core.features.{name}");
    json!({
        "type": class("features_dict.FeaturesDict"),
        "content": {
            "text": {
                "type": class("tensor_feature.Tensor"),
                "content": {"shape": [null], "dtype": "int64"},
            },
            "label": {
                "type": class("class_label_feature.ClassLabel"),
                "content": {"num_classes": 2},
            },
        },
    })
}

fn internal(error: serde_json::Error) -> Error {
    Error::Internal {
        place: "writing the description of a data set",
        problem: error.to_string(),
    }
}
