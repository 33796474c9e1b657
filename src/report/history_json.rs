//! `history.json`: a list for each of Keras's names, as `History.history` holds them.

use std::fmt;
use std::path::Path;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::history_csv::layers;
use crate::error::{Error, Result};
use crate::train::{EpochRecord, History, LayerNorm};

/// A number that may not be finite, for which JSON has no sign: `"NaN"`, `"Infinity"`,
/// `"-Infinity"`, as in the JSON form of Protocol Buffers.
#[derive(Clone, Copy)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
        match text {
            "NaN" => Ok(Number(f64::NAN)),
            "Infinity" => Ok(Number(f64::INFINITY)),
            "-Infinity" => Ok(Number(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Lists {
    loss: Vec<Number>,
    accuracy: Vec<Number>,
    val_loss: Vec<Number>,
    val_accuracy: Vec<Number>,
    learning_rate: Vec<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gradient_norm: Option<Vec<Option<Number>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gradient_norm_max: Option<Vec<Option<Number>>>,
}

/// The norms of a layer's gradients.
#[derive(Serialize, Deserialize)]
struct LayerLists {
    layer: String,
    mean: Vec<Option<Number>>,
    max: Vec<Option<Number>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    variant: String,
    parameters: Option<usize>,
    epoch: Vec<usize>,
    history: Lists,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    layer_gradient_norms: Vec<LayerLists>,
}

/// The content of `history.json`, every number with as many digits as give it back exactly.
///
/// Times are left out, so that two runs of one command write the same bytes.
///
/// # Errors
/// [`Error::Data`] where the JSON writer fails, which it does not in memory.
pub fn to_json(history: &History) -> Result<Vec<u8>> {
    let list = |value: fn(&EpochRecord) -> f64| {
        history
            .epochs
            .iter()
            .map(|record| Number(value(record)))
            .collect()
    };
    let norms = |value: fn(&EpochRecord) -> Option<f64>| {
        let norms: Vec<Option<Number>> = history
            .epochs
            .iter()
            .map(|record| value(record).map(Number))
            .collect();
        norms.iter().any(Option::is_some).then_some(norms)
    };
    let of_layer = |layer: &str| {
        let norms = |value: fn(&LayerNorm) -> f64| {
            let of_epoch = |record: &EpochRecord| {
                let mut norms = record.layer_gradient_norms.iter();
                let norm = norms.find(|norm| norm.layer == layer);
                norm.map(|norm| Number(value(norm)))
            };
            history.epochs.iter().map(of_epoch).collect()
        };
        LayerLists {
            layer: layer.to_owned(),
            mean: norms(|norm| norm.mean),
            max: norms(|norm| norm.max),
        }
    };
    let document = Document {
        variant: history.variant.clone(),
        parameters: history.parameters,
        epoch: history.epochs.iter().map(|record| record.epoch).collect(),
        history: Lists {
            loss: list(|record| record.loss),
            accuracy: list(|record| record.accuracy),
            val_loss: list(|record| record.val_loss),
            val_accuracy: list(|record| record.val_accuracy),
            learning_rate: list(|record| record.learning_rate),
            gradient_norm: norms(|record| record.gradient_norm),
            gradient_norm_max: norms(|record| record.gradient_norm_max),
        },
        layer_gradient_norms: layers(&history.epochs).into_iter().map(of_layer).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document)
        .map_err(|error| Error::Data(format!("history.json: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads what [`to_json`] wrote; `path` is named in errors.
///
/// # Errors
/// [`Error::Malformed`] with line and column, or with the list's name: not JSON, a name missing,
/// lists of unequal length, epochs out of order.
pub fn from_json(path: &Path, bytes: &[u8]) -> Result<History> {
    let malformed = |place: String, problem: String| Error::Malformed {
        path: path.to_path_buf(),
        place,
        problem,
    };
    let document: Document = serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        malformed(place, error.to_string())
    })?;
    let Document {
        epoch,
        history,
        layer_gradient_norms: layers,
        ..
    } = &document;
    let norms = |list: &Option<Vec<_>>| list.as_ref().map_or(epoch.len(), Vec::len);
    let lengths = [
        ("loss", history.loss.len()),
        ("accuracy", history.accuracy.len()),
        ("val_loss", history.val_loss.len()),
        ("val_accuracy", history.val_accuracy.len()),
        ("learning_rate", history.learning_rate.len()),
        ("gradient_norm", norms(&history.gradient_norm)),
        ("gradient_norm_max", norms(&history.gradient_norm_max)),
    ];
    if let Some((name, length)) = lengths.iter().find(|(_, length)| *length != epoch.len()) {
        let problem = format!("{length} values for {} epochs", epoch.len());
        return Err(malformed(format!("history.{name}"), problem));
    }
    for LayerLists { layer, mean, max } in layers {
        for (name, list) in [("mean", mean), ("max", max)] {
            if list.len() != epoch.len() {
                let problem = format!("{} values for {} epochs", list.len(), epoch.len());
                let place = format!("layer_gradient_norms, {name} of {layer}");
                return Err(malformed(place, problem));
            }
        }
    }
    if epoch.first() == Some(&0) || epoch.windows(2).any(|pair| pair[0] >= pair[1]) {
        let problem = "epochs count upwards from 1".to_owned();
        return Err(malformed("epoch".to_owned(), problem));
    }
    let norm = |list: &Option<Vec<Option<Number>>>, index: usize| Some(list.as_ref()?[index]?.0);
    let records = epoch.iter().enumerate().map(|(index, epoch)| EpochRecord {
        epoch: *epoch,
        loss: history.loss[index].0,
        accuracy: history.accuracy[index].0,
        val_loss: history.val_loss[index].0,
        val_accuracy: history.val_accuracy[index].0,
        learning_rate: history.learning_rate[index].0,
        gradient_norm: norm(&history.gradient_norm, index),
        gradient_norm_max: norm(&history.gradient_norm_max, index),
        layer_gradient_norms: layers
            .iter()
            .filter_map(|lists| {
                Some(LayerNorm {
                    layer: lists.layer.clone(),
                    mean: lists.mean[index]?.0,
                    max: lists.max[index]?.0,
                })
            })
            .collect(),
        seconds: 0.0,
    });
    Ok(History {
        epochs: records.collect(),
        variant: document.variant,
        parameters: document.parameters,
    })
}
