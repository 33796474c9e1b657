//! The thread that has the device: it answers what waits, several requests at a time.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::{error, warn};

use super::predictor::Predictor;
use crate::error::{Error, Result};
use crate::run::Prediction;

/// How long a request waits for others to share its batch.
const GATHERING: Duration = Duration::from_millis(2);

/// Batches' worth of texts that are answered in one turn, at most.
const BATCHES: usize = 8;

/// What was answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests for predictions that were answered with some.
    pub requests: u64,
    /// Their texts.
    pub texts: u64,
    /// Requests that were refused because too much waited.
    pub refused: u64,
}

/// What the worker says of a request's texts.
pub(super) type Said = Result<Vec<Prediction>>;

/// A request's texts, and where its answer goes.
struct Job {
    texts: Vec<String>,
    answer: oneshot::Sender<Said>,
}

/// Why a request does not wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many texts wait.
    Full,
    /// The worker is gone.
    Gone,
}

/// What the worker and those who ask it share.
#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    requests: AtomicU64,
    texts: AtomicU64,
    refused: AtomicU64,
    /// Why the device cannot be had, where that is so.
    failure: Mutex<Option<String>>,
}

impl Shared {
    fn set_failure(&self, failure: Option<String>) {
        // A value that is replaced whole cannot be left half changed.
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Texts on their way to the worker.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
    max_waiting: usize,
}

impl Queue {
    /// Has these texts wait for their answer.
    pub fn put(&self, texts: Vec<String>) -> std::result::Result<oneshot::Receiver<Said>, Refused> {
        let count = texts.len();
        let room = |waiting: usize| match waiting {
            0 => Some(count),
            _ => Some(waiting + count).filter(|then| *then <= self.max_waiting),
        };
        let waiting = &self.shared.waiting;
        if waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .is_err()
        {
            self.shared.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Refused::Full);
        }
        let (answer, answered) = oneshot::channel();
        match self.jobs.send(Job { texts, answer }) {
            Ok(()) => Ok(answered),
            Err(_) => Err(Refused::Gone),
        }
    }

    /// Why no text can be answered, where that is so.
    pub fn failure(&self) -> Option<String> {
        let failure = self.shared.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was answered so far.
    pub fn served(&self) -> Served {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Served {
            requests: read(&self.shared.requests),
            texts: read(&self.shared.texts),
            refused: read(&self.shared.refused),
        }
    }
}

/// Starts the worker, whose device is open once this returns. It ends when all its queues are gone and nothing waits.
pub(super) fn start(
    mut predictor: Predictor,
    max_waiting: usize,
) -> Result<(Queue, JoinHandle<()>)> {
    let (jobs, waiting) = channel();
    let shared = Arc::new(Shared::default());
    let (opened, is_open) = channel();
    let told = Arc::clone(&shared);
    let work = move || {
        let open = predictor.make_ready();
        let failed = open.is_err();
        // Fails where nobody waits for the worker any more.
        if opened.send(open).is_err() || failed {
            return;
        }
        let mut worker = Worker {
            predictor,
            shared: told,
        };
        worker.run(&waiting);
    };
    let thread = thread::Builder::new().name("predictor".to_string());
    let thread = thread.spawn(work).map_err(|error| Error::Internal {
        place: "starting a thread",
        problem: error.to_string(),
    })?;
    match is_open.recv() {
        Ok(open) => open?,
        Err(_) => {
            return Err(Error::Internal {
                place: "opening the device",
                problem: "its thread ended".to_string(),
            });
        }
    }
    let queue = Queue {
        jobs,
        shared,
        max_waiting,
    };
    Ok((queue, thread))
}

struct Worker {
    predictor: Predictor,
    shared: Arc<Shared>,
}

impl Worker {
    fn run(&mut self, waiting: &Receiver<Job>) {
        let most = BATCHES * self.predictor.batch_size;
        let mut left_over = None;
        while let Some(first) = left_over.take().or_else(|| waiting.recv().ok()) {
            let (turn, next) = gather(first, waiting, self.predictor.batch_size, most);
            left_over = next;
            self.answer(turn);
        }
    }

    /// Answers these requests, each as if it were alone.
    fn answer(&mut self, mut turn: Vec<Job>) {
        // A client that has gone wants no answer.
        turn.retain(|job| {
            let wanted = !job.answer.is_closed();
            if !wanted {
                self.done(job.texts.len());
            }
            wanted
        });
        let texts = turn.iter().flat_map(|job| &job.texts);
        let texts: Vec<&str> = texts.map(String::as_str).collect();
        if texts.is_empty() {
            return;
        }
        match self.predictor.predict(&texts) {
            Ok(mut predictions) => {
                self.shared.set_failure(None);
                for job in turn {
                    let rest = predictions.split_off(job.texts.len().min(predictions.len()));
                    let own = mem::replace(&mut predictions, rest);
                    self.shared.requests.fetch_add(1, Ordering::Relaxed);
                    let count = job.texts.len();
                    self.shared.texts.fetch_add(count as u64, Ordering::Relaxed);
                    self.reply(job, Ok(own));
                }
            }
            // Of several, the others are not to fail for one.
            Err(error) if turn.len() > 1 => {
                warn!("{error}; each of {} requests is tried alone", turn.len());
                for job in turn {
                    self.answer(vec![job]);
                }
            }
            Err(error) => {
                error!("{error}");
                let failure = self.predictor.make_ready().err();
                self.shared
                    .set_failure(failure.map(|failure| failure.to_string()));
                if let Some(job) = turn.pop() {
                    self.reply(job, Err(error));
                }
            }
        }
    }

    fn reply(&self, job: Job, said: Said) {
        self.done(job.texts.len());
        // Fails where the client has gone meanwhile.
        let _ = job.answer.send(said);
    }

    fn done(&self, texts: usize) {
        self.shared.waiting.fetch_sub(texts, Ordering::Relaxed);
    }
}

/// The first request with those that came, or come within [`GATHERING`] until there is a batch of texts; and one that
/// came, but does not fit below `most`.
fn gather(
    first: Job,
    waiting: &Receiver<Job>,
    batch_size: usize,
    most: usize,
) -> (Vec<Job>, Option<Job>) {
    let until = Instant::now() + GATHERING;
    let mut texts = first.texts.len();
    let mut turn = vec![first];
    loop {
        let patience = match texts < batch_size {
            true => until.saturating_duration_since(Instant::now()),
            false => Duration::ZERO,
        };
        match waiting.recv_timeout(patience) {
            Ok(job) if texts + job.texts.len() <= most => {
                texts += job.texts.len();
                turn.push(job);
            }
            Ok(job) => return (turn, Some(job)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return (turn, None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn texts(count: usize) -> Vec<String> {
        vec!["a film".to_owned(); count]
    }

    /// A queue without a worker, and what waits in it.
    fn queue(max_waiting: usize) -> (Queue, Receiver<Job>) {
        let (jobs, waiting) = channel();
        let queue = Queue {
            jobs,
            shared: Arc::default(),
            max_waiting,
        };
        (queue, waiting)
    }

    #[test]
    fn more_than_may_wait_is_refused() {
        let (queue, waiting) = queue(3);
        // Alone a request waits whatever its size, or it could never be answered.
        queue.put(texts(5)).unwrap();
        assert_eq!(queue.put(texts(1)).err(), Some(Refused::Full));
        queue.shared.waiting.fetch_sub(5, Ordering::Relaxed);
        queue.put(texts(1)).unwrap();
        queue.put(texts(2)).unwrap();
        assert_eq!(queue.put(texts(1)).err(), Some(Refused::Full));
        assert_eq!(queue.served().refused, 2);
        drop(waiting);
        queue.shared.waiting.store(0, Ordering::Relaxed);
        assert_eq!(queue.put(texts(1)).err(), Some(Refused::Gone));
    }

    #[test]
    fn what_waits_is_answered_together_up_to_a_limit() {
        let (queue, waiting) = queue(100);
        let _answers = [1, 2, 3, 9].map(|count| queue.put(texts(count)).unwrap());
        let first = waiting.recv().unwrap();
        let (turn, next) = gather(first, &waiting, 4, 10);
        let sizes: Vec<usize> = turn.iter().map(|job| job.texts.len()).collect();
        assert_eq!(sizes, [1, 2, 3]);
        assert_eq!(next.map(|job| job.texts.len()), Some(9));
        // Nothing else comes.
        let _answer = queue.put(texts(1)).unwrap();
        let (turn, next) = gather(waiting.recv().unwrap(), &waiting, 4, 10);
        assert_eq!((turn.len(), next.is_none()), (1, true));
    }
}
