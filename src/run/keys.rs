//! [`KEYS`]: every key of `config.toml`, the program's option that sets it, and what may become of it where a run goes on.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::list::join_names;
use super::spec::RunSpec;
use crate::error::{Error, Result};

/// What may become of a key where a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnResume {
    /// It stays: it decides the result.
    Fixed,
    /// Its number, if it has one, may be larger: how long to train.
    MayGrow,
    /// It may be another one: it changes nothing but rounding, which is told.
    Free,
}

/// A key of `config.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Section and name; what is below it belongs to it.
    pub path: &'static str,
    /// The program's option, without dashes; `None` where the value is found, not asked for.
    pub option: Option<&'static str>,
    /// What may become of it where a run goes on.
    pub on_resume: OnResume,
}

impl Key {
    /// The field that has it: the last part of the path.
    pub fn field(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

const fn set(path: &'static str, option: &'static str, on_resume: OnResume) -> Key {
    Key {
        path,
        option: Some(option),
        on_resume,
    }
}

const fn found(path: &'static str, on_resume: OnResume) -> Key {
    Key {
        path,
        option: None,
        on_resume,
    }
}

use OnResume::{Fixed, Free, MayGrow};

/// All of them, in the order in which a command names their options.
pub const KEYS: [Key; 64] = [
    found("gatefold", Free),
    // The same reviews may lie elsewhere: what is in them is compared.
    set("data.source", "data", Free),
    set("data.validation_source", "validation-data", Free),
    set("data.test_source", "test-data", Free),
    set("data.text_column", "text-column", Fixed),
    set("data.label_column", "label-column", Fixed),
    set("data.no_header", "no-header", Fixed),
    set("data.classes", "classes", Fixed),
    set("data.encoding", "encoding", Fixed),
    set("data.vocabulary", "vocab", Free),
    set("data.limit_train", "limit-train", Fixed),
    set("data.limit_test", "limit-test", Fixed),
    found("data.name", Free),
    found("data.synthetic", Fixed),
    found("data.train_reviews", Fixed),
    found("data.test_reviews", Fixed),
    found("data.sha256", Fixed),
    found("data.vocabulary_size", Fixed),
    found("data.vocabulary_sha256", Fixed),
    // More patience only trains for longer.
    set("callbacks.early_stopping", "early-stopping", MayGrow),
    set("callbacks.gradient_norms", "gradient-norms", Fixed),
    set(
        "callbacks.layer_gradient_norms",
        "layer-gradient-norms",
        Fixed,
    ),
    set("callbacks.min_delta", "min-delta", Fixed),
    set("callbacks.minimum_rate", "minimum-rate", Fixed),
    set("callbacks.monitor", "monitor", Fixed),
    set("callbacks.plateau_factor", "plateau-factor", Fixed),
    set("callbacks.plateau_patience", "plateau-patience", Fixed),
    set("callbacks.schedule", "schedule", Fixed),
    set("callbacks.tensorboard", "tensorboard", Free),
    set("callbacks.warmup_steps", "warmup-steps", Fixed),
    set("training.batch_size", "batch-size", Fixed),
    set("training.bucket", "bucket", Fixed),
    set("training.checkpoint_steps", "checkpoint-steps", Free),
    set("training.class_weight", "class-weight", Fixed),
    set("training.clip_norm", "clip-norm", Fixed),
    // The same vectors may lie elsewhere: what is in the file is compared.
    set("training.embedding", "embedding", Free),
    found("training.embedding_sha256", Fixed),
    found("training.embedding_width", Fixed),
    set("training.epochs", "epochs", MayGrow),
    set("training.freeze_embedding", "freeze-embedding", Fixed),
    set("training.learning_rate", "learning-rate", Fixed),
    set("training.mask_padding", "mask-padding", Fixed),
    set("training.max_length", "max-length", Fixed),
    set("training.momentum", "momentum", Fixed),
    set("training.nesterov", "nesterov", Fixed),
    set("training.optimiser", "optimiser", Fixed),
    set("training.overfit_batches", "overfit-batches", Fixed),
    set("training.pad", "pad", Fixed),
    set("training.seed", "seed", Fixed),
    set("training.shards", "shards", Fixed),
    set("training.shuffle_buffer", "shuffle-buffer", Fixed),
    set("training.storage", "storage", Fixed),
    set("training.truncate", "truncate", Fixed),
    set("training.validation", "validation", Fixed),
    set("training.validation_steps", "validation-steps", Fixed),
    set("training.weight_decay", "weight-decay", Fixed),
    found("adapter.name", Free),
    found("adapter.backend", Free),
    found("adapter.kind", Free),
    found("adapter.driver", Free),
    set("adapter.kernels", "kernels", Free),
    found("model", Fixed),
    set("comparison.variants", "variants", Fixed),
    found("comparison.models", Fixed),
];

/// The key that a path in `config.toml` belongs to; `reading` is of runs that cannot go on.
fn key_of(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| {
        let below = path.strip_prefix(key.path);
        below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
    })
}

/// What a run that was begun goes on with: what it was begun with, and of what is asked for now whatever `is_asked`
/// says, given an option's name, was really asked for, and may change.
///
/// # Errors
/// [`Error::Argument`] names the field with both values where it may not.
pub fn reconcile(
    begun: &RunSpec,
    asked: &RunSpec,
    is_asked: &dyn Fn(&str) -> bool,
) -> Result<RunSpec> {
    let (mut table, now) = (begun.to_table()?, asked.to_table()?);
    for key in &KEYS {
        let (Some(option), Some(value)) = (key.option, value_at(&now, key.path)) else {
            continue;
        };
        if !is_asked(option) {
            continue;
        }
        let then = value_at(&table, key.path);
        let grows = || match (then.and_then(Value::as_integer), value.as_integer()) {
            (Some(then), Some(now)) => now >= then,
            _ => false,
        };
        let may_be = match key.on_resume {
            Fixed => then == Some(value),
            MayGrow => then == Some(value) || grows(),
            Free => true,
        };
        if !may_be {
            let problem = contradiction(key, value, then);
            return Err(Error::argument(key.field(), problem));
        }
        set_value(&mut table, key.path, value.clone());
    }
    let spec: RunSpec = Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| Error::Internal {
            place: "going on with a run",
            problem: error.message().to_string(),
        })?;
    spec.check_growth(begun)?;
    Ok(spec)
}

fn contradiction(key: &Key, now: &Value, then: Option<&Value>) -> String {
    let remedy = match key.on_resume {
        MayGrow if then.is_some() => "give more, or leave it out",
        _ => "leave it out, or begin another run",
    };
    match now {
        Value::Boolean(_) => format!("the run was begun without it; {remedy}"),
        now => {
            let then = then.map_or("none".to_string(), shown);
            let now = shown(now);
            format!("{now} was given, but the run was begun with {then}; {remedy}")
        }
    }
}

/// A value as an option takes it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            join_names(&items)
        }
        value => value.to_string(),
    }
}

/// The value at a path of section and name.
pub(super) fn value_at<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((section, name)) => table.get(section)?.as_table()?.get(name),
        None => table.get(path),
    }
}

/// Puts a value at a path of section and name, where there is that section.
pub(super) fn set_value(table: &mut Table, path: &str, value: Value) {
    let (section, name) = path.split_once('.').unwrap_or(("", path));
    let section = table.get_mut(section).and_then(Value::as_table_mut);
    if let Some(section) = section {
        section.insert(name.to_string(), value);
    }
}

impl RunSpec {
    /// Fails where a run that was `begun` so would have had another learning rate if it had been to last as long.
    fn check_growth(&self, begun: &RunSpec) -> Result<()> {
        let (Some(then), Some(now)) = (&begun.training, &self.training) else {
            return Ok(());
        };
        let callbacks = begun.callbacks.as_ref();
        if then.epochs != now.epochs && callbacks.is_some_and(|callbacks| callbacks.is_cosine()) {
            let problem = format!(
                "the learning rate of the run falls along a cosine over {}; leave it out, or begin another run",
                then.epochs
            );
            return Err(Error::argument("epochs", problem));
        }
        Ok(())
    }

    /// The first key whose value decides the result and is another one in `other`, with both values.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn first_difference(&self, other: &RunSpec) -> Result<Option<(String, [String; 2])>> {
        let (ours, theirs) = (self.values()?, other.values()?);
        let differs = |path: &&String| {
            let is_fixed = key_of(path).is_none_or(|key| key.on_resume == Fixed);
            is_fixed && ours.get(*path) != theirs.get(*path)
        };
        let shown = |value: Option<&String>| value.map_or("nothing".to_string(), String::clone);
        let first = ours.keys().chain(theirs.keys()).find(differs);
        Ok(first.map(|path| {
            let values = [&ours, &theirs].map(|values| shown(values.get(path)));
            (path.clone(), values)
        }))
    }

    /// Names and values in which ranks of one training must not differ: where each has its files, and what it computes on,
    /// are its own.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn of_all_ranks(&self) -> Result<Vec<(String, String)>> {
        let values = self.values()?.into_iter();
        let is_own = |path: &str| key_of(path).is_some_and(|key| key.on_resume == Free);
        Ok(values.filter(|(path, _)| !is_own(path)).collect())
    }

    /// Every value as TOML under its dotted path.
    fn values(&self) -> Result<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        let mut open = vec![(String::new(), Value::Table(self.to_table()?))];
        while let Some((path, value)) = open.pop() {
            let dotted = |name: &str| match path.as_str() {
                "" => name.to_string(),
                path => format!("{path}.{name}"),
            };
            match value {
                Value::Table(table) => {
                    let entries = table.into_iter();
                    open.extend(entries.map(|(name, value)| (dotted(&name), value)));
                }
                Value::Array(items) => {
                    let items = items.into_iter().enumerate();
                    open.extend(items.map(|(index, value)| (dotted(&index.to_string()), value)));
                }
                value => {
                    values.insert(path, value.to_string());
                }
            }
        }
        Ok(values)
    }
}
