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
    /// Compute each batch in S parts: for batches that do not fit in memory
    ///
    /// The gradients of the parts are added up before the update. The result is that of the whole batch, except for
    /// rounding. Part s has the reviews whose place in the batch, divided by S, leaves s. The result depends on S alone. Under
    /// mpirun the ranks share the parts, and without this option each has one.
    #[arg(
        long,
        value_name = "S",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub shards: u32,
    /// Put reviews of similar length into one batch, which saves padding and time
    ///
    /// gatefold takes 1,000 shuffled reviews at a time, sorts them by length, cuts them into batches, and shuffles the
    /// batches. Validation keeps the order of the reviews.
    #[arg(long)]
    pub bucket: bool,
    #[command(flatten)]
    pub padding: PaddingArgs,
}

/// How reviews are cut and padded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub struct PaddingArgs {
    /// Cut longer reviews to N tokens [default: reviews are not cut]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_length: Option<u32>,
    /// Where to cut a longer review: the end named here is lost [default: after]
    #[arg(long, value_parser = side_parser(), value_name = "END", requires = "max_length")]
    pub truncate: Option<Side>,
    /// Where to add padding, which makes the reviews of a batch equally long
    ///
    /// Keras's pad_sequences adds it before the text unless told otherwise.
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
