//! [`ClassWeights`]: what the loss of a review counts, by the name of its class.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::list::{join_names, split_names};
use crate::data::{Dataset, class_counts};
use crate::error::{Error, Result};
use crate::train::is_positive;

/// What balances classes, in `config.toml` and on the command line.
const BALANCED: &str = "balanced";

/// What the loss of a training review counts, by its class.
///
/// # Examples
/// ```
/// use gatefold::run::ClassWeights;
///
/// let weights: ClassWeights = "spam=5,useful=0.5".parse()?;
/// assert_eq!(weights.to_string(), "spam=5,useful=0.5");
/// assert_eq!("balanced".parse::<ClassWeights>()?, ClassWeights::Balanced);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum ClassWeights {
    /// All classes together count the same: reviews / (classes · reviews of the class).
    ///
    /// # Source
    /// scikit-learn, `compute_class_weight("balanced")`.
    Balanced,
    /// Those of these classes; that of all others is 1.
    Named(Vec<(String, f64)>),
}

impl ClassWeights {
    /// The weights of the classes of `dataset`, in the order of the labels.
    ///
    /// # Errors
    /// [`Error::Argument`] names a class that there is not, with those that there are.
    pub fn of(&self, dataset: &Dataset) -> Result<Vec<f32>> {
        let classes = &dataset.classes;
        let mut weights = vec![1.0; classes.len()];
        match self {
            ClassWeights::Balanced => {
                let counts = class_counts(&dataset.train, classes.len());
                let all = dataset.train.len() as f64;
                for (weight, count) in weights.iter_mut().zip(counts) {
                    // A class without reviews weighs nothing anyway.
                    *weight = (all / (classes.len() * count.max(1)) as f64) as f32;
                }
            }
            ClassWeights::Named(named) => {
                for (name, of_class) in named {
                    let Some(label) = classes.iter().position(|class| class == name) else {
                        let problem = format!(
                            "`{name}` is no class of the reviews; they have {}",
                            join_names(classes)
                        );
                        return Err(Error::argument("class_weight", problem));
                    };
                    weights[label] = *of_class as f32;
                }
            }
        }
        Ok(weights)
    }
}

impl fmt::Display for ClassWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClassWeights::Balanced => f.write_str(BALANCED),
            ClassWeights::Named(named) => {
                let named: Vec<String> = named
                    .iter()
                    .map(|(name, weight)| format!("{name}={weight}"))
                    .collect();
                f.write_str(&join_names(&named))
            }
        }
    }
}

impl FromStr for ClassWeights {
    type Err = Error;

    fn from_str(text: &str) -> Result<ClassWeights> {
        let wrong = |problem: String| {
            Error::Data(format!(
                "{problem}; give {BALANCED}, or a weight of each class that is not to count 1, as in \
                 negative=1,positive=5"
            ))
        };
        if text == BALANCED {
            return Ok(ClassWeights::Balanced);
        }
        let mut named: Vec<(String, f64)> = Vec::new();
        for part in split_names(text) {
            let (name, number) = part
                .rsplit_once('=')
                .ok_or_else(|| wrong(format!("{part:?} has no =")))?;
            let weight = number.trim().parse().ok();
            let weight = weight
                .filter(|weight| is_positive(*weight))
                .ok_or_else(|| wrong(format!("{number:?} is no number above 0")))?;
            let name = name.trim();
            if named.iter().any(|(other, _)| other == name) {
                return Err(wrong(format!("{name:?} is there twice")));
            }
            named.push((name.to_string(), weight));
        }
        Ok(ClassWeights::Named(named))
    }
}

impl Serialize for ClassWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
