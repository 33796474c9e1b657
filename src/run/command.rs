//! The command that a run's `config.toml` stands for.

use toml::{Table, Value};

use super::keys::{KEYS, shown, value_at};
use super::spec::RunSpec;
use crate::data::Source;
use crate::error::Result;

/// What the command trains.
pub enum Trains<'a> {
    /// The model of a variant.
    Variant(&'a str),
    /// The model in the file of this name.
    ModelFile(&'a str),
    /// The models of these names, to compare them.
    Comparison(&'a [String]),
}

/// What the program's options are where none is given; no learning rate, which depends on others.
fn defaults() -> Result<Table> {
    let mut table = RunSpec::new(&Source::Demo).to_table()?;
    if let Some(training) = table.get_mut("training").and_then(Value::as_table_mut) {
        training.remove("learning_rate");
    }
    Ok(table)
}

impl RunSpec {
    /// The command line for this, without options that have their default value and without a place to write to, as a
    /// shell takes it; `None` where it says nothing of a training.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) if the TOML writer refuses.
    pub fn command_line(&self, trains: &Trains) -> Result<Option<String>> {
        if self.training.is_none() {
            return Ok(None);
        }
        let mut words = vec!["gatefold".to_string()];
        match trains {
            Trains::Variant(name) => words.extend(["train".to_string(), name.to_string()]),
            Trains::ModelFile(file) => {
                words.extend(["train".to_string(), typed("config"), quoted(file)]);
            }
            Trains::Comparison(names) => {
                words.push("compare".to_string());
                words.extend(self.compared(names));
            }
        }
        let (table, defaults) = (self.to_table()?, defaults()?);
        for key in &KEYS {
            let (Some(option), Some(value)) = (key.option, value_at(&table, key.path)) else {
                continue;
            };
            let is_said = match key.path {
                // What was named for them is in `trains`.
                "comparison.variants" => false,
                // The other forms are what the adapter can do.
                "adapter.kernels" => value.as_str() == Some("portable"),
                path => value_at(&defaults, path) != Some(value),
            };
            if !is_said {
                continue;
            }
            match value {
                Value::Boolean(true) => words.push(typed(option)),
                Value::Boolean(false) => {}
                value => words.extend([typed(option), quoted(&shown(value))]),
            }
        }
        Ok(Some(words.join(" ")))
    }
}

impl RunSpec {
    /// The options that name the models of a comparison; a model of one's own is in a file called after it.
    fn compared(&self, names: &[String]) -> Vec<String> {
        let models = self.comparison.iter().flat_map(|known| &known.models);
        let own: Vec<&str> = models.map(|model| model.name.as_str()).collect();
        let is_own = |name: &&String| own.contains(&name.as_str());
        let variants: Vec<&str> = names
            .iter()
            .filter(|name| !is_own(name))
            .map(String::as_str)
            .collect();
        let mut words = Vec::new();
        if !variants.is_empty() {
            words.extend([typed("variants"), quoted(&variants.join(","))]);
        }
        for name in names.iter().filter(is_own) {
            words.extend([typed("config"), quoted(&format!("{name}.toml"))]);
        }
        words
    }
}

/// An option of the program as it is typed.
pub fn typed(option: &str) -> String {
    format!("--{option}")
}

/// `text` as one word of a POSIX shell.
pub fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./,:=+@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
