//! [`Pool`]: the threads of a native device.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{DeviceFault, Error, Result};

/// The calling thread, and as many more as make up the number that was asked for.
///
/// Which thread takes an item, and when, is left to chance; results do not depend on it where each item computes
/// outputs of its own, each in a fixed order, and how the work is cut into items does not change that order.
pub(super) struct Pool {
    threads: usize,
    /// All but the calling thread; none where that is the only one.
    others: Option<rayon::ThreadPool>,
}

impl Pool {
    /// # Errors
    /// [`Error::Device`] if the system gives no thread.
    pub(super) fn new(threads: usize) -> Result<Pool> {
        let others = match threads {
            0 | 1 => None,
            _ => Some(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(threads - 1)
                    .thread_name(|n| format!("native {}", n + 1))
                    .build()
                    .map_err(|error| {
                        Error::device(DeviceFault::Refused, format!("{threads} threads: {error}"))
                    })?,
            ),
        };
        Ok(Pool {
            threads: threads.max(1),
            others,
        })
    }

    /// How many threads work, the calling one included.
    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `item` for 0, 1 … `items` - 1, each once, begun in that order; returns when all are done.
    pub(super) fn run(&self, items: usize, item: impl Fn(usize) + Sync) {
        let next = AtomicUsize::new(0);
        self.on_threads(items, &|| {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= items {
                    break;
                }
                item(n);
            }
        });
    }

    /// Runs `work` for each of `items`, which may own parts of outputs, begun in their order; returns when all are done.
    pub(super) fn each<T: Send>(&self, items: Vec<T>, work: impl Fn(T) + Sync) {
        let count = items.len();
        let items = Mutex::new(items.into_iter());
        self.on_threads(count, &|| {
            loop {
                let next = items.lock().unwrap_or_else(PoisonError::into_inner).next();
                match next {
                    Some(item) => work(item),
                    None => break,
                }
            }
        });
    }

    /// Runs `work` on as many threads as there is use for.
    fn on_threads(&self, items: usize, work: &(dyn Fn() + Sync)) {
        match &self.others {
            Some(others) if items > 1 => others.in_place_scope(|scope| {
                for _ in 0..(self.threads - 1).min(items - 1) {
                    scope.spawn(|_| work());
                }
                work();
            }),
            _ => work(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_item_runs_once_on_any_number_of_threads() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.threads(), threads);
            for items in [0, 1, 2, 7, 100] {
                let mut counts = vec![0; items];
                pool.each(counts.iter_mut().collect(), |count| *count += 1);
                assert!(counts.iter().all(|&count| count == 1), "{threads} {items}");
                let total = AtomicUsize::new(0);
                pool.run(items, |n| {
                    total.fetch_add(n + 1, Ordering::Relaxed);
                });
                assert_eq!(total.into_inner(), items * (items + 1) / 2);
            }
        }
    }
}
