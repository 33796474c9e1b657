//! [`BestThreshold`]: where to part two classes.

/// The threshold that parts two classes best: the probability of the second above which a review is best taken for it.
///
/// It is chosen on the very reviews that it is told of, so on others it will do somewhat worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestThreshold {
    /// A review is taken for the second class where its probability is above this.
    pub threshold: f64,
    /// The mean of the shares of each class that are found then.
    pub balanced_accuracy: f64,
}

/// Of all thresholds the one with the highest balanced accuracy, of equally good ones that nearest to 0.5. None where one
/// of the classes has no reviews.
///
/// `pairs` are the probability of the second class and whether a review is of it, the greatest first.
pub(super) fn best_threshold(pairs: &[(f32, bool)]) -> Option<BestThreshold> {
    let positives = pairs.iter().filter(|pair| pair.1).count();
    let negatives = pairs.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let at = |found: usize, taken: usize| {
        let others = (taken - found) as f64 / negatives as f64;
        (found as f64 / positives as f64 + 1.0 - others) / 2.0
    };
    let (mut found, mut taken, mut upper) = (0, 0, 1.0);
    let mut best: Option<BestThreshold> = None;
    // Reviews of a probability are not taken where that is the threshold: at first none are.
    for equal in pairs.chunk_by(|a, b| a.0 == b.0) {
        let lower = f64::from(equal[0].0);
        let threshold = match (lower..upper).contains(&0.5) {
            true => 0.5,
            false => (lower + upper) / 2.0,
        };
        let one = BestThreshold {
            threshold,
            balanced_accuracy: at(found, taken),
        };
        let is_better = best.is_none_or(|best| {
            let distance = |of: &BestThreshold| (of.threshold - 0.5).abs();
            one.balanced_accuracy > best.balanced_accuracy
                || (one.balanced_accuracy == best.balanced_accuracy
                    && distance(&one) < distance(&best))
        });
        if is_better {
            best = Some(one);
        }
        found += equal.iter().filter(|pair| pair.1).count();
        taken += equal.len();
        upper = lower;
    }
    best
}
