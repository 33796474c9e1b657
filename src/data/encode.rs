//! Reviews as ids.

use rayon::prelude::*;

use super::raw::{Content, RawReview};
use super::{PADDING, Review, SubwordEncoder};

/// Encodes reviews on all cores, in order.
pub(super) fn encode(reviews: Vec<RawReview>, encoder: &SubwordEncoder) -> Vec<Review> {
    reviews
        .into_par_iter()
        .map(|RawReview { content, label }| {
            let mut ids = match content {
                Content::Text(text) => encoder.encode(&text),
                Content::Ids(ids) => ids,
            };
            if ids.is_empty() {
                ids.push(PADDING);
            }
            Review {
                ids: ids.into(),
                label,
            }
        })
        .collect()
}
