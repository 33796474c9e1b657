//! [`RunSpec::from_keys`]: the spec of a run of which some keys are given, and the others are as usual.

use toml::{Table, Value};

use super::keys::{KEYS, set_value, value_at};
use super::spec::RunSpec;
use super::training::TrainingSpec;
use crate::data::Source;
use crate::error::{Error, Result};

impl RunSpec {
    /// The spec with these values, by the path of their key in [`KEYS`], and with what the program takes where nothing is
    /// asked for: it follows from the data, the optimiser and the batch size. Not yet [checked](RunSpec::check) together.
    ///
    /// # Errors
    /// [`Error::Argument`] names the key that there is not, or whose value is of another kind.
    ///
    /// # Examples
    /// ```
    /// use gatefold::run::RunSpec;
    ///
    /// let keys = [("training.optimiser".to_string(), "sgd".into()), ("training.epochs".to_string(), 2.into())];
    /// let training = RunSpec::from_keys(&keys)?.training.ok_or("no training")?;
    /// assert_eq!((training.epochs, training.learning_rate), (2, 0.01));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_keys(keys: &[(String, Value)]) -> Result<RunSpec> {
        let mut table = RunSpec::new(&Source::Demo).to_table()?;
        let is_given = |path: &str| keys.iter().any(|(key, _)| key == path);
        for (path, value) in keys {
            if !is_asked_for(path) {
                return Err(Error::argument(path, "there is no such key"));
            }
            // TOML's integers end at 2⁶³, so that config.toml has seeds as text.
            let value = match (path.as_str(), value) {
                ("training.seed", Value::Integer(seed)) => Value::String(seed.to_string()),
                (_, value) => value.clone(),
            };
            set_value(&mut table, path, value);
            check_kind(&table, path)?;
        }
        let mut spec = parsed(table)?;
        let (data, callbacks) = (&spec.data, spec.callbacks.take().unwrap_or_default());
        if let Some(mut training) = spec.training.take() {
            if !is_given("training.learning_rate") {
                training.learning_rate = TrainingSpec::default_rate(training.optimiser, data);
            }
            if !is_given("training.shuffle_buffer") {
                training.shuffle_buffer = TrainingSpec::default_buffer(data);
            }
            if is_given("training.validation_steps") && !is_given("training.validation") {
                training.validation = None;
            } else if !is_given("training.validation") {
                let usual = TrainingSpec::default_validation(data, training.batch_size);
                training.validation = Some(usual);
            }
            spec.training = Some(training.completed());
        }
        spec.callbacks = Some(callbacks.completed());
        Ok(spec)
    }
}

/// Whether a key says how to train, on what, and is not found or of the process that trains.
pub fn is_asked_for(path: &str) -> bool {
    let sections = ["data.", "training.", "callbacks."];
    let is_key = |path: &str| {
        KEYS.iter()
            .any(|key| key.path == path && key.option.is_some())
    };
    sections.iter().any(|section| path.starts_with(section)) && is_key(path)
}

/// Fails where the value at `path`, which was the last to be set, is of another kind than the key's.
fn check_kind(table: &Table, path: &str) -> Result<()> {
    let given = value_at(table, path).cloned();
    parsed(table.clone()).map(|_| ()).map_err(|error| {
        let shown = given.map_or_else(String::new, |value| value.to_string());
        Error::argument(path, format!("{shown}: {error}"))
    })
}

fn parsed(table: Table) -> Result<RunSpec> {
    Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| Error::Data(error.message().trim().to_string()))
}
