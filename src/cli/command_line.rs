//! The command that a run's `config.toml` stands for.

use clap::{Arg, CommandFactory};
use toml::{Table, Value};

use super::args::Arguments;
use super::source_keys::DEMO;

/// What the command trains.
pub enum Trains<'a> {
    /// The model of a variant.
    Variant(&'a str),
    /// The model in the file of this name.
    ModelFile(&'a str),
    /// These variants, to compare them.
    Comparison(&'a [String]),
}

/// Options whose keys in `[data]` are called otherwise.
const DATA: [(&str, &str); 7] = [
    ("source", "data"),
    ("test_source", "test_data"),
    ("text_column", "text_column"),
    ("label_column", "label_column"),
    ("vocabulary", "vocab"),
    ("limit_train", "limit_train"),
    ("limit_test", "limit_test"),
];

/// Tables of a configuration whose keys are no options.
const OTHERS: [&str; 4] = ["data", "adapter", "model", "comparison"];

/// The command line for what `config` says, without options that have their default value and without a place to
/// write to, as a shell takes it; `None` where it says nothing of a training.
pub fn command_line(config: &Table, trains: &Trains) -> Option<String> {
    config.get("training")?;
    let subcommand = match trains {
        Trains::Comparison(_) => "compare",
        Trains::Variant(_) | Trains::ModelFile(_) => "train",
    };
    let mut words = vec!["gatefold".to_string(), subcommand.to_string()];
    match trains {
        Trains::Variant(name) => words.push(name.to_string()),
        Trains::ModelFile(file) => words.extend(["--config".to_string(), quoted(file)]),
        Trains::Comparison(names) => {
            words.extend(["--variants".to_string(), quoted(&names.join(","))]);
        }
    }
    let command = Arguments::command();
    let command = command.find_subcommand(subcommand)?;
    let mut option = |id: &str, value: &Value| {
        let known = command.get_arguments().find(|known| known.get_id() == id);
        if let Some(known) = known {
            words.extend(typed(known, value));
        }
    };
    let data = table(config, "data");
    for (key, id) in DATA {
        match data.and_then(|data| data.get(key)) {
            Some(value) if (key, value.as_str()) != ("source", Some(DEMO)) => option(id, value),
            _ => {}
        }
    }
    for (name, section) in config {
        if let (Value::Table(section), false) = (section, OTHERS.contains(&name.as_str())) {
            for (key, value) in section {
                option(key, value);
            }
        }
    }
    let kernels = table(config, "adapter").and_then(|adapter| adapter.get("kernels"));
    if let Some(form) = kernels.filter(|form| form.as_str() == Some("portable")) {
        option("kernels", form);
    }
    Some(words.join(" "))
}

fn table<'a>(config: &'a Table, name: &str) -> Option<&'a Table> {
    config.get(name)?.as_table()
}

/// The option with its value, unless that is its default.
fn typed(option: &Arg, value: &Value) -> Vec<String> {
    let Some(name) = option.get_long() else {
        return Vec::new();
    };
    let name = format!("--{name}");
    let text = match value {
        Value::Boolean(true) => return vec![name],
        Value::Boolean(false) => return Vec::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    if option.get_default_values() == [text.as_str()] {
        return Vec::new();
    }
    vec![name, quoted(&text)]
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./,:=+@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use clap::Parser;

    use super::super::args::Command;
    use super::*;

    #[test]
    fn the_command_says_what_is_no_default() {
        let config = r#"
            gatefold = "0.1.0"
            [data]
            source = "my reviews.csv"
            text_column = "it's"
            limit_test = 40
            name = "my reviews.csv"
            vocabulary_size = 262
            [training]
            epochs = 5
            batch_size = 4
            optimiser = "adam"
            learning_rate = 0.0001
            seed = "18446744073709551615"
            bucket = true
            pad = "after"
            mask_padding = false
            [adapter]
            name = "a GPU"
            kernels = "portable"
        "#;
        let config: Table = config.parse().unwrap();
        let line = command_line(&config, &Trains::Variant("dropout")).unwrap();
        assert_eq!(
            line,
            "gatefold train dropout --data 'my reviews.csv' --text-column 'it'\\''s' --limit-test 40 \
             --batch-size 4 --bucket --learning-rate 0.0001 --seed 18446744073709551615 --kernels portable"
        );
        let none = command_line(&Table::new(), &Trains::Variant("dropout"));
        assert_eq!(none, None);
    }

    #[test]
    fn another_optimiser_is_said() {
        let config = "[data]\nsource = \"demo\"\n[training]\noptimiser = \"sgd\"\nmomentum = 0.9\nnesterov = true";
        let config: Table = config.parse().unwrap();
        let line = command_line(&config, &Trains::Variant("dropout")).unwrap();
        assert_eq!(
            line,
            "gatefold train dropout --momentum 0.9 --nesterov --optimiser sgd"
        );
    }

    #[test]
    fn it_parses_again() {
        let config = "[data]\nsource = \"demo\"\n[training]\nepochs = 2\nmax_length = 9\ntruncate = \"before\"";
        let config: Table = config.parse().unwrap();
        let names = ["baseline".to_string(), "dropout".to_string()];
        let line = command_line(&config, &Trains::Comparison(&names)).unwrap();
        let parsed = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Command::Compare(args) = parsed.command else {
            panic!("{line}");
        };
        assert_eq!(args.variants.len(), 2);
        assert_eq!(args.training.epochs, 2);
        assert_eq!(args.training.batch.max_length, Some(9));
        assert_eq!(args.data.reading.source.data, None);
    }
}
