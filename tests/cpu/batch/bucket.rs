//! Batches of reviews of similar length.

use gatefold::batch::SHUFFLE_BUFFER;

use super::order::assert_even;
use super::*;

/// Reviews of one token, its own, repeated.
fn marked(lengths: &[usize]) -> Vec<Review> {
    let mark = |(index, &length): (usize, &usize)| Review {
        ids: vec![index as u32 + 1; length].into(),
        label: 0,
    };
    lengths.iter().enumerate().map(mark).collect()
}

/// The indices of a batch's reviews, which all are one token at least.
fn marks(batch: &Batch) -> Vec<usize> {
    let first = batch.ids[..batch.size].iter();
    first.map(|&id| id as usize - 1).collect()
}

fn lengths(count: usize, seed: u64) -> Vec<usize> {
    let mut random = Philox::new(seed, 0);
    (0..count).map(|_| 1 + random.below(300) as usize).collect()
}

fn bucketed(seed: u64, epoch: u32, buffer: usize) -> Order {
    Order::Bucketed {
        seed,
        epoch,
        buffer,
    }
}

/// For each batch, the indices of its reviews.
fn members(reviews: &[Review], batch_size: usize, order: Order) -> Vec<Vec<usize>> {
    let batches = Batches::new(reviews, batch_size, order).unwrap();
    batches.map(|batch| marks(&batch)).collect()
}

/// A batch is a piece of a window of the shuffled order, sorted by length; equal lengths keep that order.
#[test]
fn batches_are_pieces_of_sorted_windows() {
    let lengths = lengths(207, 1);
    let reviews = marked(&lengths);
    // 50 places hold 7 whole batches of 7: windows of 49.
    let batches = members(&reviews, 7, bucketed(3, 2, 50));
    let shuffled: Vec<usize> = ShuffleBuffer::new(207, 50, 3, 2).collect();
    let mut found = batches.iter();
    for window in shuffled.chunks(49) {
        let mut sorted = window.to_vec();
        sorted.sort_by_key(|&index| lengths[index]);
        let mut expected: Vec<Vec<usize>> = sorted.chunks(7).map(<[usize]>::to_vec).collect();
        let mut own: Vec<Vec<usize>> = found.by_ref().take(expected.len()).cloned().collect();
        own.sort();
        expected.sort();
        assert_eq!(own, expected);
    }
    assert_eq!(found.next(), None);
}

#[test]
fn seed_and_epoch_decide() {
    let reviews = marked(&lengths(300, 2));
    let batches = |seed, epoch| members(&reviews, 10, bucketed(seed, epoch, 100));
    assert_eq!(batches(1, 1), batches(1, 1));
    assert_ne!(batches(1, 1), batches(2, 1));
    assert_ne!(batches(1, 1), batches(1, 2));
    // Not the order of the batches alone: other reviews meet in them.
    let sorted = |mut batches: Vec<Vec<usize>>| {
        batches.sort();
        batches
    };
    assert_ne!(sorted(batches(1, 1)), sorted(batches(1, 2)));
}

/// Over many epochs each batch of a window comes first equally often.
#[test]
fn the_order_of_batches_is_uniform() {
    const EPOCHS: u32 = 2000;
    let reviews = marked(&(1..=40).collect::<Vec<_>>());
    let mut first = [0u32; 8];
    for epoch in 1..=EPOCHS {
        let batches = members(&reviews, 5, bucketed(4, epoch, 40));
        first[batches[0][0] / 5] += 1;
    }
    assert_even(first, EPOCHS);
}

#[test]
fn a_batch_may_be_larger_than_the_buffer() {
    let reviews = marked(&lengths(25, 3));
    let sizes = |buffer: usize| -> Vec<usize> {
        let batches = members(&reviews, 10, bucketed(1, 1, buffer));
        let mut sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes
    };
    for buffer in [0, 1, 9, 10, 11, 1000] {
        assert_eq!(sizes(buffer), [5, 10, 10], "buffer of {buffer}");
    }
}

/// Sorted by what is kept: reviews that are cut to the same length stay shuffled.
#[test]
fn lengths_are_those_after_cutting() {
    let reviews = marked(&[9, 30, 8, 20, 7, 10]);
    let padding = Padding {
        max_length: std::num::NonZeroUsize::new(5),
        ..Padding::AFTER
    };
    let order = bucketed(0, 1, 6);
    let batches = Batches::with_padding(&reviews, 6, order, padding).unwrap();
    let ids: Vec<usize> = batches.flat_map(|batch| marks(&batch)).collect();
    assert!(ids.into_iter().eq(ShuffleBuffer::new(6, 6, 0, 1)));
}

/// What it is for: a few per cent of padding where shuffled batches have more than a third.
#[test]
fn little_padding_is_left() {
    let reviews = marked(&lengths(3000, 5));
    let share = |order: Order| {
        let batches = Batches::new(&reviews, 10, order).unwrap();
        let (padding, positions) = batches.fold((0, 0), |(padding, positions), batch| {
            let zeros = batch.ids.iter().filter(|&&id| id == 0).count();
            (padding + zeros, positions + batch.ids.len())
        });
        padding as f64 / positions as f64
    };
    assert!(
        share(Order::training(
            1,
            1,
            false,
            gatefold::batch::SHUFFLE_BUFFER
        )) > 0.35
    );
    assert!(share(Order::training(1, 1, true, gatefold::batch::SHUFFLE_BUFFER)) < 0.03);
}

#[test]
fn training_goes_through_the_experiments_buffer() {
    let buffer = SHUFFLE_BUFFER;
    let (seed, epoch) = (7, 3);
    assert_eq!(
        Order::training(seed, epoch, false, gatefold::batch::SHUFFLE_BUFFER),
        Order::Shuffled {
            seed,
            epoch,
            buffer
        }
    );
    assert_eq!(
        Order::training(seed, epoch, true, gatefold::batch::SHUFFLE_BUFFER),
        bucketed(seed, epoch, buffer)
    );
}
