//! Reviews as ids.

use rayon::prelude::*;

use super::raw::{Content, RawReview};
use super::{Encoder, PADDING, Review};
use crate::error::Result;

/// Encodes reviews on all cores, in order.
///
/// # Errors
/// As [`Encoder::encode`].
pub(super) fn encode(reviews: Vec<RawReview>, encoder: &Encoder) -> Result<Vec<Review>> {
    reviews
        .into_par_iter()
        .map(|RawReview { content, label }| {
            let mut ids = match content {
                Content::Text(text) => encoder.encode(&text)?,
                Content::Ids(ids) => ids,
            };
            if ids.is_empty() {
                ids.push(PADDING);
            }
            Ok(Review {
                ids: ids.into(),
                label,
            })
        })
        .collect()
}
