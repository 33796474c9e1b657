//! `features.json` and `label.labels.txt`: what a data set's records hold.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;

use super::json::{malformed, read_json};
use crate::data::raw::label_of;
use crate::error::{Error, Result};

pub(super) const FEATURES: &str = "features.json";
pub(super) const LABELS: &str = "label.labels.txt";

/// What stands for a review's text in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum TextForm {
    /// Ids of the vocabulary beside the records.
    Ids,
    /// The text's bytes.
    Plain,
}

impl TextForm {
    pub(super) fn name(self) -> &'static str {
        match self {
            TextForm::Ids => "ids",
            TextForm::Plain => "plain text",
        }
    }
}

/// Reads how a data set's records hold texts, and checks that labels are 0 for negative, 1 for positive.
///
/// # Source
/// `tensorflow_datasets/core/features`: the JSON that releases up to 4.5 write (`type`, `content`), and
/// the one that later releases write (`pythonClassName`, and a key for each kind).
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] with what was expected.
pub(in crate::data) fn read_features(folder: &Path) -> Result<TextForm> {
    let path = folder.join(FEATURES);
    let json: Value = read_json(&path)?;
    let features = json
        .get("content")
        .or_else(|| json.pointer("/featuresDict/features"));
    let feature = |name: &str| {
        let feature = features.and_then(|features| features.get(name));
        feature.ok_or_else(|| {
            let problem = format!("no feature `{name}`; gatefold reads `text` and `label`");
            malformed(&path, "the file", problem)
        })
    };
    check_classes(&path, feature("label")?)?;
    check_label_names(&folder.join(LABELS))?;
    let text = feature("text")?;
    let form = match class_of(text) {
        "Text" if text.pointer("/content/use_encoder") == Some(&Value::Bool(true)) => TextForm::Ids,
        "Text" => TextForm::Plain,
        "Tensor" | "Sequence" if text.to_string().contains("\"int64\"") => TextForm::Ids,
        other => {
            let problem =
                format!("`{other}` is no text; gatefold reads plain text and int64 subword ids");
            return Err(malformed(&path, "feature text", problem));
        }
    };
    Ok(form)
}

/// The last part of a feature's class: `Text` of `tensorflow_datasets.core.features.text_feature.Text`.
fn class_of(feature: &Value) -> &str {
    let class = feature
        .get("type")
        .or_else(|| feature.get("pythonClassName"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    class.rsplit('.').next().unwrap_or(class)
}

fn check_classes(path: &Path, label: &Value) -> Result<()> {
    let classes = label
        .pointer("/content/num_classes")
        .or_else(|| label.pointer("/classLabel/numClasses"));
    // Later releases write 64-bit integers as strings.
    let count = classes.map(|count| count.to_string().trim_matches('"').to_owned());
    match count.as_deref() {
        Some("2") => Ok(()),
        count => {
            let problem = format!(
                "{} classes; gatefold trains on two, negative and positive",
                count.unwrap_or("no")
            );
            Err(malformed(path, "feature label", problem))
        }
    }
}

/// Checks the names of the classes; a data set need not have any.
fn check_label_names(path: &Path) -> Result<()> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let names: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    match names[..] {
        [negative, positive] if label_of(negative) == Some(0) && label_of(positive) == Some(1) => {
            Ok(())
        }
        _ => {
            let problem = format!(
                "expected neg and pos, found {}",
                if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    names.join(", ")
                }
            );
            Err(malformed(path, "the file", problem))
        }
    }
}
