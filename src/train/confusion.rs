//! [`Confusion`]: which classes were taken for which.

use super::probabilities::{Probabilities, predicted};

/// How many reviews of each class were taken for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// `[actual, predicted]`.
    counts: Vec<usize>,
}

impl Confusion {
    /// Counts what is [predicted] of reviews with these labels, each below the number of classes.
    pub(super) fn of(probabilities: &Probabilities, labels: &[u8]) -> Confusion {
        let classes = probabilities.classes();
        let mut counts = vec![0; classes * classes];
        for (row, &label) in probabilities.rows().zip(labels) {
            counts[usize::from(label) * classes + predicted(row)] += 1;
        }
        Confusion { classes, counts }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Reviews of the class `actual` by the class that they were taken for: `[classes]`.
    ///
    /// # Panics
    /// If there are not so many classes.
    pub fn row(&self, actual: usize) -> &[usize] {
        &self.counts[actual * self.classes..][..self.classes]
    }

    /// The rows, in order of the classes.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[usize]> {
        self.counts.chunks_exact(self.classes)
    }

    /// Reviews of `class`.
    pub fn actual(&self, class: usize) -> usize {
        self.row(class).iter().sum()
    }

    /// Reviews taken for `class`.
    pub fn predicted(&self, class: usize) -> usize {
        self.rows().map(|row| row[class]).sum()
    }

    /// Share of the reviews taken for `class` that are of it; none where nothing was.
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.predicted(class))
    }

    /// Share of the reviews of `class` that were found; none where there are none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.row(class)[class], self.actual(class))
    }

    /// Mean of the recalls of the classes that have reviews; none where there are no reviews.
    ///
    /// # Source
    /// scikit-learn, `balanced_accuracy_score`.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let recalls = (0..self.classes).filter_map(|class| self.recall(class));
        mean(recalls)
    }

    /// Harmonic mean of precision and recall, 2·right / (predicted + actual); none where nothing is of `class`, nor
    /// taken for it.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let right = self.row(class)[class];
        share(2 * right, self.predicted(class) + self.actual(class))
    }
}

/// None where there are no values.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| {
        (count + 1, sum + value)
    });
    (count > 0).then(|| sum / count as f64)
}

pub(super) fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
