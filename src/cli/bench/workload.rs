//! What a benchmark runs: batches of random ids, or of real reviews.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::Result;
use gatefold::batch::{Batch, Batches, Order, Padding, Reviews, SHUFFLE_BUFFER};
use gatefold::data::{Dataset, Review};
use gatefold::random::Philox;

use crate::cli::args::{BenchArgs, DataArgs, ReadingArgs, SourceArgs};
use crate::cli::settings::{DataSettings, ModelSource};
use gatefold::model::EXPERIMENT_VOCABULARY;

/// Where batches come from.
pub enum Workload {
    /// Ids drawn uniformly, all reviews of one length: the most unique tokens, and what peers are timed with.
    Random {
        length: u32,
        batch_size: usize,
        vocabulary: usize,
    },
    /// Reviews in the order of training.
    Real {
        dataset: Arc<Dataset>,
        batch_size: usize,
    },
}

impl Workload {
    /// What the options ask for, for the model of `source`; reads the data.
    pub fn new(args: &BenchArgs, source: &ModelSource) -> Result<Workload> {
        let batch_size = args.batch_size as usize;
        let Some(path) = &args.data else {
            let vocabulary = match args.vocabulary {
                Some(words) => words as usize,
                None => source.model(EXPERIMENT_VOCABULARY)?.embedding().vocabulary,
            };
            return Ok(Workload::Random {
                length: args.length,
                batch_size,
                vocabulary,
            });
        };
        let settings = DataSettings::new(&data_args(path.clone(), args.vocab.clone()))?;
        let dataset = settings.reviews.load(&AtomicBool::new(false))?;
        Ok(Workload::Real {
            dataset: Arc::new(dataset),
            batch_size,
        })
    }

    /// Ids that batches may hold.
    pub fn vocabulary(&self) -> usize {
        match self {
            Workload::Random { vocabulary, .. } => *vocabulary,
            Workload::Real { dataset, .. } => dataset.vocabulary.size(),
        }
    }

    /// `count` batches; real ones begin with another epoch where one is over.
    ///
    /// # Errors
    /// As [`Batches::new`].
    pub fn batches(&self, count: usize) -> Result<Box<dyn Iterator<Item = Batch> + Send>> {
        match self {
            Workload::Random {
                length,
                batch_size,
                vocabulary,
            } => {
                let (length, size, vocabulary) = (*length, *batch_size, *vocabulary);
                let mut random = Philox::new(u64::from(length), 0);
                let batch = move |_| random_batch(length, size, vocabulary, &mut random);
                Ok(Box::new((0..count).map(batch)))
            }
            Workload::Real {
                dataset,
                batch_size,
            } => {
                let epoch = |epoch| {
                    Batches::with_padding(
                        Reviews::Train(Arc::clone(dataset)),
                        *batch_size,
                        Order::training(0, epoch, false, SHUFFLE_BUFFER),
                        Padding::AFTER,
                    )
                };
                let epochs = count.div_ceil(epoch(1)?.steps()) as u32;
                let batches = (1..=epochs).map(epoch).collect::<Result<Vec<_>>>()?;
                Ok(Box::new(batches.into_iter().flatten().take(count)))
            }
        }
    }
}

/// The options of `gatefold train` for these reviews.
fn data_args(data: PathBuf, vocab: Option<PathBuf>) -> DataArgs {
    DataArgs {
        reading: ReadingArgs {
            source: SourceArgs {
                data: Some(data),
                ..SourceArgs::default()
            },
            vocab,
            ..ReadingArgs::default()
        },
        limit_train: None,
    }
}

/// A batch of ids drawn uniformly, with labels that alternate.
pub fn random_batch(length: u32, size: usize, vocabulary: usize, random: &mut Philox) -> Batch {
    let reviews: Vec<Review> = (0..size)
        .map(|row| Review {
            ids: (0..length)
                .map(|_| random.below(vocabulary as u32))
                .collect(),
            label: (row % 2) as u8,
        })
        .collect();
    Batch::new(&reviews.iter().collect::<Vec<_>>())
}
