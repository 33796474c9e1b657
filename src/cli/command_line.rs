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
const DATA: [(&str, &str); 8] = [
    ("source", "data"),
    ("test_source", "test_data"),
    ("text_column", "text_column"),
    ("label_column", "label_column"),
    ("classes", "classes"),
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
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join(",")
        }
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
    use clap::parser::ValueSource;
    use clap::{FromArgMatches, Parser};
    use gatefold::batch::{SHUFFLE_BUFFER, Side};
    use gatefold::gpu::AdapterReport;
    use gatefold::plan::Limits;
    use gatefold::train::Monitor;

    use super::super::args::Command;
    use super::super::callbacks::{Callbacks, Kind};
    use super::super::optimiser::OptimiserName;
    use super::super::run_config::{Adapter, Data, RunConfig, Training};
    use super::super::settings::Settings;
    use super::*;

    /// Keys that no option sets: what the data and the device are found to be, and what never differs.
    const NO_OPTIONS: [&str; 13] = [
        "gatefold",
        "data.name",
        "data.synthetic",
        "data.train_reviews",
        "data.test_reviews",
        "data.sha256",
        "data.vocabulary_size",
        "data.vocabulary_sha256",
        "training.shuffle_buffer",
        "adapter.name",
        "adapter.backend",
        "adapter.kind",
        "adapter.driver",
    ];

    /// A configuration with every key, none of which has its default value.
    fn full() -> RunConfig {
        let there = |name: &str| {
            let path = std::path::absolute(name).unwrap();
            Some(path.to_string_lossy().into_owned())
        };
        let mut monitors = Monitor::ALL.into_iter();
        RunConfig {
            gatefold: env!("CARGO_PKG_VERSION").to_string(),
            data: Data {
                source: there("/reviews.csv").unwrap(),
                test_source: there("/test.csv"),
                text_column: Some("review".to_string()),
                label_column: Some("verdict".to_string()),
                classes: vec!["useful".to_string(), "spam".to_string()],
                vocabulary: there("/own.subwords"),
                limit_train: Some(40),
                limit_test: Some(30),
                name: "reviews.csv".to_string(),
                synthetic: false,
                train_reviews: 40,
                test_reviews: 30,
                sha256: String::new(),
                vocabulary_size: 262,
                vocabulary_sha256: String::new(),
            },
            training: Training {
                epochs: 7,
                batch_size: 9,
                optimiser: OptimiserName::Sgd,
                momentum: Some(0.75),
                nesterov: true,
                learning_rate: 0.25,
                clip_norm: Some(0.5),
                weight_decay: Some(0.125),
                seed: "18446744073709551615".to_string(),
                shuffle_buffer: SHUFFLE_BUFFER,
                bucket: true,
                pad: Side::Before,
                max_length: Some(50),
                truncate: Some(Side::Before),
                validation_steps: 31,
                mask_padding: true,
                checkpoint_steps: 77,
            },
            callbacks: Callbacks {
                monitor: monitors
                    .find(|monitor| *monitor != Monitor::default())
                    .unwrap(),
                early_stopping: Some(4),
                min_delta: Some(0.5),
                schedule: Kind::Plateau,
                warmup_steps: 6,
                minimum_rate: Some(0.0625),
                plateau_factor: Some(0.75),
                plateau_patience: Some(2),
                gradient_norms: true,
                layer_gradient_norms: true,
                tensorboard: true,
            },
            adapter: Adapter {
                name: "a GPU".to_string(),
                backend: "vulkan".to_string(),
                kind: "software".to_string(),
                driver: "a driver".to_string(),
                kernels: "portable".to_string(),
            },
            model: None,
            comparison: None,
        }
    }

    /// Keys, dotted, with their values, but for those that no option sets.
    fn options(config: &RunConfig) -> Vec<(String, Value)> {
        let table = Table::try_from(config).unwrap();
        let mut found = Vec::new();
        for (name, value) in table {
            match value {
                Value::Table(section) => {
                    let dotted = |(key, value)| (format!("{name}.{key}"), value);
                    found.extend(section.into_iter().map(dotted));
                }
                value => found.push((name, value)),
            }
        }
        found.retain(|(key, _)| !NO_OPTIONS.contains(&key.as_str()));
        found
    }

    /// A key that is new must come into the command, or stand among those that no option sets.
    #[test]
    fn every_key_is_in_the_command_and_means_the_same_again() {
        let config = full();
        let table = Table::try_from(&config).unwrap();
        let line = command_line(&table, &Trains::Variant("dropout")).unwrap();
        let matches = Arguments::command()
            .try_get_matches_from(line.split(' '))
            .unwrap();
        let (_, typed) = matches.subcommand().unwrap();
        for (key, _) in options(&config) {
            let (section, key) = key.split_once('.').unwrap();
            let renamed = DATA.iter().find(|(name, _)| *name == key);
            let id = match (section, renamed) {
                ("data", Some((_, id))) => id,
                _ => key,
            };
            let source = typed.value_source(id);
            assert_eq!(source, Some(ValueSource::CommandLine), "{key}: {line}");
        }
        let Command::Train(args) = Arguments::from_arg_matches(&matches).unwrap().command else {
            panic!("{line}");
        };
        let (settings, _) = Settings::train(&args, true).unwrap();
        let adapter = AdapterReport {
            name: String::new(),
            backend: String::new(),
            kind: String::new(),
            driver: String::new(),
            subgroup: None,
            binding_bytes: 0,
            workgroup_bytes: 0,
            workgroup_invocations: 0,
            timestamps: false,
        };
        let dataset = gatefold::data::demo().unwrap();
        let again = RunConfig::new(&settings, &dataset, &adapter, &Limits::WEBGPU);
        assert_eq!(options(&again), options(&config));
    }

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
