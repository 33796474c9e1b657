//! What `data inspect` finds, as numbers; [`super::inspect`] tells them.

use std::path::Path;

use gatefold::Result;
use gatefold::batch::{Batch, Batches, Order, Padding, SHUFFLE_BUFFER, Side};
use gatefold::data::{Bins, Dataset, Duplicates, Encoder, Lengths, Review, class_counts};
use gatefold::train::check_batch_size;
use serde::Serialize;

use super::args::BatchArgs;
use super::screen::result_columns;

/// Columns of an array, at most, as numpy has them.
const ARRAY_COLUMNS: usize = 75;

/// Most bins of the histograms.
const BINS: usize = 16;

/// How reviews become batches.
pub struct BatchSettings {
    pub batch_size: usize,
    pub bucket: bool,
    pub padding: Padding,
}

impl BatchSettings {
    /// Rejects batches that hold nothing.
    pub fn new(args: &BatchArgs) -> Result<BatchSettings> {
        let batch_size = args.batch_size as usize;
        check_batch_size(batch_size)?;
        let reading = args.padding.spec();
        reading.check()?;
        Ok(BatchSettings {
            batch_size,
            bucket: args.bucket,
            padding: reading.padding(),
        })
    }
}

/// All numbers, as the JSON object has them.
#[derive(Serialize)]
pub struct Inspection<'a> {
    pub name: &'a str,
    pub synthetic: bool,
    pub notes: &'a [String],
    pub vocabulary_size: usize,
    pub vocabulary_sha256: &'a str,
    /// Names, in the order of the labels.
    pub classes: &'a [String],
    pub train: Part<'a>,
    /// The reviews to validate with.
    pub test: Part<'a>,
    /// The test reviews, where others are there to validate with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<Part<'a>>,
    pub duplicates: Duplicates,
    pub padding: PaddingShare,
    pub batch: FirstBatch,
    /// Where the picture of the lengths was drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram_file: Option<&'a Path>,
}

/// A part of the data.
#[derive(Serialize)]
pub struct Part<'a> {
    pub reviews: usize,
    pub classes: Vec<ClassCount<'a>>,
    pub tokens: Tokens,
    pub histogram: Histogram,
}

/// How many reviews are of a class.
#[derive(Serialize)]
pub struct ClassCount<'a> {
    pub name: &'a str,
    pub reviews: usize,
}

/// Tokens a review.
#[derive(Serialize)]
pub struct Tokens {
    pub mean: f64,
    pub median: usize,
    pub p90: usize,
    pub p99: usize,
    pub longest: usize,
}

/// How many reviews are how long.
#[derive(Serialize)]
pub struct Histogram {
    /// Lengths a bin; the first bin begins at 0.
    pub width: usize,
    pub counts: Vec<usize>,
    /// Reviews longer than the last bin.
    pub beyond: usize,
}

/// What batches of the training reviews hold beside text.
#[derive(Serialize)]
pub struct PaddingShare {
    pub batch_size: usize,
    pub bucket: bool,
    pub pad: Side,
    pub max_length: Option<usize>,
    pub truncate: Side,
    /// Training reviews that are cut.
    pub cut_reviews: usize,
    /// Their tokens that are cut off.
    pub cut_tokens: usize,
    /// Tokens that are left, of all training reviews.
    pub tokens: usize,
    pub shuffled: Epoch,
    pub bucketed: Epoch,
}

/// An epoch's positions, and the share of them that is padding.
#[derive(Serialize)]
pub struct Epoch {
    pub positions: usize,
    pub padding: f64,
}

/// The batch that training would begin with.
#[derive(Serialize)]
pub struct FirstBatch {
    pub seed: u64,
    pub shape: [usize; 2],
    pub ids: Vec<Vec<u32>>,
    pub labels: Vec<u8>,
    /// What the ids stand for, padding left out.
    pub texts: Vec<String>,
    /// As an array.
    #[serde(skip)]
    pub array: String,
}

impl<'a> Inspection<'a> {
    /// Looks at `dataset`, and at its first training epoch under `seed`.
    ///
    /// # Errors
    /// As [`Batches::new`].
    pub fn new(
        dataset: &'a Dataset,
        [train, test]: &[Lengths; 2],
        settings: &BatchSettings,
        seed: u64,
    ) -> Result<Self> {
        Ok(Inspection {
            name: &dataset.name,
            synthetic: dataset.synthetic,
            notes: &dataset.notes,
            vocabulary_size: dataset.vocabulary.size(),
            vocabulary_sha256: dataset.vocabulary.sha256(),
            classes: &dataset.classes,
            train: Part::new(&dataset.train, &dataset.classes, train),
            test: Part::new(&dataset.test, &dataset.classes, test),
            held_out: (!dataset.held_out.is_empty()).then(|| {
                let lengths = Lengths::of(&dataset.held_out);
                Part::new(&dataset.held_out, &dataset.classes, &lengths)
            }),
            duplicates: Duplicates::of(dataset),
            padding: PaddingShare::new(&dataset.train, train, settings, seed)?,
            batch: FirstBatch::new(dataset, settings, seed)?,
            histogram_file: None,
        })
    }
}

impl<'a> Part<'a> {
    fn new(reviews: &[Review], classes: &'a [String], lengths: &Lengths) -> Part<'a> {
        let counts = class_counts(reviews, classes.len());
        let of_class = |(name, reviews): (&'a String, usize)| ClassCount { name, reviews };
        let p99 = lengths.quantile(0.99);
        let bins = Bins::up_to(p99, BINS);
        Part {
            reviews: reviews.len(),
            classes: classes.iter().zip(counts).map(of_class).collect(),
            tokens: Tokens {
                mean: lengths.mean(),
                median: lengths.quantile(0.5),
                p90: lengths.quantile(0.9),
                p99,
                longest: lengths.longest(),
            },
            histogram: Histogram {
                width: bins.width,
                counts: bins.fill(lengths),
                beyond: lengths.above(bins.longest()),
            },
        }
    }
}

impl PaddingShare {
    fn new(
        reviews: &[Review],
        lengths: &Lengths,
        settings: &BatchSettings,
        seed: u64,
    ) -> Result<PaddingShare> {
        let padding = settings.padding;
        let max_length = padding.max_length.map(usize::from);
        let tokens: usize = reviews.iter().map(|review| padding.length(review)).sum();
        let epoch = |bucket: bool| -> Result<Epoch> {
            let batches = batches(reviews, settings, seed, bucket)?;
            let positions = batches.map(|batch| batch.ids.len()).sum();
            Ok(Epoch {
                positions,
                padding: 1.0 - tokens as f64 / positions as f64,
            })
        };
        Ok(PaddingShare {
            batch_size: settings.batch_size,
            bucket: settings.bucket,
            pad: padding.pad,
            max_length,
            truncate: padding.truncate,
            cut_reviews: max_length.map_or(0, |most| lengths.above(most)),
            cut_tokens: lengths.tokens() - tokens,
            tokens,
            shuffled: epoch(false)?,
            bucketed: epoch(true)?,
        })
    }
}

impl FirstBatch {
    fn new(dataset: &Dataset, settings: &BatchSettings, seed: u64) -> Result<FirstBatch> {
        let mut batches = batches(&dataset.train, settings, seed, settings.bucket)?;
        // Where there are reviews, and without any there are no batches, there is a first.
        let batch = batches.next().unwrap_or_else(|| Batch::new(&[]));
        let encoder = Encoder::new(&dataset.vocabulary);
        let rows = (0..batch.size).map(|row| batch.row(row).collect());
        let ids: Vec<Vec<u32>> = rows.collect();
        Ok(FirstBatch {
            seed,
            shape: [batch.size, batch.length],
            labels: batch.labels.iter().map(|&label| label as u8).collect(),
            texts: ids.iter().map(|ids| encoder.decode(ids)).collect(),
            array: format!("{batch:0$}", result_columns().min(ARRAY_COLUMNS)),
            ids,
        })
    }
}

fn batches<'a>(
    reviews: &'a [Review],
    settings: &BatchSettings,
    seed: u64,
    bucket: bool,
) -> Result<Batches<&'a [Review]>> {
    let order = Order::training(seed, 1, bucket, SHUFFLE_BUFFER);
    Batches::with_padding(reviews, settings.batch_size, order, settings.padding)
}
