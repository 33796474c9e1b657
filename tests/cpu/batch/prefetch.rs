//! Batches that another thread prepares.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatefold::batch::{Batch, Batches, Order, Prefetch, SHUFFLE_BUFFER};
use gatefold::data::Review;
use gatefold::{Error, Result};

use super::reviews;

#[test]
fn prefetched_batches_are_those_made_directly() {
    let reviews: Arc<[Review]> = reviews(57, 80, 200, 2).into();
    let order = Order::Shuffled {
        seed: 1,
        epoch: 1,
        buffer: SHUFFLE_BUFFER,
    };
    let batches = Batches::new(reviews, 10, order).unwrap();
    let direct: Vec<Batch> = batches.clone().collect();
    for ahead in [0, 1, 4, 100] {
        let ahead: Result<Vec<Batch>> = Prefetch::new(batches.clone(), ahead).unwrap().collect();
        assert_eq!(ahead.unwrap(), direct);
    }
}

#[test]
fn prefetch_goes_no_further_ahead_than_told() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let endless = std::iter::repeat_with(move || counter.fetch_add(1, Ordering::SeqCst));
    let mut prefetch = Prefetch::new(endless, 3).unwrap();
    for expected in 0..10 {
        assert_eq!(prefetch.next().unwrap().unwrap(), expected);
    }
    // Dropping ends the thread although its iterator never ends, and waits for it.
    drop(prefetch);
    let made = made.load(Ordering::SeqCst);
    // Ten taken, three in the queue, one in hand at the door, and one when a place came free.
    assert!((10..=15).contains(&made), "{made}");
}

#[test]
fn prefetch_dropped_before_its_first_item_ends() {
    let counter = Arc::new(());
    let held = Arc::clone(&counter);
    drop(Prefetch::new(std::iter::repeat_with(move || Arc::clone(&held)), 2).unwrap());
    assert_eq!(Arc::strong_count(&counter), 1, "the thread is gone");
}

#[test]
fn panic_of_the_preparing_thread_comes_out_as_an_error() {
    let items = (0..5).map(|n| if n == 2 { panic!("no batch {n}") } else { n });
    let mut prefetch = Prefetch::new(items, 1).unwrap();
    assert_eq!(prefetch.next().unwrap().unwrap(), 0);
    assert_eq!(prefetch.next().unwrap().unwrap(), 1);
    let error = prefetch.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::Internal { .. }));
    assert!(error.to_string().contains("no batch 2"), "{error}");
    assert!(prefetch.next().is_none());
}
