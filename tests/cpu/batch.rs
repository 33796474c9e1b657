//! Batches: padding, token plans, and which reviews are in which.

use std::collections::BTreeMap;

use gatefold::Error;
use gatefold::batch::{
    Batch, Batches, Order, Padding, RUN, Runs, Scratch, ShuffleBuffer, longest_shape,
};
use gatefold::data::Review;
use gatefold::random::Philox;
use proptest::prelude::*;

mod bucket;
mod options;
mod order;
mod pad;
mod prefetch;

fn review(ids: &[u32]) -> Review {
    Review {
        ids: ids.to_vec().into(),
        label: (ids.len() % 2) as u8,
    }
}

/// Reviews with a long-tailed distribution of ids and lengths.
fn reviews(count: usize, longest: u32, vocabulary: u32, seed: u64) -> Vec<Review> {
    let mut random = Philox::new(seed, 0);
    (0..count)
        .map(|_| {
            let length = 1 + random.below(longest);
            let ids: Vec<u32> = (0..length)
                .map(|_| {
                    let bound = 1 + random.below(vocabulary - 1);
                    1 + random.below(bound)
                })
                .collect();
            review(&ids)
        })
        .collect()
}

fn batch_of(reviews: &[Review]) -> Batch {
    Batch::new(&reviews.iter().collect::<Vec<_>>())
}

#[test]
fn batch_is_padded_after_the_text_and_time_major() {
    let batch = batch_of(&[review(&[5, 6, 7]), review(&[8]), review(&[9, 10])]);
    assert_eq!((batch.length, batch.size), (3, 3));
    assert_eq!(batch.ids, [5, 8, 9, 6, 0, 10, 7, 0, 0]);
    assert_eq!(batch.lengths, [3, 1, 2]);
    assert_eq!(batch.labels, [1.0, 1.0, 0.0]);
    assert!(batch.row(1).eq([8, 0, 0]));
    assert_eq!(batch.row(3).count(), 0);
}

#[test]
fn review_without_ids_is_one_padding_token() {
    let batch = batch_of(&[review(&[])]);
    assert_eq!((batch.length, batch.size), (1, 1));
    assert_eq!(batch.ids, [0]);
    assert_eq!(batch.lengths, [1]);
}

#[test]
fn batch_of_no_reviews_is_empty() {
    let batch = Batch::new(&[]);
    assert_eq!((batch.length, batch.size), (0, 0));
    assert_eq!(batch.to_string(), "[]");
    check_plan(&batch);
}

/// Expected texts are what numpy 2's `print` shows for the same arrays.
#[test]
fn batch_prints_as_numpy_prints_its_array() {
    let rows = |count: u32, width: u32, step: u32, modulus: u32| -> Vec<Review> {
        (0..count)
            .map(|row| {
                let ids: Vec<u32> = (0..width)
                    .map(|column| (row * width + column) * step % modulus)
                    .collect();
                review(&ids)
            })
            .collect()
    };
    assert_eq!(
        batch_of(&rows(2, 30, 37, 1000)).to_string(),
        "\
[[  0  37  74 111 148 185 222 259 296 333 370 407 444 481 518 555 592 629
  666 703 740 777 814 851 888 925 962 999  36  73]
 [110 147 184 221 258 295 332 369 406 443 480 517 554 591 628 665 702 739
  776 813 850 887 924 961 998  35  72 109 146 183]]"
    );
    assert_eq!(
        format!("{:20}", batch_of(&rows(1, 9, 37, 100))),
        "\
[[ 0 37 74 11 48
  85 22 59 96]]"
    );
    let mut long = rows(8, 200, 37, 8185);
    for review in &mut long[1..] {
        review.ids = review.ids[..150].to_vec().into();
    }
    assert_eq!(
        batch_of(&long).to_string(),
        "\
[[   0   37   74 ... 7289 7326 7363]
 [7400 7437 7474 ...    0    0    0]
 [6615 6652 6689 ...    0    0    0]
 ...
 [4260 4297 4334 ...    0    0    0]
 [3475 3512 3549 ...    0    0    0]
 [2690 2727 2764 ...    0    0    0]]"
    );
}

#[test]
fn scratch_memory_leaves_no_trace() {
    let mut scratch = Scratch::default();
    for seed in 0..20 {
        let reviews = reviews(
            1 + seed as usize % 4,
            300,
            50 + 40 * (seed as u32 % 5),
            seed,
        );
        let chosen: Vec<&Review> = reviews.iter().collect();
        assert_eq!(
            Batch::with_padding(&chosen, Padding::AFTER, &mut scratch),
            Batch::new(&chosen)
        );
    }
}

/// Applies `runs` to rows of one number, into rows that start as `None`.
fn apply(runs: &Runs, source: &[f64], target: &mut [Option<f64>]) {
    assert_eq!(runs.starts.len(), runs.len() + 1);
    assert_eq!(runs.starts.first(), Some(&0));
    assert_eq!(
        runs.starts.last().map(|&end| end as usize),
        Some(runs.rows.len())
    );
    for (bounds, &row) in runs.starts.windows(2).zip(&runs.targets) {
        let rows = &runs.rows[bounds[0] as usize..bounds[1] as usize];
        assert!(rows.is_sorted() && !rows.is_empty());
        let sum = rows.iter().map(|&row| source[row as usize]).sum();
        let before = target[row as usize].replace(sum);
        assert_eq!(before, None, "row {row} is written twice");
    }
}

fn longest_run(runs: &Runs) -> u32 {
    runs.starts
        .windows(2)
        .map(|bounds| bounds[1] - bounds[0])
        .max()
        .unwrap_or(0)
}

/// Checks a batch's whole plan against sums and lists made naively.
fn check_plan(batch: &Batch) {
    let mut random = Philox::new(8, 8);
    // Integers, so that the order of a sum does not show in its bits.
    let rows: Vec<f64> = batch
        .ids
        .iter()
        .map(|_| f64::from(random.below(1 << 20)))
        .collect();
    let mut naive: BTreeMap<u32, f64> = BTreeMap::new();
    for (&id, row) in batch.ids.iter().zip(&rows) {
        *naive.entry(id).or_default() += row;
    }

    let plan = &batch.tokens;
    assert!(plan.unique.iter().eq(naive.keys()));
    let ids: Vec<u32> = plan
        .slots
        .iter()
        .map(|&slot| plan.unique[slot as usize])
        .collect();
    assert_eq!(ids, batch.ids);

    let sums = &plan.sums;
    let mut partial = vec![None; sums.partial.len()];
    let mut token = vec![None; plan.unique.len()];
    apply(&sums.direct, &rows, &mut token);
    apply(&sums.partial, &rows, &mut partial);
    let partial: Vec<f64> = partial
        .into_iter()
        .map(|row| row.expect("written"))
        .collect();
    apply(&sums.fold, &partial, &mut token);
    let token: Vec<f64> = token.into_iter().map(|row| row.expect("written")).collect();
    assert!(token.iter().eq(naive.values()));
    assert!(longest_run(&sums.direct) <= RUN as u32);
    assert!(longest_run(&sums.partial) <= RUN as u32);
}

proptest! {
    #[test]
    fn segment_sums_equal_naive_sums(
        lengths in prop::collection::vec(1usize..200, 1..12),
        vocabulary in 1u32..300,
        seed: u64,
    ) {
        let mut random = Philox::new(seed, 1);
        let reviews: Vec<Review> = lengths
            .iter()
            .map(|&length| review(&(0..length).map(|_| random.below(vocabulary)).collect::<Vec<_>>()))
            .collect();
        check_plan(&batch_of(&reviews));
    }
}

#[test]
fn segment_sums_of_equal_tokens_at_the_edges_of_a_run() {
    let edges = [1, 2, RUN - 1, RUN, RUN + 1, 2 * RUN, 2 * RUN + 1];
    for count in edges.into_iter().chain([RUN * RUN, RUN * RUN + 1]) {
        let batch = batch_of(&[review(&vec![3; count])]);
        check_plan(&batch);
        let sums = &batch.tokens.sums;
        assert_eq!(sums.direct.len(), usize::from(count <= RUN));
        assert_eq!(sums.direct.is_empty(), count > RUN);
        assert_eq!(sums.fold.len(), usize::from(count > RUN));
        let chunks = if count > RUN { count.div_ceil(RUN) } else { 0 };
        assert_eq!(sums.partial.len(), chunks);
    }
}

/// RUN + 1 positions of each token make the most partial runs: the bound is met.
#[test]
fn longest_shape_is_met_where_it_can_be() {
    let ids: Vec<u32> = (0..10)
        .flat_map(|id| std::iter::repeat_n(id, RUN + 1))
        .collect();
    let reviews = [review(&ids), review(&[4])];
    let bound = longest_shape(&reviews, 1, Padding::AFTER);
    assert_eq!(bound.partial_runs, 20);
    assert_eq!(bound.fold_runs, 10);
    let shape = batch_of(&reviews[..1]).shape();
    assert_eq!(shape.partial_runs, bound.partial_runs);
    assert_eq!(shape.fold_runs, bound.fold_runs);
    assert_eq!(shape.unique, bound.unique);
    assert_eq!(shape.positions(), 650);
}

/// Padding is a token that no text holds: it must be counted.
#[test]
fn longest_shape_counts_the_padding() {
    let reviews = [review(&[1, 2]), review(&[3])];
    assert_eq!(longest_shape(&reviews, 2, Padding::AFTER).unique, 4);
    assert_eq!(batch_of(&reviews).shape().unique, 4);
    let shape = longest_shape(&[], 2, Padding::AFTER);
    assert_eq!((shape.length, shape.size), (0, 0));
}

#[test]
fn sequential_batches_go_through_the_reviews_once() {
    let reviews = reviews(23, 40, 60, 1);
    let batches = Batches::new(&reviews, 10, Order::Sequential).unwrap();
    assert_eq!(batches.steps(), 3);
    assert_eq!(batches.len(), 3);
    let rows: Vec<Vec<u32>> = batches
        .flat_map(|batch| {
            (0..batch.size)
                .map(|row| {
                    batch
                        .row(row)
                        .take(batch.lengths[row] as usize)
                        .collect::<Vec<u32>>()
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(
        rows.iter()
            .map(Vec::as_slice)
            .eq(reviews.iter().map(|review| &review.ids[..]))
    );
}

#[test]
fn shuffled_batches_follow_the_shuffle_buffer() {
    let reviews: Vec<Review> = (1..=45).map(|id| review(&[id])).collect();
    let order = Order::Shuffled {
        seed: 5,
        epoch: 2,
        buffer: 20,
    };
    let batches = Batches::new(&reviews, 10, order).unwrap();
    let ids: Vec<u32> = batches.clone().flat_map(|batch| batch.ids).collect();
    assert!(
        ids.iter()
            .map(|&id| id as usize - 1)
            .eq(ShuffleBuffer::new(45, 20, 5, 2))
    );

    let resumed: Vec<Batch> = batches.clone().skip_steps(2).collect();
    assert_eq!(resumed, batches.clone().skip(2).collect::<Vec<_>>());
    assert_eq!(batches.skip_steps(9).steps(), 0);
}

#[test]
fn batches_refuse_nonsense() {
    let one = [review(&[1])];
    let error = Batches::new(&one, 0, Order::Sequential).unwrap_err();
    assert!(matches!(error, Error::Argument { .. }), "{error}");
    let none: [Review; 0] = [];
    let error = Batches::new(&none, 1, Order::Sequential).unwrap_err();
    assert!(matches!(error, Error::Data(_)), "{error}");
}

// Prefetch
