//! How reviews become batches, checked.

use std::num::NonZeroUsize;

use gatefold::Result;
use gatefold::batch::{Padding, Side};

use super::option;
use crate::cli::args::BatchArgs;
use crate::cli::screen::counted;

/// How reviews become batches.
pub struct BatchSettings {
    pub batch_size: usize,
    pub bucket: bool,
    pub padding: Padding,
}

impl BatchSettings {
    /// Rejects batches that hold nothing.
    pub fn new(args: &BatchArgs) -> Result<BatchSettings> {
        if args.batch_size == 0 {
            return Err(option("--batch-size", "a batch holds at least 1 review"));
        }
        let max_length = match args.max_length.map(|most| NonZeroUsize::new(most as usize)) {
            Some(None) => {
                let problem = "0 tokens are nothing to read; give 1 or more";
                return Err(option("--max-length", problem));
            }
            Some(most) => most,
            None => None,
        };
        Ok(BatchSettings {
            batch_size: args.batch_size as usize,
            bucket: args.bucket,
            padding: Padding {
                pad: args.pad.into(),
                max_length,
                truncate: args.truncate.unwrap_or_default().into(),
            },
        })
    }
}

/// How reviews are cut and padded, where it is not as in the experiment: `reviews cut to their first 200
/// tokens`.
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
