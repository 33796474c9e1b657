//! Scores of a classifier, by hand and against their definitions.

use gatefold::random::Philox;
use gatefold::train::{CALIBRATION_BINS, Probabilities, Scores};

/// Of the second of two classes.
fn scores(probabilities: &[f32], labels: &[u8]) -> Scores {
    Scores::new(&Probabilities::of_second(probabilities.to_vec()), labels).unwrap()
}

fn random_case(count: usize, levels: u32, random: &mut Philox) -> (Vec<f32>, Vec<u8>) {
    (0..count)
        .map(|_| {
            // Few levels, so that many probabilities are equal.
            let p = random.below(levels + 1) as f32 / levels as f32;
            (p, random.below(2) as u8)
        })
        .unzip()
}

#[test]
fn a_case_by_hand() {
    let probabilities = [0.95, 0.92, 0.5, 0.4, 0.35, 0.05, 1.0, 0.0];
    let labels = [1, 0, 1, 1, 0, 0, 1, 0];
    let scores = scores(&probabilities, &labels);
    // 0.5 itself is no positive prediction.
    assert_eq!(scores.confusion.row(0), [3, 1]);
    assert_eq!(scores.confusion.row(1), [2, 2]);
    // Three of four negatives, two of four positives.
    assert_eq!(scores.balanced_accuracy, Some(0.625));
    assert_eq!(scores.precision, Some(2.0 / 3.0));
    assert_eq!(scores.recall, Some(0.5));
    assert_eq!(scores.f1, Some(4.0 / 7.0));
    // Of the 16 pairs, 0.92 is above 0.5 and 0.4.
    assert_eq!(scores.roc_auc, Some(14.0 / 16.0));
    let [roc] = &scores.roc[..] else {
        panic!("{} curves", scores.roc.len());
    };
    assert_eq!(roc.first(), Some(&(0.0, 0.0)));
    assert_eq!(roc.last(), Some(&(1.0, 1.0)));
    let last = scores.reliability[9];
    assert_eq!((last.lower, last.upper, last.reviews), (0.9, 1.0, 3));
    assert_eq!(last.share, Some(2.0 / 3.0));
    assert!((last.mean_probability.unwrap() - 2.87 / 3.0).abs() < 1e-7);
    let empty = scores.reliability[7];
    assert_eq!((empty.mean_probability, empty.share), (None, None));
    // Bins 0: 0.05 and 0 negative; 3: 0.35 negative; 4: 0.4 positive; 5: 0.5 positive; 9: as above.
    let gaps = 2.0 * 0.025 + 0.35 + 0.6 + 0.5 + (2.87 - 2.0);
    assert!((scores.calibration_error - gaps / 8.0).abs() < 1e-7);
}

#[test]
fn a_probability_below_a_bin_s_lower_end_is_in_the_bin_below() {
    // 0.7 and 0.9 are no numbers of f32: the nearest lie below, and ten times either rounds up to a whole one in f32.
    let scores = scores(&[0.7, 0.9], &[1, 0]);
    let reviews = scores.reliability.iter().map(|bin| bin.reviews);
    assert_eq!(reviews.collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]);
    for bin in &scores.reliability {
        let inside = |mean: f64| bin.lower <= mean && mean < bin.upper;
        assert!(bin.mean_probability.is_none_or(inside), "{bin:?}");
    }
}

#[test]
fn the_area_is_the_share_of_pairs_in_order() {
    let random = &mut Philox::new(81, 0);
    for (count, levels) in [(40, 1000), (60, 7), (25, 2)] {
        let (probabilities, labels) = random_case(count, levels, random);
        let of = |class: u8| {
            let pairs = probabilities.iter().zip(&labels);
            pairs
                .filter(move |pair| *pair.1 == class)
                .map(|pair| *pair.0)
        };
        let mut sum = 0.0;
        for positive in of(1) {
            for negative in of(0) {
                sum += match positive.total_cmp(&negative) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        let expected = sum / (of(1).count() * of(0).count()) as f64;
        let scores = scores(&probabilities, &labels);
        assert!((scores.roc_auc.unwrap() - expected).abs() < 1e-12);
        let reviews: usize = scores.reliability.iter().map(|bin| bin.reviews).sum();
        assert_eq!(
            (reviews, scores.reliability.len()),
            (count, CALIBRATION_BINS)
        );
        let rising = scores.roc[0].windows(2);
        assert!(
            rising
                .clone()
                .all(|ends| ends[0].0 <= ends[1].0 && ends[0].1 <= ends[1].1)
        );
    }
}

#[test]
fn what_is_not_defined_is_none() {
    let scores = scores(&[0.2, 0.3], &[0, 0]);
    assert_eq!(scores.roc_auc, None);
    assert!(scores.roc.is_empty());
    assert_eq!(scores.precision, None);
    assert_eq!(scores.recall, None);
    assert_eq!(scores.f1, None);
    // There are negative reviews, and all were found.
    assert_eq!(scores.balanced_accuracy, Some(1.0));
}

#[test]
fn what_is_no_probability_is_refused() {
    let refused = |probabilities: &[f32], labels: &[u8]| {
        let probabilities = Probabilities::of_second(probabilities.to_vec());
        Scores::new(&probabilities, labels).unwrap_err().to_string()
    };
    assert!(refused(&[0.5], &[0, 1]).contains("expected those of 2 reviews"));
    assert!(refused(&[], &[]).contains("no reviews"));
    assert!(refused(&[0.5, f32::NAN], &[0, 1]).contains("review 2: NaN"));
    assert!(refused(&[1.5], &[0]).contains("review 1: 1.5"));
    assert!(refused(&[0.5, 0.5], &[0, 2]).contains("review 2: label 2, but there are 2 classes"));
    let uneven = Probabilities::new(3, vec![0.5; 4]);
    assert!(uneven.unwrap_err().to_string().contains("3 a review"));
}

/// scikit-learn's `balanced_accuracy_score` gives the same.
#[test]
fn a_class_without_reviews_has_no_part_in_the_balanced_accuracy() {
    #[rustfmt::skip]
    let rows = vec![
        0.8, 0.1, 0.1, // 0, rightly
        0.7, 0.2, 0.1, // 0, rightly
        0.6, 0.3, 0.1, // 0, rightly
        0.1, 0.2, 0.7, // 0, taken for 2, which no review is of
        0.4, 0.5, 0.1, // 1, rightly
        0.5, 0.4, 0.1, // 1, taken for 0
    ];
    let probabilities = Probabilities::new(3, rows).unwrap();
    let scores = Scores::new(&probabilities, &[0, 0, 0, 0, 1, 1]).unwrap();
    // 3/4 and 1/2. Recall, whose mean has the class, is two thirds of that; the accuracy is 4/6.
    assert_eq!(scores.balanced_accuracy, Some(0.625));
    assert_eq!(scores.recall, Some(1.25 / 3.0));
}

/// Three classes of four; the expected figures are scikit-learn's.
#[test]
fn several_classes_by_hand() {
    #[rustfmt::skip]
    let rows = vec![
        0.75, 0.15, 0.1, 0.0, // 0, rightly
        0.3, 0.4, 0.3, 0.0, // 0, taken for 1
        0.1, 0.8, 0.1, 0.0, // 1, rightly
        0.2, 0.5, 0.3, 0.0, // 1, rightly
        0.4, 0.4, 0.2, 0.0, // 2: of equal ones the first, taken for 0
        0.1, 0.3, 0.6, 0.0, // 2, rightly
    ];
    let probabilities = Probabilities::new(4, rows).unwrap();
    let scores = Scores::new(&probabilities, &[0, 0, 1, 1, 2, 2]).unwrap();
    let confusion: Vec<&[usize]> = scores.confusion.rows().collect();
    assert_eq!(
        confusion,
        [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    );
    let close = |found: Option<f64>, expected: f64| {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-7, "{found}, not {expected}");
    };
    // Class 3 has no review and is never predicted: it is not counted. 1/2, 2/3, 1; 1/2, 1, 1/2; 1/2, 4/5, 2/3.
    close(scores.precision, 13.0 / 18.0);
    close(scores.recall, 2.0 / 3.0);
    close(scores.f1, 59.0 / 90.0);
    // Of the 8 pairs of each class those in order: of 0 all but 0.3 below 0.4, of 2 all but 0.2 below 0.3, twice.
    close(scores.roc_auc, (7.0 / 8.0 + 8.0 / 8.0 + 6.0 / 8.0) / 3.0);
    assert_eq!(scores.roc.len(), 3);
    // Bins of the most likely class: 4: two 0.4, none right; 5: 0.5 right; 6: 0.6 right; 7: 0.75 right; 8: 0.8 right.
    let shares: Vec<_> = scores.reliability[4..9]
        .iter()
        .map(|bin| bin.share)
        .collect();
    assert_eq!(
        shares,
        [Some(0.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0)]
    );
    close(
        Some(scores.calibration_error),
        (2.0 * 0.4 + 0.5 + 0.4 + 0.25 + 0.2) / 6.0,
    );

    // A class that has reviews but is never predicted counts as 0.
    let probabilities = Probabilities::new(2, vec![0.9, 0.1, 0.8, 0.2]).unwrap();
    let scores = Scores::new(&probabilities, &[0, 1]).unwrap();
    close(scores.precision, 0.25);
    close(scores.recall, 0.5);
    close(scores.f1, 1.0 / 3.0);
    close(scores.roc_auc, 1.0);
}

/// The best of all thresholds between the probabilities, found by trying each.
fn tried(pairs: &[(f32, u8)]) -> f64 {
    let share = |label: u8, of: &dyn Fn(f32) -> bool| {
        let all = pairs.iter().filter(|pair| pair.1 == label);
        let right = all.clone().filter(|pair| of(pair.0)).count();
        right as f64 / all.count() as f64
    };
    let thresholds = pairs.iter().map(|pair| pair.0).chain([0.0]);
    let balanced = thresholds.map(|t| (share(1, &|p| p > t) + share(0, &|p| p <= t)) / 2.0);
    balanced.fold(0.0, f64::max)
}

#[test]
fn the_best_threshold_parts_two_classes_as_well_as_any() {
    // A rare class whose reviews all lie below one half.
    let best = scores(&[0.1, 0.2, 0.25, 0.4, 0.05], &[0, 0, 1, 1, 0]).best_threshold;
    let best = best.unwrap();
    assert_eq!(best.balanced_accuracy, 1.0);
    assert!((best.threshold - 0.225).abs() < 1e-7, "{best:?}");
    // One half is taken where it is as good as any.
    let usual = scores(&[0.1, 0.9], &[0, 1]).best_threshold.unwrap();
    assert_eq!(usual.threshold, 0.5);
    assert_eq!(scores(&[0.1, 0.9], &[1, 1]).best_threshold, None);

    let random = &mut Philox::new(71, 0);
    for count in 2..60 {
        let (probabilities, mut labels) = random_case(count, 12, random);
        (labels[0], labels[1]) = (0, 1);
        let best = scores(&probabilities, &labels).best_threshold.unwrap();
        let pairs: Vec<(f32, u8)> = probabilities.into_iter().zip(labels).collect();
        let above = |label: u8, above: bool| {
            let all = pairs.iter().filter(|pair| pair.1 == label);
            let is_above = |p: f32| f64::from(p) > best.threshold;
            let right = all.clone().filter(|pair| is_above(pair.0) == above).count();
            right as f64 / all.count() as f64
        };
        let balanced = (above(1, true) + above(0, false)) / 2.0;
        assert!(
            (balanced - best.balanced_accuracy).abs() < 1e-12,
            "{pairs:?}"
        );
        assert!(
            (balanced - tried(&pairs)).abs() < 1e-12,
            "{pairs:?} {best:?}"
        );
    }
}
