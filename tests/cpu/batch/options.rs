//! What holds for every order, batch size, cut and padding.

use std::num::NonZeroUsize;

use super::*;
use gatefold::batch::Side;

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Before), Just(Side::After)]
}

fn any_padding() -> impl Strategy<Value = Padding> {
    (any_side(), 0usize..120, any_side()).prop_map(|(pad, most, truncate)| Padding {
        pad,
        // 0 keeps all.
        max_length: NonZeroUsize::new(most),
        truncate,
    })
}

fn any_order() -> impl Strategy<Value = Order> {
    (0..3, any::<u64>(), 1..9u32, 0..40usize).prop_map(|(kind, seed, epoch, buffer)| match kind {
        0 => Order::Sequential,
        1 => Order::Shuffled {
            seed,
            epoch,
            buffer,
        },
        _ => Order::Bucketed {
            seed,
            epoch,
            buffer,
        },
    })
}

/// Reviews that begin and end with a token of their own, and have a vocabulary in common.
fn any_reviews() -> impl Strategy<Value = Vec<Review>> {
    let kinds = prop::collection::vec((0usize..150, any::<u64>()), 1..50);
    (kinds, 1u32..100).prop_map(|(kinds, vocabulary)| {
        let review = |(index, (length, seed)): (usize, (usize, u64))| {
            let mut random = Philox::new(seed, 6);
            let own = 100 + index as u32;
            let mut ids: Vec<u32> = (0..length).map(|_| 1 + random.below(vocabulary)).collect();
            ids.insert(0, own);
            ids.push(own);
            review(&ids)
        };
        kinds.into_iter().enumerate().map(review).collect()
    })
}

/// A batch's reviews without their padding, which stands where it was asked for and nowhere else.
fn texts(batch: &Batch, padding: Padding) -> Vec<Vec<u32>> {
    let text = |row: usize| {
        let ids: Vec<u32> = batch.row(row).collect();
        let own = batch.lengths[row] as usize;
        let (text, zeros) = match padding.pad {
            Side::Before => {
                let (zeros, text) = ids.split_at(ids.len() - own);
                (text, zeros)
            }
            Side::After => ids.split_at(own),
        };
        assert!(zeros.iter().all(|&id| id == 0) && text.iter().all(|&id| id != 0));
        text.to_vec()
    };
    (0..batch.size).map(text).collect()
}

proptest! {
    #[test]
    fn every_review_comes_once_an_epoch(
        reviews in any_reviews(),
        batch_size in 1usize..12,
        order in any_order(),
        padding in any_padding(),
    ) {
        let batches = Batches::with_padding(&reviews, batch_size, order, padding).unwrap();
        prop_assert_eq!(batches.steps(), reviews.len().div_ceil(batch_size));
        let mut sizes = Vec::new();
        let mut found: Vec<(Vec<u32>, f32)> = Vec::new();
        for batch in batches {
            check_plan(&batch);
            prop_assert_eq!(Some(batch.length), batch.lengths.iter().max().map(|&most| most as usize));
            sizes.push(batch.size);
            found.extend(texts(&batch, padding).into_iter().zip(batch.labels));
        }
        let most = padding.max_length.map_or(usize::MAX, NonZeroUsize::get);
        let kept = |review: &Review| {
            let ids = &review.ids;
            let cut = ids.len().min(most);
            let ids = match padding.truncate {
                Side::Before => ids[ids.len() - cut..].to_vec(),
                Side::After => ids[..cut].to_vec(),
            };
            (ids, f32::from(review.label))
        };
        let mut expected: Vec<_> = reviews.iter().map(kept).collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        found.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(found, expected);

        sizes.sort_unstable();
        let full = sizes.iter().filter(|&&size| size == batch_size).count();
        prop_assert!(full + 1 >= sizes.len(), "sizes {:?}", sizes);
    }

    #[test]
    fn skipped_steps_leave_the_same_rest(
        reviews in any_reviews(),
        batch_size in 1usize..12,
        order in any_order(),
        padding in any_padding(),
        steps in 0usize..60,
    ) {
        let batches = Batches::with_padding(&reviews, batch_size, order, padding).unwrap();
        let all: Vec<Batch> = batches.clone().collect();
        let rest = batches.skip_steps(steps);
        prop_assert_eq!(rest.len(), all.len().saturating_sub(steps));
        prop_assert!(rest.eq(all.into_iter().skip(steps)));
    }

    #[test]
    fn longest_shape_holds_every_batch(
        reviews in any_reviews(),
        batch_size in 1usize..12,
        order in any_order(),
        padding in any_padding(),
    ) {
        let bound = longest_shape(&reviews, batch_size, padding);
        for batch in Batches::with_padding(&reviews, batch_size, order, padding).unwrap() {
            prop_assert_eq!(bound.holding(batch.shape()), bound);
        }
    }
}

/// The bound is no larger than cut reviews need.
#[test]
fn longest_shape_knows_of_the_cut() {
    // Of more tokens than these batches could hold, two are kept, and padding.
    let reviews = [review(&[1, 2, 3, 4, 5, 6]), review(&[1, 1, 9])];
    let padding = Padding {
        max_length: NonZeroUsize::new(2),
        ..Padding::AFTER
    };
    let bound = longest_shape(&reviews, 2, padding);
    assert_eq!((bound.length, bound.positions(), bound.unique), (2, 4, 3));
}
