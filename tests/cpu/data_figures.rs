//! Figures of a data set: lengths, bins, repeated reviews.

use gatefold::data::{
    Bins, Dataset, Duplicate, Duplicates, Lengths, Review, Vocabulary, sentiment_classes,
};
use proptest::prelude::*;

fn reviews(lengths: &[usize]) -> Vec<Review> {
    let review = |&length: &usize| Review {
        ids: vec![1; length].into(),
        label: 0,
    };
    lengths.iter().map(review).collect()
}

#[test]
fn lengths_by_hand() {
    let lengths = Lengths::of(&reviews(&[7, 1, 9, 3, 100]));
    assert_eq!((lengths.count(), lengths.tokens()), (5, 120));
    assert_eq!((lengths.mean(), lengths.longest()), (24.0, 100));
    // Ranks 1, 3, 5 of five, and the least length for a share of nothing.
    assert_eq!(
        [0.0, 0.2, 0.21, 0.5, 0.6, 0.8, 0.81, 1.0].map(|share| lengths.quantile(share)),
        [1, 1, 3, 7, 7, 9, 100, 100]
    );
    assert_eq!(
        [0, 1, 8, 9, 99, 100].map(|length| lengths.above(length)),
        [5, 4, 2, 1, 1, 0]
    );
    let none = Lengths::of(&[]);
    assert_eq!(
        (none.mean(), none.quantile(0.5), none.longest()),
        (0.0, 0, 0)
    );
}

#[test]
fn bins_have_round_widths() {
    for (length, most, width, count) in [
        (0, 10, 1, 1),
        (9, 10, 1, 10),
        (10, 10, 2, 6),
        (19, 10, 2, 10),
        (20, 10, 5, 5),
        (50, 10, 10, 6),
        (1351, 40, 50, 28),
        (1351, 16, 100, 14),
        (7, 1, 10, 1),
        (7, 0, 10, 1),
    ] {
        assert_eq!(
            Bins::up_to(length, most),
            Bins { width, count },
            "{length} in {most}"
        );
    }
    let whole = Bins::up_to(usize::MAX, 3);
    assert!(whole.count <= 3, "{whole:?}");
}

proptest! {
    #[test]
    fn bins_hold_every_length_once(
        lengths in prop::collection::vec(1usize..3000, 0..60),
        most in 1usize..50,
        share in 0.0..1.0f64,
    ) {
        let all = Lengths::of(&reviews(&lengths));
        let bins = Bins::up_to(all.quantile(share), most);
        prop_assert!(bins.count <= most && bins.longest() >= all.quantile(share));
        let counts = bins.fill(&all);
        for (bin, &count) in counts.iter().enumerate() {
            let range = bin * bins.width..(bin + 1) * bins.width;
            prop_assert_eq!(count, lengths.iter().filter(|length| range.contains(length)).count());
        }
        prop_assert_eq!(counts.iter().sum::<usize>() + all.above(bins.longest()), lengths.len());
    }

    /// Against a search through all pairs.
    #[test]
    fn duplicates_are_those_of_a_naive_search(
        train in prop::collection::vec((0usize..6, 0u8..2), 1..25),
        test in prop::collection::vec((0usize..6, 0u8..2), 1..25),
    ) {
        // One length each and ids that begin alike: only the last tells some apart.
        let review = |&(kind, label): &(usize, u8)| Review {
            ids: [vec![9; 2 + kind / 2], vec![kind as u32]].concat().into(),
            label,
        };
        let (train, test): (Vec<Review>, Vec<Review>) =
            (train.iter().map(review).collect(), test.iter().map(review).collect());
        let naive = |firsts: &[Review], reviews: &[Review], within: bool| -> Vec<Duplicate> {
            let duplicate = |(again, review): (usize, &Review)| {
                let first = firsts.iter().position(|other| other.ids == review.ids)?;
                (!within || first < again).then_some(Duplicate {
                    first,
                    again,
                    relabelled: firsts[first].label != review.label,
                })
            };
            reviews.iter().enumerate().filter_map(duplicate).collect()
        };
        let expected = Duplicates {
            train: naive(&train, &train, true),
            test: naive(&test, &test, true),
            between: naive(&train, &test, false),
        };
        let vocabulary = "### SubwordTextEncoder\n### Metadata: {}\n'a_'\n";
        let dataset = Dataset {
            name: "few kinds".into(),
            held_out: Vec::new(),
        classes: sentiment_classes(),
            train,
            test,
            vocabulary: Vocabulary::from_text("vocabulary", vocabulary).unwrap(),
            synthetic: true,
            notes: Vec::new(),
        };
        prop_assert_eq!(Duplicates::of(&dataset), expected);
    }
}
