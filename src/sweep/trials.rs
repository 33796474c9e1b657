//! [`Sweep`]: the trials of a sweep file, which follow from it alone.

use std::path::Path;

use toml::Value;

use super::axis::{Axis, AxisValues, MODEL, value_text};
use super::file::{Method, SweepFile};
use super::trial_model::TrialModel;
use crate::data::Source;
use crate::error::{Error, Result};
use crate::random::{Philox, Stream};
use crate::run::{RunSpec, named_source, path_text};
use crate::train::Monitor;

/// Keys whose values are paths.
const PATHS: [&str; 5] = [
    "data.source",
    "data.validation_source",
    "data.test_source",
    "data.vocabulary",
    "training.embedding",
];

/// Letters of a folder's name that file systems take.
const LONGEST_NAME: usize = 200;

/// Times that a combination is drawn again where it was drawn before.
const DRAWN_AGAIN: usize = 1000;

/// Values of all axes but that of the seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// What sets it apart from the others: `baseline, mask_padding=true`.
    pub label: String,
    /// A value of each of [`Sweep::compared`], as text.
    pub values: Vec<String>,
}

/// A run of a sweep.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The name of its folder: what differs.
    pub folder: String,
    /// The index of its configuration.
    pub configuration: usize,
    /// Its seed, as text.
    pub seed: String,
    /// What its `config.toml` will say, but for what is found yet.
    pub spec: RunSpec,
    /// Its model.
    pub model: TrialModel,
}

/// The trials of a sweep.
///
/// # Examples
/// ```
/// use std::path::Path;
/// use gatefold::sweep::{Sweep, SweepFile};
///
/// let text = "name = \"seeds\"\nbase.variant = \"baseline\"\naxes.training.seed = [0, 1]\n";
/// let sweep = Sweep::new(SweepFile::from_toml(Path::new("seeds.toml"), text)?)?;
/// let folders: Vec<&str> = sweep.trials.iter().map(|trial| trial.folder.as_str()).collect();
/// assert_eq!(folders, ["seed=0", "seed=1"]);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What they are made of.
    pub file: SweepFile,
    /// Those that differ in more than the seed.
    pub configurations: Vec<Configuration>,
    /// All runs, in the order in which they are trained.
    pub trials: Vec<Trial>,
}

impl Sweep {
    /// The trials of `file`.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line: keys that do not go together, trials that would have one folder's name.
    pub fn new(file: SweepFile) -> Result<Sweep> {
        let mut sweep = Sweep {
            file,
            configurations: Vec::new(),
            trials: Vec::new(),
        };
        let seed = sweep.file.axes.iter().find(|axis| axis.is_seed());
        let seeds: Vec<Option<Value>> = match seed.map(|axis| &axis.values) {
            Some(AxisValues::Listed(seeds)) => seeds.iter().cloned().map(Some).collect(),
            _ => vec![None],
        };
        let axes: Vec<Axis> = sweep.compared().cloned().collect();
        for values in sweep.combinations()? {
            let varying = axes.iter().zip(&values).filter(|(axis, _)| axis.varies());
            let parts: Vec<String> = varying.map(|(axis, value)| part(axis, value)).collect();
            let configuration = sweep.configurations.len();
            let label = match parts.is_empty() {
                true => sweep.file.name.clone(),
                false => parts.join(", "),
            };
            for seed in &seeds {
                let trial = sweep.trial(configuration, &parts, &axes, &values, seed.as_ref())?;
                sweep.add(trial)?;
            }
            let values = axes
                .iter()
                .zip(&values)
                .map(|(axis, value)| text_of(axis, value));
            let values = values.collect();
            sweep.configurations.push(Configuration { label, values });
        }
        sweep.check_halving()?;
        Ok(sweep)
    }

    /// The axes that are compared: all but that of the seed.
    pub fn compared(&self) -> impl Iterator<Item = &Axis> {
        self.file.axes.iter().filter(|axis| !axis.is_seed())
    }

    /// The metric that tells which trial is better.
    pub fn monitor(&self) -> Monitor {
        let callbacks = self
            .trials
            .first()
            .and_then(|trial| trial.spec.callbacks.as_ref());
        callbacks.map_or(Monitor::default(), |callbacks| callbacks.monitor)
    }

    /// Values of all compared axes, one combination after the other.
    fn combinations(&self) -> Result<Vec<Vec<Value>>> {
        let axes: Vec<&Axis> = self.compared().collect();
        match self.file.search.trials {
            None => Ok(grid(&axes)),
            Some(count) => self.drawn(&axes, count),
        }
    }

    fn drawn(&self, axes: &[&Axis], count: usize) -> Result<Vec<Vec<Value>>> {
        let seed = u64::from(self.file.search.seed);
        let mut random = Philox::new(seed, Stream::Sweep.id());
        let mut drawn: Vec<Vec<Value>> = Vec::new();
        while drawn.len() < count {
            let mut next = None;
            for _ in 0..DRAWN_AGAIN {
                let values: Vec<Value> = axes.iter().map(|axis| axis.draw(&mut random)).collect();
                if !drawn.contains(&values) {
                    next = Some(values);
                    break;
                }
            }
            let Some(next) = next else {
                let problem = format!(
                    "the axes do not have {count} combinations, only {} were found; give fewer, or take method \"grid\"",
                    drawn.len()
                );
                return Err(self.file.malformed("search.trials", problem));
            };
            drawn.push(next);
        }
        Ok(drawn)
    }

    fn trial(
        &self,
        configuration: usize,
        parts: &[String],
        axes: &[Axis],
        values: &[Value],
        seed: Option<&Value>,
    ) -> Result<Trial> {
        let file = &self.file;
        let of_axes = axes.iter().zip(values);
        let mut keys: Vec<(String, Value)> = file.base.clone();
        keys.extend(of_axes.map(|(axis, value)| (axis.key.clone(), value.clone())));
        keys.extend(seed.map(|seed| (super::axis::SEED.to_string(), seed.clone())));
        let model = TrialModel::of_keys(file, &keys)?;
        let mut asked = Vec::new();
        for (key, value) in keys {
            if crate::run::is_asked_for(&key) {
                asked.push(self.resolved(key, value)?);
            }
        }
        let mut parts = parts.to_vec();
        let seeds = file
            .axes
            .iter()
            .find(|axis| axis.is_seed() && axis.varies());
        if let (Some(axis), Some(seed)) = (seeds, seed) {
            parts.push(part(axis, seed));
        }
        let folder = match parts.is_empty() {
            true => "trial".to_string(),
            false => parts.join(","),
        };
        let spec = RunSpec::from_keys(&asked)?;
        spec.check().map_err(|error| self.misfit(&folder, error))?;
        let training = spec.training.as_ref();
        let seed = training.map_or_else(String::new, |training| training.seed.to_string());
        Ok(Trial {
            folder,
            configuration,
            seed,
            spec,
            model,
        })
    }

    /// Paths start from the folder of the file; where `data.source` is none, it may be a name.
    fn resolved(&self, key: String, value: Value) -> Result<(String, Value)> {
        let Some(text) = value.as_str().filter(|_| PATHS.contains(&key.as_str())) else {
            return Ok((key, value));
        };
        let mut path = self.file.folder().join(text);
        if key == "data.source" && !path.exists() {
            let table = match self.file.axes.iter().any(|axis| axis.key == key) {
                true => "axes",
                false => "base",
            };
            let named = named_source(text).map_err(|error| {
                let place = format!("{table}.{key}");
                self.file.malformed(&place, error.to_string())
            })?;
            match named {
                Some(Source::Demo) => return Ok((key, value)),
                Some(source) => path = source.path().map_or(path, Path::to_path_buf),
                None => {}
            }
        }
        Ok((key, Value::String(path_text(&path))))
    }

    /// An error of keys that do not go together, at the line of the one that it names.
    fn misfit(&self, folder: &str, error: Error) -> Error {
        let Error::Argument { name, problem } = error else {
            return self.file.malformed("base", format!("{folder}: {error}"));
        };
        let field = name.trim_matches('`');
        let is_it = |key: &str| key.rsplit('.').next() == Some(field);
        let axis = self.file.axes.iter().find(|axis| is_it(&axis.key));
        let fixed = self.file.base.iter().find(|(key, _)| is_it(key));
        let place = match (axis, fixed) {
            (Some(axis), _) => format!("axes.{}", axis.key),
            (None, Some((key, _))) => format!("base.{key}"),
            (None, None) => "axes".to_string(),
        };
        self.file
            .malformed(&place, format!("trial {folder}: {name}: {problem}"))
    }

    /// Adds a trial, whose folder no other one has.
    fn add(&mut self, trial: Trial) -> Result<()> {
        let last = self.file.axes.iter().rev().find(|axis| axis.varies());
        let place = last.map_or("axes".to_string(), |axis| format!("axes.{}", axis.key));
        // Some file systems do not tell large letters from small ones.
        let is_same = |other: &Trial| other.folder.eq_ignore_ascii_case(&trial.folder);
        if self.trials.iter().any(is_same) {
            let problem = format!(
                "two trials would have the folder `{}`; rename what their values stand for, or leave one out",
                trial.folder
            );
            return Err(self.file.malformed(&place, problem));
        }
        if trial.folder.len() > LONGEST_NAME {
            let problem = format!(
                "the folder `{}` would have too long a name; let fewer keys vary",
                trial.folder
            );
            return Err(self.file.malformed(&place, problem));
        }
        self.trials.push(trial);
        Ok(())
    }

    /// Halving trains for more epochs than it began with, which not every schedule lets it.
    fn check_halving(&self) -> Result<()> {
        if self.file.search.method != Method::Halving {
            return Ok(());
        }
        if self.compared().any(|axis| axis.key == "training.epochs") {
            let problem = "halving says how many epochs each trial has; fix the most in [base]";
            return Err(self.file.malformed("axes.training.epochs", problem));
        }
        for trial in &self.trials {
            let Ok((training, callbacks)) = trial.spec.trained() else {
                continue;
            };
            if callbacks.is_cosine() {
                let problem = format!(
                    "trial {}: a cosine is laid out over all epochs from the start, so that a trial cannot be trained \
                     further; take another schedule, or another method",
                    trial.folder
                );
                let place = match self.compared().any(|axis| axis.key == "callbacks.schedule") {
                    true => "axes.callbacks.schedule",
                    false => "base.callbacks.schedule",
                };
                return Err(self.file.malformed(place, problem));
            }
            let first = self.file.search.first_epochs.unwrap_or(1);
            if first > training.epochs {
                let problem = format!(
                    "{first} epochs are more than the {} of [base]",
                    training.epochs
                );
                return Err(self.file.malformed("search.first_epochs", problem));
            }
        }
        Ok(())
    }
}

/// Every combination, the last axis the fastest.
fn grid(axes: &[&Axis]) -> Vec<Vec<Value>> {
    axes.iter().fold(vec![Vec::new()], |combinations, axis| {
        let AxisValues::Listed(values) = &axis.values else {
            return combinations;
        };
        let with = |combination: &Vec<Value>, value: &Value| {
            let mut longer = combination.clone();
            longer.push(value.clone());
            longer
        };
        let each = combinations.iter();
        each.flat_map(|combination| values.iter().map(move |value| with(combination, value)))
            .collect()
    })
}

/// A value as people call it: of a path its last name, without its ending.
fn text_of(axis: &Axis, value: &Value) -> String {
    let is_path = axis.key == MODEL || PATHS.contains(&axis.key.as_str());
    match value.as_str().filter(|_| is_path) {
        Some(path) => {
            let stem = Path::new(path).file_stem();
            stem.map_or_else(
                || path.to_string(),
                |stem| stem.to_string_lossy().into_owned(),
            )
        }
        None => value_text(value),
    }
}

/// What a value is called in the name of a folder.
fn part(axis: &Axis, value: &Value) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
    let text: String = text_of(axis, value)
        .chars()
        .map(|letter| if plain(letter) { letter } else { '_' })
        .collect();
    match axis.key.as_str() {
        super::axis::VARIANT | MODEL => text,
        _ => format!("{}={text}", axis.name()),
    }
}
