//! The order of the reviews: the shuffle buffer, and validation's own.

use gatefold::batch::{Batches, Order, ShuffleBuffer};
use gatefold::data::Review;

#[test]
fn shuffled_order_is_a_permutation_by_seed_and_epoch() {
    let order =
        |seed, epoch| -> Vec<usize> { ShuffleBuffer::new(3000, 1000, seed, epoch).collect() };
    let first = order(1, 1);
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..3000));
    assert_eq!(first, order(1, 1));
    assert_ne!(first, order(1, 2));
    assert_ne!(first, order(2, 1));
}

#[test]
fn validation_has_an_order_of_its_own_and_takes_as_many_as_it_is_told() {
    let training: Vec<usize> = ShuffleBuffer::new(3000, 1000, 1, 1).collect();
    let order = |epoch| -> Vec<usize> { ShuffleBuffer::validation(3000, 1000, 1, epoch).collect() };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    assert_ne!(order(1), training);
    let reviews: Vec<Review> = (1..=9)
        .map(|id| Review {
            ids: vec![id].into(),
            label: 0,
        })
        .collect();
    let batches = Batches::new(&reviews, 4, Order::validation(1, 1)).unwrap();
    let batches = batches.at_most(6);
    assert_eq!(batches.steps(), 2);
    let sizes: Vec<usize> = batches.map(|batch| batch.size).collect();
    assert_eq!(sizes, [4, 2]);
}

#[test]
fn no_index_comes_earlier_than_the_buffer_allows() {
    for (count, buffer) in [(3000, 1000), (50, 7), (5, 1000), (1, 1)] {
        let order: Vec<usize> = ShuffleBuffer::new(count, buffer, 3, 1).collect();
        assert_eq!(order.len(), count);
        for (place, &index) in order.iter().enumerate() {
            assert!(
                index < place + buffer,
                "{index} at {place} with a buffer of {buffer}"
            );
        }
    }
}

/// Whether so many draws fell evenly among eight places.
pub fn assert_even(counts: [u32; 8], draws: u32) {
    let expected = f64::from(draws) / 8.0;
    for count in counts {
        // Five standard deviations of a binomial count.
        assert!(
            (f64::from(count) - expected).abs() < 5.0 * expected.sqrt(),
            "{counts:?}"
        );
    }
}

/// Over many epochs the first draw is uniform over the buffer.
#[test]
fn draws_are_uniform_over_the_buffer() {
    const EPOCHS: u32 = 4000;
    let mut first = [0u32; 8];
    for epoch in 0..EPOCHS {
        let index = ShuffleBuffer::new(20, 8, 9, epoch).next().unwrap();
        first[index] += 1;
    }
    assert_even(first, EPOCHS);
}

#[test]
fn buffer_of_one_place_or_none_keeps_the_order() {
    for buffer in [0, 1] {
        assert!(ShuffleBuffer::new(100, buffer, 4, 4).eq(0..100));
    }
    assert_eq!(ShuffleBuffer::new(0, 10, 4, 4).next(), None);
}
