//! What a record holds: a `tf.train.Example` with a text and a label.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::TextForm;
use crate::data::PADDING;
use crate::data::raw::{Content, checked_ids, checked_text};

/// The features of a review.
const TEXT: &str = "text";
const LABEL: &str = "label";

/// `tf.train.Example`.
///
/// # Source
/// `tensorflow/core/example/example.proto` and `feature.proto`.
#[derive(Clone, PartialEq, Message)]
struct Example {
    #[prost(message, optional, tag = "1")]
    features: Option<Features>,
}

#[derive(Clone, PartialEq, Message)]
struct Features {
    #[prost(btree_map = "string, message", tag = "1")]
    feature: BTreeMap<String, Feature>,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Bytes(BytesList),
    #[prost(message, tag = "2")]
    Float(FloatList),
    #[prost(message, tag = "3")]
    Int64(Int64List),
}

#[derive(Clone, PartialEq, Message)]
struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    value: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct FloatList {
    #[prost(float, repeated, tag = "1")]
    value: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
struct Int64List {
    #[prost(int64, repeated, tag = "1")]
    value: Vec<i64>,
}

/// The review that a record holds.
pub(super) struct ExampleReview {
    pub content: Content,
    pub label: u8,
    /// Whether a text was UTF-8, which ids always are.
    pub valid: bool,
}

/// The review in a record's payload, its ids checked against a vocabulary of `size` ids.
///
/// # Errors
/// What is wrong with the payload.
pub(super) fn decode(payload: &[u8], form: TextForm, size: usize) -> Result<ExampleReview, String> {
    let example = Example::decode(payload)
        .map_err(|error| format!("not a tf.train.Example ({error}); copy the file again"))?;
    let features = example.features.unwrap_or_default().feature;
    let label = match kind(&features, LABEL)? {
        Kind::Int64(list) => match list.value[..] {
            [label @ 0..=1] => label as u8,
            [label] => {
                return Err(format!(
                    "label {label}; a review's label is 0 (negative) or 1 (positive)"
                ));
            }
            _ => return Err(format!("{} labels; a review has one", list.value.len())),
        },
        other => return Err(format!("`{LABEL}` holds {}, not an integer", other.name())),
    };
    let (content, valid) = match (kind(&features, TEXT)?, form) {
        (Kind::Int64(list), TextForm::Ids) => (Content::Ids(checked_ids(&list.value, size)?), true),
        (Kind::Bytes(list), TextForm::Plain) => {
            let [bytes] = &list.value[..] else {
                return Err(format!("{} texts; a review has one", list.value.len()));
            };
            checked_text(bytes)?
        }
        (other, form) => {
            return Err(format!(
                "`{TEXT}` holds {}, but features.json says {}",
                other.name(),
                form.name()
            ));
        }
    };
    Ok(ExampleReview {
        content,
        label,
        valid,
    })
}

/// A record's payload for a review of ids; [`PADDING`] alone stands for an empty text, which has no ids.
pub(super) fn encode(ids: &[u32], label: u8) -> Vec<u8> {
    let ids = if ids == [PADDING] { &[] } else { ids };
    let integers = |value: Vec<i64>| Feature {
        kind: Some(Kind::Int64(Int64List { value })),
    };
    let text = integers(ids.iter().map(|&id| i64::from(id)).collect());
    let feature = [(LABEL, integers(vec![i64::from(label)])), (TEXT, text)];
    Example {
        features: Some(Features {
            feature: feature.map(|(name, value)| (name.to_owned(), value)).into(),
        }),
    }
    .encode_to_vec()
}

fn kind<'a>(features: &'a BTreeMap<String, Feature>, name: &str) -> Result<&'a Kind, String> {
    let kind = features.get(name).and_then(|feature| feature.kind.as_ref());
    kind.ok_or_else(|| format!("no feature `{name}`; a review has `{TEXT}` and `{LABEL}`"))
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Bytes(_) => "bytes",
            Kind::Float(_) => "floats",
            Kind::Int64(_) => "integers",
        }
    }
}
