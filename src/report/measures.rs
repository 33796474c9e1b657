//! [`Measures`]: the figures of an evaluation, in the order and with the names that terminal, JSON and page show.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::excerpt::excerpt;
use crate::train::Evaluation;

/// What a figure without a value is shown as.
const NONE: &str = "–";

/// Columns of a class's name beside a measure or over a column, at most.
const CLASS: usize = 20;

/// A figure of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name in JSON, `roc_auc` say.
    pub key: &'static str,
    /// Its name for readers, `Macro ROC AUC` say.
    pub name: String,
    /// None where it is not defined.
    pub value: Option<f64>,
}

/// Loss and scores of an evaluation. As JSON they are the keys and values of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures(pub Vec<Measure>);

impl Measures {
    /// All there are: a further one is a line here.
    pub fn of(evaluation: &Evaluation) -> Measures {
        let Evaluation {
            loss,
            accuracy,
            scores,
            ..
        } = evaluation;
        let of_class = |name: &str| match class_of(evaluation) {
            None => format!("Macro {name}"),
            Some(class) => format!("{}{}, {class}", name[..1].to_uppercase(), &name[1..]),
        };
        let area = match scores.of_each {
            true => "Macro ROC AUC",
            false => "ROC AUC",
        };
        let measure = |key, name: &str, value| Measure {
            key,
            name: name.to_owned(),
            value,
        };
        let mut measures = vec![
            measure("loss", "Loss", Some(*loss)),
            measure("accuracy", "Accuracy", Some(*accuracy)),
            measure(
                "balanced_accuracy",
                "Balanced accuracy",
                scores.balanced_accuracy,
            ),
            measure("precision", &of_class("precision"), scores.precision),
            measure("recall", &of_class("recall"), scores.recall),
            measure("f1", &of_class("F1"), scores.f1),
            measure("roc_auc", area, scores.roc_auc),
            measure(
                "calibration_error",
                "Calibration error",
                Some(scores.calibration_error),
            ),
        ];
        // More than two classes have no such threshold.
        if scores.confusion.classes() == 2 {
            let best = scores.best_threshold.as_ref();
            measures.extend([
                measure(
                    "best_threshold",
                    "Best threshold",
                    best.map(|best| best.threshold),
                ),
                measure(
                    "best_threshold_balanced_accuracy",
                    "Balanced with it",
                    best.map(|best| best.balanced_accuracy),
                ),
            ]);
        }
        Measures(measures)
    }

    /// Name and value for readers.
    pub(super) fn rows(self) -> Vec<(String, String)> {
        let rows = self.0.into_iter();
        rows.map(|measure| (measure.name, shown(measure.value)))
            .collect()
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for measure in &self.0 {
            map.serialize_entry(measure.key, &measure.value)?;
        }
        map.end()
    }
}

/// The class that probability, precision, recall and F1 are of: the second of two told apart by one probability; none
/// where every class has a probability.
pub(super) fn class_of(evaluation: &Evaluation) -> Option<String> {
    match evaluation.scores.of_each {
        true => None,
        false => Some(excerpt(evaluation.classes.get(1)?, CLASS)),
    }
}

/// Four decimals.
pub(super) fn shown(value: Option<f64>) -> String {
    value.map_or(NONE.to_string(), |value| format!("{value:.4}"))
}
