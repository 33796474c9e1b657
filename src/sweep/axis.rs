//! [`Axis`]: a key that varies, and the values that it takes.

use toml::{Table, Value};

use crate::random::Philox;
use crate::run::keys::shown;

/// The key of the seed, which is averaged over.
pub const SEED: &str = "training.seed";

/// The key of a variant's name.
pub const VARIANT: &str = "variant";

/// The key of a model file's path.
pub const MODEL: &str = "model";

/// What the keys of a model's layers begin with: `layer.lstm.units`.
pub const LAYER: &str = "layer.";

/// A key that varies.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its path: one of a run's `config.toml`, `variant`, `model`, or `layer.NAME.KEY`.
    pub key: String,
    /// What it takes.
    pub values: AxisValues,
}

/// What a key takes.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValues {
    /// Each of these.
    Listed(Vec<Value>),
    /// Numbers that are drawn.
    Drawn(Range),
}

/// A range of numbers to draw from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// Any number, each as likely.
    Uniform(f64, f64),
    /// Any number, its logarithm evenly spread.
    LogUniform(f64, f64),
    /// Whole numbers, the last among them.
    Integers(i64, i64),
}

impl Axis {
    /// Whether trials are averaged over it.
    pub fn is_seed(&self) -> bool {
        self.key == SEED
    }

    /// Whether it has more than one value.
    pub fn varies(&self) -> bool {
        match &self.values {
            AxisValues::Listed(values) => values.len() > 1,
            AxisValues::Drawn(_) => true,
        }
    }

    /// What it is called where names must be short: the last part of the key, of a layer's key the layer as well.
    pub fn name(&self) -> &str {
        match self.key.strip_prefix(LAYER) {
            Some(name) => name,
            None => self.key.rsplit('.').next().unwrap_or(&self.key),
        }
    }

    /// One of its values, each as likely.
    pub(super) fn draw(&self, random: &mut Philox) -> Value {
        match &self.values {
            AxisValues::Listed(values) => {
                let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
                let index = random.below(count) as usize;
                values.get(index).cloned().unwrap_or(Value::Boolean(false))
            }
            AxisValues::Drawn(range) => range.draw(random),
        }
    }
}

impl Range {
    /// Reads `{ uniform = [0, 1] }`, `{ log_uniform = [1e-4, 1e-2] }` or `{ integers = [1, 9] }`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of_table(table: &Table) -> Result<Range, String> {
        const FORMS: &str =
            "give { uniform = [A, B] }, { log_uniform = [A, B] } or { integers = [A, B] }";
        let mut entries = table.iter();
        let (Some((form, ends)), None) = (entries.next(), entries.next()) else {
            return Err(format!("no range; {FORMS}"));
        };
        let ends = ends.as_array().map(Vec::as_slice);
        let Some([low, high]) = ends else {
            return Err(format!("`{form}` takes two numbers; {FORMS}"));
        };
        let number = |value: &Value| {
            let whole = value.as_integer().map(|whole| whole as f64);
            value.as_float().or(whole)
        };
        let range = match form.as_str() {
            "integers" => match (low.as_integer(), high.as_integer()) {
                (Some(low), Some(high)) => Range::Integers(low, high),
                _ => return Err(format!("`{form}` takes two whole numbers; {FORMS}")),
            },
            "uniform" | "log_uniform" => match (number(low), number(high)) {
                (Some(low), Some(high)) if form == "uniform" => Range::Uniform(low, high),
                (Some(low), Some(high)) => Range::LogUniform(low, high),
                _ => return Err(format!("`{form}` takes two numbers; {FORMS}")),
            },
            _ => return Err(format!("there is no range `{form}`; {FORMS}")),
        };
        range.check()?;
        Ok(range)
    }

    fn check(self) -> Result<(), String> {
        let (low, high) = match self {
            Range::Uniform(low, high) | Range::LogUniform(low, high) => (low, high),
            Range::Integers(low, high) => {
                let count = i128::from(high) - i128::from(low) + 1;
                return match count {
                    count if count < 2 => Err(format!("from {low} to {high} there is no range")),
                    count if count > i128::from(u32::MAX) => {
                        Err("a range of more than 4,294,967,295 whole numbers".to_string())
                    }
                    _ => Ok(()),
                };
            }
        };
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(format!("from {low:?} to {high:?} there is no range"));
        }
        match self {
            Range::LogUniform(low, _) if low <= 0.0 => Err(format!(
                "{low:?} has no logarithm; begin above 0, or take `uniform`"
            )),
            _ => Ok(()),
        }
    }

    fn draw(self, random: &mut Philox) -> Value {
        let between = |low: f64, high: f64, share: f64| low + (high - low) * share;
        match self {
            Range::Uniform(low, high) => {
                Value::Float(rounded(between(low, high, random.unit_f64())))
            }
            Range::LogUniform(low, high) => {
                let exponent = between(low.log10(), high.log10(), random.unit_f64());
                Value::Float(rounded(10f64.powf(exponent)).clamp(low, high))
            }
            Range::Integers(low, high) => {
                let count = u32::try_from(high.abs_diff(low) + 1).unwrap_or(u32::MAX);
                Value::Integer(low + i64::from(random.below(count)))
            }
        }
    }
}

/// Four digits of it: a folder's name has them all, and no one can tell more of them apart. They also take away what the
/// last bits of a power are on another machine.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

/// A value as tables and messages have it.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::Float(number) => format!("{number:?}"),
        value => shown(value),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn range(text: &str) -> Result<Range, String> {
        let table: Table = text.parse().unwrap();
        Range::of_table(&table)
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        assert_eq!(range("integers = [1, 3]"), Ok(Range::Integers(1, 3)));
        assert_eq!(range("uniform = [0, 0.5]"), Ok(Range::Uniform(0.0, 0.5)));
        for (text, word) in [
            ("uniform = [1, 1]", "no range"),
            ("uniform = [2.0, 1.0]", "no range"),
            ("uniform = [0.0, inf]", "no range"),
            ("uniform = [0.0]", "two numbers"),
            ("log_uniform = [0.0, 1.0]", "no logarithm"),
            ("integers = [1, 1]", "no range"),
            ("integers = [1.0, 2.0]", "whole"),
            ("normal = [0.0, 1.0]", "no range `normal`"),
            ("uniform = [0, 1]\nintegers = [0, 1]", "no range"),
        ] {
            let problem = range(text).unwrap_err();
            assert!(problem.contains(word), "{text}: {problem}");
        }
    }

    #[test]
    fn draws_stay_within_the_range_and_have_four_digits() {
        let mut random = Philox::new(5, 1);
        for _ in 0..200 {
            let Value::Float(number) = Range::LogUniform(1e-4, 1e-2).draw(&mut random) else {
                unreachable!();
            };
            assert!((1e-4..=1e-2).contains(&number));
            assert!(format!("{number:e}").len() <= "1.234e-3".len());
            let whole = Range::Integers(-1, 1).draw(&mut random).as_integer();
            assert!((-1..=1).contains(&whole.unwrap()));
        }
    }
}
