//! [`SweepFile`]: the TOML file of a sweep, read and checked key by key.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::axis::{Axis, AxisValues, LAYER, MODEL, Range, VARIANT, value_text};
use crate::error::{Error, Result};
use crate::run::{RunSpec, is_asked_for};

/// Which trials are made of the axes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Every combination of the values.
    #[default]
    Grid,
    /// Combinations that are drawn.
    Random,
    /// All for a few epochs, the better ones for more.
    Halving,
}

/// The table `search` of a sweep file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Which trials are made.
    #[serde(default)]
    pub method: Method,
    /// Combinations to draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<usize>,
    /// What they are drawn from.
    #[serde(default)]
    pub seed: u32,
    /// Epochs of the first round of halving; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_epochs: Option<usize>,
    /// One of so many goes on to the next round, for so many times the epochs; 2 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<usize>,
}

/// A sweep file: what all trials share, and what varies.
#[derive(Debug, Clone)]
pub struct SweepFile {
    /// Where it stands.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// What the sweep is called.
    pub name: String,
    /// Keys that all trials share, with their values.
    pub base: Vec<(String, Value)>,
    /// Keys that vary, in the order of the file.
    pub axes: Vec<Axis>,
    /// Which trials are made of them.
    pub search: Search,
    /// The byte at which a key stands, by `base.` or `axes.` and its path.
    places: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    #[serde(default)]
    base: Table,
    axes: Table,
    #[serde(default)]
    search: Search,
}

impl SweepFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read; else as [`SweepFile::from_toml`].
    pub fn read(path: &Path) -> Result<SweepFile> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        SweepFile::from_toml(path, &text)
    }

    /// Takes the file's content; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line: no TOML, a key that there is not, a value of another kind, an axis without
    /// values or that `base` fixes as well.
    pub fn from_toml(path: &Path, text: &str) -> Result<SweepFile> {
        let document: Document =
            toml::from_str(text).map_err(|error| Error::toml(path, text, &error))?;
        let mut places = BTreeMap::new();
        if let Ok(table) = DeTable::parse(text) {
            note_places("", table.get_ref(), &mut places);
        }
        let mut file = SweepFile {
            path: path.to_path_buf(),
            text: text.to_string(),
            name: document.name,
            base: Vec::new(),
            axes: Vec::new(),
            search: document.search,
            places,
        };
        file.check_name()?;
        let mut base = Vec::new();
        file.flatten("base", "", document.base, &mut base)?;
        let mut axes = Vec::new();
        file.flatten("axes", "", document.axes, &mut axes)?;
        for (key, value) in &base {
            file.check_value("base", key, value)?;
        }
        axes.sort_by_key(|(key, _)| file.places.get(&format!("axes.{key}")).copied());
        for (key, value) in axes {
            if base.iter().any(|(fixed, _)| *fixed == key) {
                let problem = format!("`{key}` varies, but [base] fixes it; leave it out in one");
                return Err(file.malformed(&format!("axes.{key}"), problem));
            }
            let axis = file.axis(key, value)?;
            file.axes.push(axis);
        }
        if file.axes.is_empty() {
            let problem =
                "nothing varies; give a key with its values, training.seed = [0, 1, 2] say";
            return Err(file.malformed("axes", problem));
        }
        file.base = base;
        file.check_search()?;
        Ok(file)
    }

    /// What is wrong at the key with this path, which begins with `base.`, `axes.` or `search.`; where it has no line of
    /// its own, at the table above it.
    pub fn malformed(&self, path: &str, problem: impl Into<String>) -> Error {
        let mut known = Some(path);
        while let Some(path) = known.filter(|path| !self.places.contains_key(*path)) {
            known = path.rsplit_once('.').map(|(above, _)| above);
        }
        let at = known.and_then(|path| self.places.get(path)).copied();
        let before = self.text.get(..at.unwrap_or(0)).unwrap_or_default();
        Error::Malformed {
            path: self.path.clone(),
            place: format!("line {}", before.matches('\n').count() + 1),
            problem: problem.into(),
        }
    }

    /// The folder that paths in the file start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn check_name(&self) -> Result<()> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if self
            .name
            .starts_with(|first: char| first.is_ascii_alphanumeric())
            && self.name.chars().all(plain)
        {
            return Ok(());
        }
        let problem = format!(
            "{:?} is no name of a folder; take letters, digits, `-`, `_` and `.`",
            self.name
        );
        Err(self.malformed("name", problem))
    }

    /// The keys below `prefix`, each with its value.
    fn flatten(
        &self,
        table: &str,
        prefix: &str,
        values: Table,
        into: &mut Vec<(String, Value)>,
    ) -> Result<()> {
        for (name, value) in values {
            let key = match prefix {
                "" => name,
                prefix => format!("{prefix}.{name}"),
            };
            if is_key(&key) {
                into.push((key, value));
                continue;
            }
            match value {
                Value::Table(below) => self.flatten(table, &key, below, into)?,
                _ => {
                    let problem = format!(
                        "unknown key `{key}`; take one of a run's config.toml that says what to train on or how, \
                         `{VARIANT}`, `{MODEL}` or `{LAYER}NAME.KEY`"
                    );
                    return Err(self.malformed(&format!("{table}.{key}"), problem));
                }
            }
        }
        Ok(())
    }

    fn axis(&self, key: String, value: Value) -> Result<Axis> {
        let place = format!("axes.{key}");
        if key == "callbacks.monitor" {
            let problem = "it is what trials are compared by; fix it in [base]";
            return Err(self.malformed(&place, problem));
        }
        let values = match value {
            Value::Array(values) if values.is_empty() => {
                let problem = "an empty axis; give values, or leave it out";
                return Err(self.malformed(&place, problem));
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.check_value("axes", &key, value)?;
                    if values[..index].contains(value) {
                        let problem = format!("{} is there twice", value_text(value));
                        return Err(self.malformed(&place, problem));
                    }
                }
                AxisValues::Listed(values)
            }
            Value::Table(table) => {
                let range = Range::of_table(&table);
                let range = range.map_err(|problem| self.malformed(&place, problem))?;
                let ends = match range {
                    Range::Integers(low, high) => [Value::Integer(low), Value::Integer(high)],
                    Range::Uniform(low, high) | Range::LogUniform(low, high) => {
                        [Value::Float(low), Value::Float(high)]
                    }
                };
                for end in &ends {
                    self.check_value("axes", &key, end)?;
                }
                AxisValues::Drawn(range)
            }
            _ => {
                let problem =
                    "an axis is a list of values or a range; a single value stands in [base]";
                return Err(self.malformed(&place, problem));
            }
        };
        Ok(Axis { key, values })
    }

    /// Fails where the key does not take such a value.
    fn check_value(&self, table: &str, key: &str, value: &Value) -> Result<()> {
        let wrong = |problem: String| self.malformed(&format!("{table}.{key}"), problem);
        if key == VARIANT || key == MODEL {
            return match value {
                Value::String(_) => Ok(()),
                value => Err(wrong(format!("{value} is no text"))),
            };
        }
        if key.starts_with(LAYER) {
            return Ok(());
        }
        match RunSpec::from_keys(&[(key.to_string(), value.clone())]) {
            Ok(_) => Ok(()),
            Err(Error::Argument { problem, .. }) => Err(wrong(problem)),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    fn check_search(&self) -> Result<()> {
        let Search {
            method,
            trials,
            first_epochs,
            factor,
            ..
        } = self.search;
        let wrong =
            |key: &str, problem: &str| Err(self.malformed(&format!("search.{key}"), problem));
        let range = self
            .axes
            .iter()
            .find(|axis| matches!(axis.values, AxisValues::Drawn(_)));
        match (method, trials) {
            (Method::Grid, Some(_)) => {
                return wrong(
                    "trials",
                    "a grid has every combination; leave it out, or take method \"random\"",
                );
            }
            (Method::Random, None) => return wrong("method", "say how many `trials` are drawn"),
            (_, Some(0)) => return wrong("trials", "give 1 or more"),
            (Method::Grid | Method::Halving, None) => {
                if let Some(axis) = range {
                    let problem = "a range has no last value; list values, or draw `trials` of them with \
                                   [search] method = \"random\"";
                    return Err(self.malformed(&format!("axes.{}", axis.key), problem));
                }
            }
            _ => {}
        }
        if method != Method::Halving {
            if first_epochs.is_some() {
                return wrong("first_epochs", "it is for method \"halving\"; leave it out");
            }
            if factor.is_some() {
                return wrong("factor", "it is for method \"halving\"; leave it out");
            }
        }
        if factor.is_some_and(|factor| factor < 2) {
            return wrong("factor", "give 2 or more");
        }
        if first_epochs == Some(0) {
            return wrong("first_epochs", "give 1 or more");
        }
        if self
            .axes
            .iter()
            .any(|axis| axis.is_seed() && matches!(axis.values, AxisValues::Drawn(_)))
        {
            return Err(self.malformed(
                "axes.training.seed",
                "list the seeds: every combination is trained with each",
            ));
        }
        Ok(())
    }
}

/// Whether a path is that of a key, and not of a table above keys.
fn is_key(path: &str) -> bool {
    let of_layer = path.strip_prefix(LAYER);
    path == VARIANT
        || path == MODEL
        || is_asked_for(path)
        || of_layer.is_some_and(|rest| rest.matches('.').count() == 1)
}

/// Notes where each key below `prefix` stands.
fn note_places(prefix: &str, table: &DeTable<'_>, places: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let path = match prefix {
            "" => name.get_ref().to_string(),
            prefix => format!("{prefix}.{}", name.get_ref()),
        };
        if let DeValue::Table(below) = value.get_ref() {
            note_places(&path, below, places);
        }
        places.insert(path, name.span().start);
    }
}
