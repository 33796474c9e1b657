//! [`Scores`]: how good probabilities are, beyond loss and accuracy.

use serde::Serialize;

use crate::error::{Error, Result};

/// Bins of equal width that calibration is measured in.
pub const CALIBRATION_BINS: usize = 10;

/// A probability above this is a prediction of 1, as in Keras's `BinaryAccuracy`.
pub const THRESHOLD: f32 = 0.5;

/// How the reviews of each class were classified at [`THRESHOLD`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Negative, and so predicted.
    pub true_negative: usize,
    /// Negative, but predicted positive.
    pub false_positive: usize,
    /// Positive, but predicted negative.
    pub false_negative: usize,
    /// Positive, and so predicted.
    pub true_positive: usize,
}

impl Confusion {
    /// Share of the positive predictions that are right; none where nothing was predicted positive.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Share of the positive reviews that were found; none where there are no positive ones.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_negative)
    }

    /// Harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN); none where there is nothing positive.
    pub fn f1(&self) -> Option<f64> {
        let twice = 2 * self.true_positive;
        share(twice, twice + self.false_positive + self.false_negative)
    }
}

/// The reviews whose probability lies in one bin, `[lower, upper)`; the last bin has its upper end too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Reviews in it.
    pub reviews: usize,
    /// Their mean probability; none where there are none.
    pub mean_probability: Option<f64>,
    /// Share of them that is positive; none where there are none.
    pub share_positive: Option<f64>,
}

/// Figures of binary classification, of probabilities that the reviews are positive and their labels.
///
/// # Examples
/// ```
/// use gatefold::train::Scores;
///
/// let scores = Scores::new(&[0.9, 0.8, 0.3, 0.1], &[1, 0, 1, 0])?;
/// assert_eq!(scores.confusion.true_positive, 1);
/// assert_eq!(scores.confusion.precision(), Some(0.5));
/// // Of the four pairs of a positive and a negative review, three are in order.
/// assert_eq!(scores.roc_auc, Some(0.75));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// At [`THRESHOLD`].
    pub confusion: Confusion,
    /// The ROC curve from (0, 0) to (1, 1): for each probability as the threshold, the greatest first, the
    /// share of negative reviews at or above it, and that of positive ones; empty where a class is missing.
    pub roc: Vec<(f64, f64)>,
    /// Area under [`Scores::roc`]: the probability that a positive review is above a negative one, ties
    /// counting half; none where a class is missing.
    ///
    /// # Source
    /// Fawcett, "An introduction to ROC analysis" (2006).
    pub roc_auc: Option<f64>,
    /// [`CALIBRATION_BINS`] bins, ascending.
    pub reliability: Vec<Bin>,
    /// Expected calibration error: the mean over reviews of |mean probability − share positive| of their bin.
    ///
    /// # Source
    /// Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning"
    /// (2015), on the probability of the positive class.
    pub calibration_error: f64,
}

impl Scores {
    /// The figures of `probabilities`, each in [0, 1], and as many `labels`, each 0 or 1.
    ///
    /// # Errors
    /// [`Error::Shape`] where their numbers differ, [`Error::Data`] where there are none, or one is no
    /// probability.
    pub fn new(probabilities: &[f32], labels: &[u8]) -> Result<Scores> {
        if probabilities.len() != labels.len() {
            return Err(Error::Shape {
                tensor: "probabilities".into(),
                expected: format!("{} numbers, one a label", labels.len()),
                found: probabilities.len().to_string(),
            });
        }
        if probabilities.is_empty() {
            return Err(Error::Data("there are no reviews to evaluate with".into()));
        }
        if let Some(index) = probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
            let p = probabilities[index];
            let problem = format!("review {}: {p} is no probability", index + 1);
            return Err(Error::Data(problem));
        }
        let mut pairs: Vec<(f32, bool)> = probabilities
            .iter()
            .zip(labels)
            .map(|(&p, &label)| (p, label == 1))
            .collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let roc = roc(&pairs);
        let reliability = reliability(&pairs);
        Ok(Scores {
            confusion: confusion(&pairs),
            roc_auc: area(&roc),
            roc,
            calibration_error: calibration_error(&reliability, pairs.len()),
            reliability,
        })
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn confusion(pairs: &[(f32, bool)]) -> Confusion {
    let mut confusion = Confusion::default();
    for &(p, positive) in pairs {
        let count = match (positive, p > THRESHOLD) {
            (false, false) => &mut confusion.true_negative,
            (false, true) => &mut confusion.false_positive,
            (true, false) => &mut confusion.false_negative,
            (true, true) => &mut confusion.true_positive,
        };
        *count += 1;
    }
    confusion
}

/// The curve of pairs that descend by probability; equal probabilities make one point.
fn roc(pairs: &[(f32, bool)]) -> Vec<(f64, f64)> {
    let positives = pairs.iter().filter(|pair| pair.1).count();
    let negatives = pairs.len() - positives;
    if positives == 0 || negatives == 0 {
        return Vec::new();
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
    points
}

/// By the trapezoidal rule.
fn area(roc: &[(f64, f64)]) -> Option<f64> {
    let trapezoids = roc
        .windows(2)
        .map(|ends| (ends[1].0 - ends[0].0) * (ends[0].1 + ends[1].1) / 2.0);
    (!roc.is_empty()).then(|| trapezoids.sum())
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
        share_positive: share(positives, reviews),
    };
    counts.into_iter().enumerate().map(bin).collect()
}

fn calibration_error(bins: &[Bin], reviews: usize) -> f64 {
    let gaps = bins.iter().filter_map(|bin| {
        let gap = (bin.mean_probability? - bin.share_positive?).abs();
        Some(gap * bin.reviews as f64)
    });
    gaps.sum::<f64>() / reviews as f64
}
