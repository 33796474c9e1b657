//! Where a run's reviews come from, as `config.toml` says it.

use std::path::{self, Path, PathBuf};

use gatefold::data::{Source, Table};
use gatefold::{Error, Result};
use serde::{Deserialize, Serialize};

use super::settings::DataSettings;

/// What the source is called where it is the embedded demo corpus.
pub const DEMO: &str = "demo";

/// The keys of `[data]` that name files and columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceKeys {
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
}

/// Fails where `data`, the reviews of the run in `folder`, are no longer there.
///
/// # Errors
/// [`Error::Data`] with the remedy.
pub fn find_again(data: &Path, folder: &Path) -> Result<()> {
    match data.try_exists() {
        Ok(false) => Err(Error::Data(format!(
            "{}: no such file or folder; the reviews of {} were there; say where they are now with --data PATH",
            data.display(),
            folder.display()
        ))),
        _ => Ok(()),
    }
}

impl SourceKeys {
    /// Those of this source and vocabulary, their paths such that they are found from any folder.
    pub fn of(data: &DataSettings) -> SourceKeys {
        let table = match &data.source {
            Source::Table(table) => Some(table),
            Source::Demo | Source::Path(_) => None,
        };
        let written = |path: &Path| {
            let whole = path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            whole.to_string_lossy().into_owned()
        };
        SourceKeys {
            source: data.source.path().map_or(DEMO.to_string(), written),
            test_source: table.and_then(|table| table.test.as_deref()).map(written),
            text_column: table.and_then(|table| table.text_column.clone()),
            label_column: table.and_then(|table| table.label_column.clone()),
            classes: table.map_or_else(Vec::new, |table| table.classes.clone()),
            vocabulary: data.vocabulary.as_deref().map(written),
        }
    }

    /// The source that they name.
    pub fn source(&self) -> Source {
        if self.source == DEMO {
            return Source::Demo;
        }
        let table = Table {
            path: PathBuf::from(&self.source),
            test: self.test_source.as_ref().map(PathBuf::from),
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            classes: self.classes.clone(),
        };
        let plain = Table {
            path: table.path.clone(),
            ..Table::default()
        };
        // What kind of data a path holds shows when it is read.
        if table == plain {
            Source::Path(table.path)
        } else {
            Source::Table(table)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use gatefold::data::ReviewLimits;

    use super::*;

    #[test]
    fn every_source_is_found_again() {
        let there = |name: &str| path::absolute(name).unwrap();
        let table = |test: Option<&str>, label: Option<&str>, classes: &[&str]| {
            Source::Table(Table {
                path: there("reviews.csv"),
                test: test.map(there),
                text_column: None,
                label_column: label.map(str::to_string),
                classes: classes.iter().map(|class| class.to_string()).collect(),
            })
        };
        for source in [
            Source::Demo,
            Source::Path(there("reviews.csv")),
            table(Some("test.csv"), None, &[]),
            table(None, Some("verdict"), &[]),
            table(None, None, &["bad", "fair", "good"]),
        ] {
            let data = DataSettings {
                source: source.clone(),
                note: None,
                vocabulary: None,
                kept: None,
                limits: ReviewLimits::default(),
                cache: None,
            };
            assert_eq!(SourceKeys::of(&data).source(), source);
        }
    }
}
