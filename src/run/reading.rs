//! [`ReadingSpec`]: how the reviews of a run are cut and padded.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::batch::{Padding, Side};
use crate::error::{Error, Result};
use crate::model::counted;

/// How reviews are cut and padded, as `config.toml` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingSpec {
    /// Where the padding stands.
    pub pad: Side,
    /// Most tokens of a review that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Which end of a longer review is cut off, where there is a most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate: Option<Side>,
}

impl ReadingSpec {
    /// That of this padding.
    pub fn of(padding: Padding) -> ReadingSpec {
        ReadingSpec {
            pad: padding.pad,
            max_length: padding.max_length.map(NonZeroUsize::get),
            truncate: padding.max_length.map(|_| padding.truncate),
        }
    }

    /// Checks that something of a review is left.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field that makes no sense.
    pub fn check(&self) -> Result<()> {
        match (self.max_length, self.truncate) {
            (Some(0), _) => {
                let problem = "0 tokens are nothing to read; give 1 or more";
                Err(Error::argument("max_length", problem))
            }
            (None, Some(_)) => {
                let problem = "nothing is cut off without `max_length`; give that as well";
                Err(Error::argument("truncate", problem))
            }
            _ => Ok(()),
        }
    }

    /// The padding.
    pub fn padding(&self) -> Padding {
        Padding {
            pad: self.pad,
            max_length: self.max_length.and_then(NonZeroUsize::new),
            truncate: self.truncate.unwrap_or(Padding::AFTER.truncate),
        }
    }
}

/// How reviews are cut and padded, where it is not as in the experiment: `reviews cut to their first 200 tokens`.
pub fn padding_words(padding: &Padding) -> Vec<String> {
    let kept = padding.max_length.map(|most| {
        let end = match padding.truncate {
            Side::Before => "last",
            Side::After => "first",
        };
        format!(
            "reviews cut to their {end} {}",
            counted(most.get(), "token")
        )
    });
    let before = (padding.pad == Side::Before).then(|| "padded before the text".to_string());
    kept.into_iter().chain(before).collect()
}
