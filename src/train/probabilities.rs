//! [`Probabilities`]: what a model says of reviews.

use crate::error::{Error, Result};

/// A probability above this is a prediction of the second class, as in Keras's `BinaryAccuracy`.
pub const THRESHOLD: f32 = 0.5;

/// For each of N reviews one probability, that of the second of two classes, `[N]`, or that of every class,
/// `[N, classes]`.
///
/// # Examples
/// ```
/// use gatefold::train::{Probabilities, predicted};
///
/// let of_positive = Probabilities::of_second(vec![0.9, 0.2]);
/// assert_eq!(of_positive.rows().map(predicted).collect::<Vec<_>>(), [1, 0]);
///
/// let of_each = Probabilities::new(3, vec![0.2, 0.3, 0.5])?;
/// assert_eq!((of_each.classes(), predicted(of_each.row(0))), (3, 2));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities {
    width: usize,
    values: Vec<f32>,
}

impl Probabilities {
    /// `width` probabilities of each review, one after the other: 1, or one a class.
    ///
    /// # Errors
    /// [`Error::Shape`] where `values` are not as many for each review.
    pub fn new(width: usize, values: Vec<f32>) -> Result<Probabilities> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(Error::Shape {
                tensor: "probabilities".into(),
                expected: format!("{width} a review"),
                found: values.len().to_string(),
            });
        }
        Ok(Probabilities { width, values })
    }

    /// One probability of each review, that it is of the second of two classes.
    pub fn of_second(values: Vec<f32>) -> Probabilities {
        Probabilities { width: 1, values }
    }

    /// How many reviews there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many classes are told apart.
    pub fn classes(&self) -> usize {
        self.width.max(2)
    }

    /// Whether every class has a probability.
    pub fn of_each(&self) -> bool {
        self.width > 1
    }

    /// The probabilities of one review.
    ///
    /// # Panics
    /// If there are not so many reviews.
    pub fn row(&self, review: usize) -> &[f32] {
        &self.values[review * self.width..][..self.width]
    }

    /// The probabilities of each review, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }
}

/// The class that is predicted of a review with the probabilities `row`: the most likely one, the first of equally
/// likely ones.
pub fn predicted(row: &[f32]) -> usize {
    match row {
        [second] => usize::from(*second > THRESHOLD),
        _ => {
            let likelier = |best: usize, class: usize| match row[class] > row[best] {
                true => class,
                false => best,
            };
            (1..row.len()).fold(0, likelier)
        }
    }
}

/// The probability of `class` in the probabilities `row` of a review.
///
/// # Panics
/// If there are not so many classes.
pub fn probability_of(row: &[f32], class: usize) -> f32 {
    match (row, class) {
        ([second], 0) => 1.0 - second,
        ([second], 1) => *second,
        _ => row[class],
    }
}
