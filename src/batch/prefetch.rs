//! [`Prefetch`]: batches prepared on another thread, ahead of the device.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use tracing::trace_span;

use crate::error::{Error, Result};

/// Batches that training and evaluation prepare ahead of the device.
pub const PREFETCH: usize = 8;

/// The items of an iterator, made on a thread of its own and kept in a queue until they are asked
/// for. The order is the iterator's.
///
/// Dropped early, it ends the thread and waits for it. A panic of the iterator comes out as one
/// [`Error::Internal`] where the next item would have been.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use gatefold::batch::{Batches, Order, Prefetch};
/// use gatefold::data::Review;
///
/// let reviews: Arc<[Review]> = (1..=5).map(|id| Review { ids: vec![id].into(), label: 0 }).collect();
/// let batches = Batches::new(reviews, 2, Order::Sequential)?;
/// for batch in Prefetch::new(batches, 4)? {
///     assert_eq!(batch?.length, 1);
/// }
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug)]
pub struct Prefetch<T> {
    /// `None` once the last item, or the panic, came out.
    queue: Option<Receiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Prefetch<T> {
    /// Starts to prepare `items`, with at most `ahead` of them waiting in the queue.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system gives no thread.
    pub fn new(mut items: impl Iterator<Item = T> + Send + 'static, ahead: usize) -> Result<Self> {
        let (sender, queue) = sync_channel(ahead);
        let thread = std::thread::Builder::new()
            .name("batches".into())
            .spawn(move || {
                while let Some(item) = trace_span!("make batch").in_scope(|| items.next()) {
                    // The queue closes when the other side is dropped: nobody wants more.
                    if trace_span!("hand over")
                        .in_scope(|| sender.send(item))
                        .is_err()
                    {
                        return;
                    }
                }
            })
            .map_err(|error| failure(format!("cannot start a thread: {error}")))?;
        Ok(Prefetch {
            queue: Some(queue),
            thread: Some(thread),
        })
    }
}

impl<T> Iterator for Prefetch<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let queue = self.queue.as_ref()?;
        if let Ok(item) = trace_span!("next batch").in_scope(|| queue.recv()) {
            return Some(Ok(item));
        }
        self.queue = None;
        let payload = self.thread.take()?.join().err()?;
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Some(Err(failure(format!("the thread panicked: {message}"))))
    }
}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        // Closed first: a thread that waits for a free place would never end otherwise.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // Nobody is left to tell of a panic.
            let _ = thread.join();
        }
    }
}

fn failure(problem: String) -> Error {
    Error::Internal {
        place: "preparing batches",
        problem,
    }
}
