//! [`Scores`]: how good probabilities are, beyond loss and accuracy.

use super::confusion::{Confusion, mean, share};
use super::probabilities::{Probabilities, predicted, probability_of};
use super::threshold::{BestThreshold, best_threshold};
use crate::error::{Error, Result};

/// Bins of equal width that calibration is measured in.
pub const CALIBRATION_BINS: usize = 10;

/// The reviews whose probability lies in one bin, `[lower, upper)`; the last bin has its upper end too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Reviews in it.
    pub reviews: usize,
    /// Mean probability of the bin's reviews; none where it has none.
    pub mean_probability: Option<f64>,
    /// Share of the bin's reviews that are of the class whose probability it is; none where it has none.
    pub share: Option<f64>,
}

/// Metrics of classification, of probabilities and the labels of the reviews.
///
/// Where the model gives one probability they are those of the second class, positive. Where it gives one for every
/// class, precision, recall, F1 and the area under the ROC curve are means over the classes, all classes weighing the
/// same (*macro averages*), and the calibration is that of the most likely class.
///
/// # Examples
/// ```
/// use gatefold::train::{Probabilities, Scores};
///
/// let probabilities = Probabilities::of_second(vec![0.9, 0.8, 0.3, 0.1]);
/// let scores = Scores::new(&probabilities, &[1, 0, 1, 0])?;
/// assert_eq!(scores.confusion.row(1), [1, 1]);
/// assert_eq!(scores.precision, Some(0.5));
/// // Of the four pairs of a positive and a negative review, three are in order.
/// assert_eq!(scores.roc_auc, Some(0.75));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Whether every class has a probability.
    pub of_each: bool,
    /// What was taken for what.
    pub confusion: Confusion,
    /// [`Confusion::balanced_accuracy`], whichever class the other scores are of.
    pub balanced_accuracy: Option<f64>,
    /// Where two classes are parted best; none where there are more, or where one has no reviews.
    pub best_threshold: Option<BestThreshold>,
    /// Precision of the second class, or the mean over the classes.
    ///
    /// A mean is over the classes that occur among the labels or the predictions; a class that was never predicted,
    /// or has no reviews, counts as 0 where its own metric is not defined.
    ///
    /// # Source
    /// scikit-learn, `precision_recall_fscore_support(average="macro", zero_division=0)`.
    pub precision: Option<f64>,
    /// Recall, as [`Scores::precision`].
    pub recall: Option<f64>,
    /// F1 of the second class, or the mean of the classes' F1, as [`Scores::precision`].
    pub f1: Option<f64>,
    /// A ROC curve from (0, 0) to (1, 1) for the second class, or for every class against all others: for each
    /// probability as the threshold, the greatest first, the share of the other reviews at or above it, and that
    /// of the class's. A class without reviews, or with all of them, has none.
    pub roc: Vec<Vec<(f64, f64)>>,
    /// Mean area under the curves of [`Scores::roc`]. Under one it is the probability that a review of the class is
    /// above another, ties counting half; none where there is no curve.
    ///
    /// # Source
    /// Fawcett, "An introduction to ROC analysis" (2006).
    pub roc_auc: Option<f64>,
    /// [`CALIBRATION_BINS`] bins, ascending.
    pub reliability: Vec<Bin>,
    /// Expected calibration error: the mean over reviews of |mean probability − share| of their bin.
    ///
    /// # Source
    /// Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning"
    /// (2015), on the probability of the positive class; Guo et al., "On calibration of modern neural networks"
    /// (2017), on that of the most likely one.
    pub calibration_error: f64,
}

impl Scores {
    /// The metrics of `probabilities`, each in [0, 1], and as many `labels`, each below the number of classes.
    ///
    /// # Errors
    /// [`Error::Shape`] where their numbers differ, [`Error::Data`] where there are none, one is no
    /// probability, or a label is of no class.
    pub fn new(probabilities: &Probabilities, labels: &[u8]) -> Result<Scores> {
        check(probabilities, labels)?;
        let of_each = probabilities.of_each();
        let confusion = Confusion::of(probabilities, labels);
        let score = |of: fn(&Confusion, usize) -> Option<f64>| match of_each {
            true => macro_average(&confusion, of),
            false => of(&confusion, 1),
        };
        let against_others = |class: usize| {
            let rows = probabilities.rows().zip(labels);
            descending(rows.map(|(row, &label)| {
                let probability = probability_of(row, class);
                (probability, usize::from(label) == class)
            }))
        };
        let first = usize::from(!of_each);
        let roc: Vec<Vec<(f64, f64)>> = (first..probabilities.classes())
            .filter_map(|class| roc(&against_others(class)))
            .collect();
        let reliability = match of_each {
            true => {
                let rows = probabilities.rows().zip(labels);
                reliability(&descending(rows.map(|(row, &label)| {
                    let class = predicted(row);
                    (row[class], usize::from(label) == class)
                })))
            }
            false => reliability(&against_others(1)),
        };
        Ok(Scores {
            of_each,
            balanced_accuracy: confusion.balanced_accuracy(),
            best_threshold: match probabilities.classes() {
                2 => best_threshold(&against_others(1)),
                _ => None,
            },
            precision: score(Confusion::precision),
            recall: score(Confusion::recall),
            f1: score(Confusion::f1),
            confusion,
            roc_auc: mean(roc.iter().map(|curve| area(curve))),
            roc,
            calibration_error: calibration_error(&reliability, labels.len()),
            reliability,
        })
    }
}

fn check(probabilities: &Probabilities, labels: &[u8]) -> Result<()> {
    if probabilities.len() != labels.len() {
        return Err(Error::Shape {
            tensor: "probabilities".into(),
            expected: format!("those of {} reviews, one a label", labels.len()),
            found: format!("those of {}", probabilities.len()),
        });
    }
    if labels.is_empty() {
        return Err(Error::Data("there are no reviews to evaluate with".into()));
    }
    for (index, (row, &label)) in probabilities.rows().zip(labels).enumerate() {
        let review = index + 1;
        if let Some(p) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            let problem = format!("review {review}: {p} is no probability");
            return Err(Error::Data(problem));
        }
        let classes = probabilities.classes();
        if usize::from(label) >= classes {
            let problem =
                format!("review {review}: label {label}, but there are {classes} classes");
            return Err(Error::Data(problem));
        }
    }
    Ok(())
}

/// Mean over the classes that have reviews or were predicted; what is not defined of one of them counts as 0.
fn macro_average(confusion: &Confusion, of: fn(&Confusion, usize) -> Option<f64>) -> Option<f64> {
    let occurs = |class: &usize| confusion.actual(*class) + confusion.predicted(*class) > 0;
    let classes = (0..confusion.classes()).filter(occurs);
    mean(classes.map(|class| of(confusion, class).unwrap_or(0.0)))
}

/// Pairs of a probability and whether the review is of its class, the greatest first.
fn descending(pairs: impl Iterator<Item = (f32, bool)>) -> Vec<(f32, bool)> {
    let mut pairs: Vec<(f32, bool)> = pairs.collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// The curve of pairs that descend by probability; equal probabilities make one point. None where a side is missing.
fn roc(pairs: &[(f32, bool)]) -> Option<Vec<(f64, f64)>> {
    let positives = pairs.iter().filter(|pair| pair.1).count();
    let negatives = pairs.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut false_positives, mut true_positives) = (0, 0);
    let mut points = vec![(0.0, 0.0)];
    for equal in pairs.chunk_by(|a, b| a.0 == b.0) {
        let of_class = equal.iter().filter(|pair| pair.1).count();
        true_positives += of_class;
        false_positives += equal.len() - of_class;
        points.push((
            false_positives as f64 / negatives as f64,
            true_positives as f64 / positives as f64,
        ));
    }
    Some(points)
}

/// By the trapezoidal rule.
fn area(roc: &[(f64, f64)]) -> f64 {
    let trapezoids = roc
        .windows(2)
        .map(|ends| (ends[1].0 - ends[0].0) * (ends[0].1 + ends[1].1) / 2.0);
    trapezoids.sum()
}

fn reliability(pairs: &[(f32, bool)]) -> Vec<Bin> {
    let mut counts = [(0usize, 0usize, 0.0f64); CALIBRATION_BINS];
    for &(p, positive) in pairs {
        let bin = (f64::from(p) * CALIBRATION_BINS as f64) as usize;
        let (reviews, positives, sum) = &mut counts[bin.min(CALIBRATION_BINS - 1)];
        *reviews += 1;
        *positives += usize::from(positive);
        *sum += f64::from(p);
    }
    let bin = |(index, (reviews, positives, sum)): (usize, (usize, usize, f64))| Bin {
        lower: index as f64 / CALIBRATION_BINS as f64,
        upper: (index + 1) as f64 / CALIBRATION_BINS as f64,
        reviews,
        mean_probability: (reviews > 0).then(|| sum / reviews as f64),
        share: share(positives, reviews),
    };
    counts.into_iter().enumerate().map(bin).collect()
}

fn calibration_error(bins: &[Bin], reviews: usize) -> f64 {
    let gaps = bins.iter().filter_map(|bin| {
        let gap = (bin.mean_probability? - bin.share?).abs();
        Some(gap * bin.reviews as f64)
    });
    gaps.sum::<f64>() / reviews as f64
}
