//! How reviews become batches.

use clap::Args;
use clap::builder::TypedValueParser;
use gatefold::batch::Side;
use gatefold::run::ReadingSpec;

use super::choice::choice;

#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub struct BatchArgs {
    /// Number of reviews per batch
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10,
        allow_negative_numbers = true
    )]
    pub batch_size: u32,
    /// Cut every batch into S shards, and add up their gradients: for batches that do not fit in memory
    ///
    /// Shard s has the rows b of the batch with b mod S = s. The result is that of the whole batch but for rounding, and
    /// depends on S alone. Under mpirun the ranks share the shards, and without this option each has one.
    #[arg(
        long,
        value_name = "S",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub shards: u32,
    /// Put reviews of similar length into one batch, so that it needs little padding
    ///
    /// The shuffled reviews are sorted by length, 1,000 at a time, and cut into batches. The batches are then shuffled.
    /// Validation keeps the order of the reviews.
    #[arg(long)]
    pub bucket: bool,
    #[command(flatten)]
    pub padding: PaddingArgs,
}

/// How reviews are cut and padded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub struct PaddingArgs {
    /// Keep at most N tokens of a review
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_length: Option<u32>,
    /// The end at which a longer review is cut [default: after]
    #[arg(long, value_parser = side_parser(), value_name = "END", requires = "max_length")]
    pub truncate: Option<Side>,
    /// The end at which padding is added
    ///
    /// Keras's pad_sequences adds it before the text, unless told otherwise.
    #[arg(long, value_parser = side_parser(), value_name = "END", default_value = "after")]
    pub pad: Side,
}

impl PaddingArgs {
    /// As a run's `config.toml` has it.
    pub fn spec(&self) -> ReadingSpec {
        ReadingSpec {
            pad: self.pad,
            max_length: self.max_length.map(|most| most as usize),
            truncate: self
                .max_length
                .map(|_| self.truncate.unwrap_or(Side::After)),
        }
    }
}

fn side_parser() -> impl TypedValueParser<Value = Side> {
    choice(vec![
        ("before", "At the beginning of the text", Side::Before),
        ("after", "At the end of the text", Side::After),
    ])
}
