//! Cutting and padding, on either end.

use std::num::NonZeroUsize;

use super::*;
use gatefold::batch::Side;

fn padded(reviews: &[Review], padding: Padding) -> Batch {
    let chosen: Vec<&Review> = reviews.iter().collect();
    Batch::with_padding(&chosen, padding, &mut Scratch::default())
}

fn cut(max_length: usize, truncate: Side, pad: Side) -> Padding {
    Padding {
        pad,
        max_length: NonZeroUsize::new(max_length),
        truncate,
    }
}

/// Expected arrays are what Keras's `pad_sequences` gives with `maxlen` the longest that is kept.
#[test]
fn both_ends_as_in_keras() {
    let reviews = [
        review(&[1, 2, 3, 4, 5]),
        review(&[6]),
        review(&[]),
        review(&[7, 8, 9]),
    ];
    use Side::{After, Before};
    for (padding, expected, lengths) in [
        (
            cut(9, After, After),
            "[[1 2 3 4 5]\n [6 0 0 0 0]\n [0 0 0 0 0]\n [7 8 9 0 0]]",
            [5, 1, 1, 3],
        ),
        (
            cut(9, After, Before),
            "[[1 2 3 4 5]\n [0 0 0 0 6]\n [0 0 0 0 0]\n [0 0 7 8 9]]",
            [5, 1, 1, 3],
        ),
        (
            cut(2, After, After),
            "[[1 2]\n [6 0]\n [0 0]\n [7 8]]",
            [2, 1, 1, 2],
        ),
        (
            cut(2, Before, After),
            "[[4 5]\n [6 0]\n [0 0]\n [8 9]]",
            [2, 1, 1, 2],
        ),
        (
            cut(3, Before, Before),
            "[[3 4 5]\n [0 0 6]\n [0 0 0]\n [7 8 9]]",
            [3, 1, 1, 3],
        ),
        (cut(1, After, Before), "[[1]\n [6]\n [0]\n [7]]", [1; 4]),
    ] {
        let batch = padded(&reviews, padding);
        assert_eq!(batch.to_string(), expected, "{padding:?}");
        assert_eq!(batch.lengths, lengths, "{padding:?}");
        assert_eq!(batch.labels, [1.0, 1.0, 0.0, 1.0]);
        check_plan(&batch);
    }
}

#[test]
fn the_default_is_the_experiments() {
    let reviews = reviews(30, 60, 50, 4);
    assert_eq!(Padding::default(), Padding::AFTER);
    assert_eq!(padded(&reviews, Padding::AFTER), batch_of(&reviews));
    let whole = cut(60, Side::Before, Side::After);
    assert_eq!(padded(&reviews, whole), batch_of(&reviews));
}

/// The array that numpy abbreviates shows the padding where it stands.
#[test]
fn a_batch_padded_before_the_text_prints_so() {
    let long: Vec<u32> = (1..=600).collect();
    let batch = padded(
        &[review(&long), review(&[8, 9])],
        Padding {
            pad: Side::Before,
            ..Padding::AFTER
        },
    );
    assert_eq!(
        batch.to_string(),
        "\
[[  1   2   3 ... 598 599 600]
 [  0   0   0 ...   0   8   9]]"
    );
}
