//! Scores of a classifier, by hand and against their definitions.

use gatefold::random::Philox;
use gatefold::train::{CALIBRATION_BINS, Scores};

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
    let scores = Scores::new(&probabilities, &labels).unwrap();
    let confusion = scores.confusion;
    // 0.5 itself is no positive prediction.
    assert_eq!((confusion.true_positive, confusion.false_positive), (2, 1));
    assert_eq!((confusion.true_negative, confusion.false_negative), (3, 2));
    assert_eq!(confusion.precision(), Some(2.0 / 3.0));
    assert_eq!(confusion.recall(), Some(0.5));
    assert_eq!(confusion.f1(), Some(4.0 / 7.0));
    // Of the 16 pairs, 0.92 is above 0.5 and 0.4.
    assert_eq!(scores.roc_auc, Some(14.0 / 16.0));
    assert_eq!(scores.roc.first(), Some(&(0.0, 0.0)));
    assert_eq!(scores.roc.last(), Some(&(1.0, 1.0)));
    let last = scores.reliability[9];
    assert_eq!((last.lower, last.upper, last.reviews), (0.9, 1.0, 3));
    assert_eq!(last.share_positive, Some(2.0 / 3.0));
    assert!((last.mean_probability.unwrap() - 2.87 / 3.0).abs() < 1e-7);
    let empty = scores.reliability[7];
    assert_eq!((empty.mean_probability, empty.share_positive), (None, None));
    // Bins 0: 0.05 and 0 negative; 3: 0.35 negative; 4: 0.4 positive; 5: 0.5 positive; 9: as above.
    let gaps = 2.0 * 0.025 + 0.35 + 0.6 + 0.5 + (2.87 - 2.0);
    assert!((scores.calibration_error - gaps / 8.0).abs() < 1e-7);
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
        let scores = Scores::new(&probabilities, &labels).unwrap();
        assert!((scores.roc_auc.unwrap() - expected).abs() < 1e-12);
        let reviews: usize = scores.reliability.iter().map(|bin| bin.reviews).sum();
        assert_eq!(
            (reviews, scores.reliability.len()),
            (count, CALIBRATION_BINS)
        );
        let rising = scores.roc.windows(2);
        assert!(
            rising
                .clone()
                .all(|ends| ends[0].0 <= ends[1].0 && ends[0].1 <= ends[1].1)
        );
    }
}

#[test]
fn what_is_not_defined_is_none() {
    let scores = Scores::new(&[0.2, 0.3], &[0, 0]).unwrap();
    assert_eq!(scores.roc_auc, None);
    assert!(scores.roc.is_empty());
    let confusion = scores.confusion;
    assert_eq!(confusion.precision(), None);
    assert_eq!(confusion.recall(), None);
    assert_eq!(confusion.f1(), None);
}

#[test]
fn what_is_no_probability_is_refused() {
    let refused = |probabilities: &[f32], labels: &[u8]| {
        Scores::new(probabilities, labels).unwrap_err().to_string()
    };
    assert!(refused(&[0.5], &[0, 1]).contains("expected 2 numbers"));
    assert!(refused(&[], &[]).contains("no reviews"));
    assert!(refused(&[0.5, f32::NAN], &[0, 1]).contains("review 2: NaN"));
    assert!(refused(&[1.5], &[0]).contains("review 1: 1.5"));
}
