//! [`DataSpec`]: which reviews a run has, as `config.toml` says it; [`ReviewSource`]: where to read them now.

use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};

use std::sync::atomic::AtomicBool;

use crate::data::{
    Corpus, Dataset, ReviewLimits, Source, Table, load_building, load_to_test, sentiment_classes,
};
use crate::error::{Error, Result};

/// What the source is called where it is the embedded demo corpus.
pub const DEMO: &str = "demo";

/// The reviews of a run: where they were read, and what was found there.
///
/// Imported weights have reviews to be used with, but none that they are known to be trained on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// `demo`, or the path of a file or folder.
    pub source: String,
    /// Another table, which has the reviews to validate with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_source: Option<String>,
    /// Another table, which has the test reviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<String>,
    /// The table's column with the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// The table's column with the label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Whether the first row of the table is a review, and columns have numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_header: bool,
    /// Names of the classes, given or found; empty where they are negative and positive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// How the table's text is encoded, where that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The vocabulary's file, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
    /// Training reviews that are kept, see [`ReviewLimits`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_train: Option<usize>,
    /// Test reviews that are kept, see [`ReviewLimits`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_test: Option<usize>,
    /// What the data is called.
    pub name: String,
    /// Whether the reviews are made up.
    pub synthetic: bool,
    /// Reviews that were trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_reviews: Option<usize>,
    /// Reviews there were to validate with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_reviews: Option<usize>,
    /// Of the reviews' ids and labels, see [`Dataset::sha256`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Ids of the vocabulary.
    pub vocabulary_size: usize,
    /// SHA-256 of the vocabulary's file, in hexadecimal.
    pub vocabulary_sha256: String,
}

impl DataSpec {
    /// These reviews and this vocabulary, paths such that they are found from any folder. What is found there is yet
    /// to come.
    pub fn new(source: &Source, vocabulary: Option<&Path>, limits: ReviewLimits) -> DataSpec {
        let table = match source {
            Source::Table(table) => Some(table),
            Source::Demo | Source::Path(_) => None,
        };
        DataSpec {
            source: source.path().map_or(DEMO.to_string(), path_text),
            validation_source: table
                .and_then(|table| table.validation.as_deref())
                .map(path_text),
            test_source: table.and_then(|table| table.test.as_deref()).map(path_text),
            text_column: table.and_then(|table| table.text_column.clone()),
            label_column: table.and_then(|table| table.label_column.clone()),
            no_header: table.is_some_and(|table| table.no_header),
            classes: table.map_or_else(Vec::new, |table| table.classes.clone()),
            encoding: table.and_then(|table| table.encoding.clone()),
            vocabulary: vocabulary.map(path_text),
            limit_train: limits.train,
            limit_test: limits.test,
            ..DataSpec::default()
        }
    }

    /// The same with what was found there.
    pub fn found(&self, dataset: &Dataset) -> DataSpec {
        DataSpec {
            classes: match dataset.classes == sentiment_classes() {
                true => self.classes.clone(),
                false => dataset.classes.clone(),
            },
            name: dataset.name.clone(),
            synthetic: dataset.synthetic,
            train_reviews: Some(dataset.train.len()),
            test_reviews: Some(dataset.test.len()),
            sha256: Some(dataset.sha256()),
            vocabulary_size: dataset.vocabulary.size(),
            vocabulary_sha256: dataset.vocabulary.sha256().to_string(),
            ..self.clone()
        }
    }

    /// Checks what can be checked without looking at the reviews.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field that makes no sense.
    pub fn check(&self) -> Result<()> {
        self.limits().check()?;
        let of_tables = [
            ("validation_source", self.validation_source.is_some()),
            ("test_source", self.test_source.is_some()),
            ("text_column", self.text_column.is_some()),
            ("label_column", self.label_column.is_some()),
            ("no_header", self.no_header),
            ("classes", !self.classes.is_empty()),
            ("encoding", self.encoding.is_some()),
        ];
        let given = of_tables.into_iter().find(|(_, given)| *given);
        if let (true, Some((name, _))) = (self.is_demo(), given) {
            return Err(Error::argument(
                name,
                "give the table of reviews with `data` as well",
            ));
        }
        let source = self.source();
        if let Source::Table(table) = &source {
            table.check()?;
        }
        source.check_vocabulary(self.vocabulary.is_some())
    }

    /// How many reviews are kept.
    pub fn limits(&self) -> ReviewLimits {
        ReviewLimits {
            train: self.limit_train,
            test: self.limit_test,
        }
    }

    /// Whether it is the embedded demo corpus.
    pub fn is_demo(&self) -> bool {
        self.source == DEMO
    }

    /// Where the reviews are.
    pub fn source(&self) -> Source {
        if self.is_demo() {
            return Source::Demo;
        }
        let table = Table {
            path: PathBuf::from(&self.source),
            validation: self.validation_source.as_ref().map(PathBuf::from),
            test: self.test_source.as_ref().map(PathBuf::from),
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            no_header: self.no_header,
            classes: self.classes.clone(),
            encoding: self.encoding.clone(),
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

    /// Names of the classes, in the order of the labels.
    pub fn class_names(&self) -> Vec<String> {
        self.source().class_names()
    }

    /// Fails where the reviews of the run in `folder` are no longer there.
    ///
    /// # Errors
    /// [`Error::Data`] with the remedy.
    pub fn find_again(&self, folder: &Path) -> Result<()> {
        let source = self.source();
        match source.path().map(Path::try_exists) {
            Some(Ok(false)) => Err(Error::Data(format!(
                "{}: no such file or folder; the reviews of {} were there; say where they are now with `data`",
                self.source,
                folder.display()
            ))),
            _ => Ok(()),
        }
    }
}

/// A path as `config.toml` has it: such that it is found from any folder.
pub fn path_text(path: &Path) -> String {
    let whole = path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    whole.to_string_lossy().into_owned()
}

/// The reviews that `data` stands for, and what to tell of them: a name means what [`named_source`] has, unless there is a path
/// of that name.
///
/// # Errors
/// As [`named_source`].
pub fn find_source(data: &Path) -> Result<(Source, Option<String>)> {
    let of_path = || Source::Path(data.to_path_buf());
    let name = data.to_str().unwrap_or_default();
    if !data.exists() {
        let named = named_source(name)?;
        return Ok((named.unwrap_or_else(of_path), None));
    }
    let other = match Corpus::named(name) {
        Some(corpus) => format!("the fetched corpus, {}", corpus.path()?.display()),
        None if name == DEMO => "the demo corpus".to_string(),
        None => return Ok((of_path(), None)),
    };
    let note = format!("{name} is the file or folder of that name here, not {other}");
    Ok((of_path(), Some(note)))
}

/// The reviews of this name: the demo corpus, or the archive of a fetched corpus.
///
/// # Errors
/// [`Error::Data`] where the corpus has not been fetched; [`Error::Io`] where the system has no place for it.
pub fn named_source(name: &str) -> Result<Option<Source>> {
    if name == DEMO {
        return Ok(Some(Source::Demo));
    }
    let Some(corpus) = Corpus::named(name) else {
        return Ok(None);
    };
    let archive = corpus.path()?;
    if archive.is_file() {
        return Ok(Some(Source::Path(archive)));
    }
    Err(Error::Data(format!(
        "{name}: {} is not there; get it with gatefold data fetch {name}, or give the path of a copy \
         of the {}",
        archive.display(),
        corpus.title
    )))
}

/// Where reviews are read, with which vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewSource {
    /// The reviews.
    pub source: Source,
    /// The vocabulary that was named for them.
    pub vocabulary: Option<PathBuf>,
    /// The same vocabulary in the folder of a run, which is read in its place.
    pub kept: Option<PathBuf>,
    /// How many reviews are kept.
    pub limits: ReviewLimits,
    /// The folder where encoded reviews are kept; `None` keeps none.
    pub cache: Option<PathBuf>,
}

impl ReviewSource {
    /// What this says, and where to keep encoded reviews.
    pub fn of(data: &DataSpec, cache: Option<PathBuf>) -> ReviewSource {
        ReviewSource {
            source: data.source(),
            vocabulary: data.vocabulary.as_ref().map(PathBuf::from),
            kept: None,
            limits: data.limits(),
            cache,
        }
    }

    /// The vocabulary to read.
    fn vocabulary(&self) -> Option<&Path> {
        self.kept.as_deref().or(self.vocabulary.as_deref())
    }

    /// Reads them, as [`load_building`]; `stop` ends the building of a vocabulary.
    ///
    /// # Errors
    /// As [`load_building`].
    pub fn load(&self, stop: &AtomicBool) -> Result<Dataset> {
        load_building(
            &self.source,
            self.vocabulary(),
            self.limits,
            self.cache.as_deref(),
            stop,
        )
    }

    /// Reads them to test a trained model with, as [`load_to_test`].
    ///
    /// # Errors
    /// As [`load_to_test`].
    pub fn load_to_test(&self) -> Result<Dataset> {
        load_to_test(
            &self.source,
            self.vocabulary(),
            self.limits.test,
            self.cache.as_deref(),
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_again() {
        let there = |name: &str| path::absolute(name).unwrap();
        let table = |test: Option<&str>, label: Option<&str>, classes: &[&str]| {
            let encoding = label.map(|_| "cp949".to_string());
            Source::Table(Table {
                path: there("reviews.csv"),
                validation: test.map(|_| there("dev.csv")),
                test: test.map(there),
                no_header: label.is_some(),
                text_column: None,
                label_column: label.map(str::to_string),
                classes: classes.iter().map(|class| class.to_string()).collect(),
                encoding,
            })
        };
        for source in [
            Source::Demo,
            Source::Path(there("reviews.csv")),
            table(Some("test.csv"), None, &[]),
            table(None, Some("verdict"), &[]),
            table(None, None, &["bad", "fair", "good"]),
        ] {
            let data = DataSpec::new(&source, None, ReviewLimits::default());
            assert_eq!(data.source(), source);
        }
    }
}
