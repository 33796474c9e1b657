//! `dataset_info.json`: what a data set is called, and how many records its shards have.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::json::{malformed, read_json};
use crate::data::split::Split;
use crate::error::Result;

pub(super) const INFO: &str = "dataset_info.json";
/// The only form of shards that gatefold reads.
const TFRECORD: &str = "tfrecord";
/// How shards are called unless a data set says otherwise.
const FILE_NAMES: &str = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}";

/// What gatefold takes from the file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Info {
    pub name: String,
    #[serde(rename = "configName", default)]
    pub config: String,
    pub version: String,
    #[serde(rename = "fileFormat", default)]
    file_format: String,
    #[serde(default)]
    splits: Vec<SplitInfo>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SplitInfo {
    pub name: String,
    /// Records in each shard.
    #[serde(rename = "shardLengths", default, deserialize_with = "lengths")]
    pub shard_lengths: Vec<u64>,
    #[serde(rename = "filepathTemplate", default)]
    file_names: String,
}

/// Integers, which JSON made from protocol buffers has as strings.
fn lengths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Length {
        Number(u64),
        Text(String),
    }
    let lengths = Vec::<Length>::deserialize(deserializer)?;
    lengths
        .into_iter()
        .map(|length| match length {
            Length::Number(length) => Ok(length),
            Length::Text(text) => text.parse().map_err(serde::de::Error::custom),
        })
        .collect()
}

impl Info {
    /// Reads the file of a version's folder, and checks what names of files are made from.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`].
    pub fn read(folder: &Path) -> Result<Info> {
        let path = folder.join(INFO);
        let info: Info = read_json(&path)?;
        let is_plain = |name: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte);
            name.bytes().all(known) && !name.contains("..")
        };
        for name in [&info.name, &info.config, &info.version] {
            if !is_plain(name) {
                let problem =
                    format!("`{name}` is no name of a data set, configuration or version");
                return Err(malformed(&path, "the file", problem));
            }
        }
        Ok(info)
    }

    /// `imdb_reviews/subwords8k`, or the name alone where there is no configuration.
    pub fn configured_name(&self) -> String {
        match self.config.as_str() {
            "" => self.name.clone(),
            config => format!("{}/{config}", self.name),
        }
    }

    /// `imdb_reviews/subwords8k/1.0.0`
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.configured_name(), self.version)
    }

    /// The version's numbers, for comparison.
    pub fn version_order(&self) -> Vec<u64> {
        let numbers = self.version.split('.');
        numbers.map(|part| part.parse().unwrap_or(0)).collect()
    }

    /// The files of a split and the records in each.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the data set has no such split, or keeps it in a form that gatefold does not read.
    pub fn shards(&self, folder: &Path, split: Split) -> Result<Vec<(PathBuf, u64)>> {
        let wrong = |problem: String| Err(malformed(&folder.join(INFO), "the file", problem));
        let name = split.name();
        let Some(info) = self.splits.iter().find(|info| info.name == name) else {
            let names: Vec<_> = self.splits.iter().map(|info| info.name.as_str()).collect();
            return wrong(format!(
                "no split `{name}`, only {}; gatefold needs train and test",
                or_none(&names)
            ));
        };
        if !matches!(self.file_format.as_str(), "" | TFRECORD) {
            return wrong(format!(
                "the file format is {}; gatefold reads {TFRECORD}, so prepare the data set in that",
                self.file_format
            ));
        }
        if !matches!(info.file_names.as_str(), "" | FILE_NAMES) {
            return wrong(format!(
                "the files of split `{name}` are called {}; gatefold knows {FILE_NAMES}",
                info.file_names
            ));
        }
        if info.shard_lengths.is_empty() {
            return wrong(format!("split `{name}` has no shards"));
        }
        let count = info.shard_lengths.len();
        let shards = info.shard_lengths.iter().enumerate();
        Ok(shards
            .map(|(index, &length)| {
                (
                    folder.join(shard_name(&self.name, split, index, count)),
                    length,
                )
            })
            .collect())
    }

    /// Records of the splits that gatefold has no use for, by name.
    pub fn other_splits(&self) -> impl Iterator<Item = (&str, u64)> {
        let is_used = |name: &str| Split::ALL.iter().any(|split| split.name() == name);
        self.splits
            .iter()
            .filter(move |split| !is_used(&split.name))
            .map(|split| {
                let count = split
                    .shard_lengths
                    .iter()
                    .fold(0u64, |sum, &length| sum.saturating_add(length));
                (split.name.as_str(), count)
            })
    }
}

/// `imdb_reviews-train.tfrecord-00000-of-00001`
pub(super) fn shard_name(name: &str, split: Split, index: usize, count: usize) -> String {
    let split = split.name();
    format!("{name}-{split}.{TFRECORD}-{index:05}-of-{count:05}")
}

fn or_none(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}
