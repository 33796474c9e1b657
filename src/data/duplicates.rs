//! [`Duplicates`]: reviews that a data set has more than once.

use std::collections::HashMap;

use serde::Serialize;

use super::{Dataset, Review};

/// A review that repeats another, id for id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Index of the first review with these ids, from 0.
    pub first: usize,
    /// Index of the one that repeats it.
    pub again: usize,
    /// Whether the labels differ.
    pub relabelled: bool,
}

/// The repeated reviews of a data set.
///
/// # Examples
/// ```
/// use gatefold::data::Duplicates;
///
/// let duplicates = Duplicates::of(&gatefold::data::demo()?);
/// assert!(duplicates.between.len() <= 500, "each test review repeats one training review at most");
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// Training reviews that repeat an earlier one.
    pub train: Vec<Duplicate>,
    /// Test reviews that repeat an earlier one.
    pub test: Vec<Duplicate>,
    /// Test reviews (`again`) that repeat a training review (`first`): what a model may know by heart.
    pub between: Vec<Duplicate>,
}

impl Duplicates {
    /// Finds them, in the order of the reviews that repeat.
    pub fn of(dataset: &Dataset) -> Self {
        let (train_firsts, train) = repeats(&dataset.train);
        let (_, test) = repeats(&dataset.test);
        let reviews = dataset.test.iter().enumerate();
        let between = reviews.filter_map(|(again, review)| {
            let first = *train_firsts.get(&review.ids[..])?;
            Some(Duplicate {
                first,
                again,
                relabelled: dataset.train[first].label != review.label,
            })
        });
        Duplicates {
            between: between.collect(),
            train,
            test,
        }
    }
}

/// Where each text first stands, and the reviews that repeat one.
fn repeats(reviews: &[Review]) -> (HashMap<&[u32], usize>, Vec<Duplicate>) {
    let mut firsts = HashMap::with_capacity(reviews.len());
    let mut duplicates = Vec::new();
    for (index, review) in reviews.iter().enumerate() {
        let first = *firsts.entry(&review.ids[..]).or_insert(index);
        if first != index {
            duplicates.push(Duplicate {
                first,
                again: index,
                relabelled: reviews[first].label != review.label,
            });
        }
    }
    (firsts, duplicates)
}
