//! How reviews become batches.

use std::fmt;

use clap::{Args, ValueEnum};
use gatefold::batch::Side;

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
    /// Put reviews of similar length into one batch, so that it needs little padding
    ///
    /// The shuffled reviews are sorted by length, 1,000 at a time, and cut into batches. The batches are then shuffled.
    /// Validation keeps the order of the reviews.
    #[arg(long)]
    pub bucket: bool,
    /// Keep at most N tokens of a review
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_length: Option<u32>,
    /// The end at which a longer review is cut [default: after]
    #[arg(long, value_enum, value_name = "END", requires = "max_length")]
    pub truncate: Option<End>,
    /// The end at which padding is added
    #[arg(long, value_enum, value_name = "END", default_value_t)]
    pub pad: End,
}

/// [`Side`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum End {
    /// At the text's beginning
    Before,
    /// At the text's end
    #[default]
    After,
}

impl From<Side> for End {
    fn from(side: Side) -> Self {
        match side {
            Side::Before => End::Before,
            Side::After => End::After,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Before => "before",
            End::After => "after",
        })
    }
}

impl From<End> for Side {
    fn from(end: End) -> Self {
        match end {
            End::Before => Side::Before,
            End::After => Side::After,
        }
    }
}
