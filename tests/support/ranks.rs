//! Ranks that are threads of one process, with channels between them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use gatefold::ranks::{Exchange, Ranks};
use gatefold::{Error, Result};

/// A thread's end of the channels, by the rank at their other end.
struct Threads {
    rank: usize,
    senders: Vec<Mutex<Sender<Vec<u8>>>>,
    receivers: Vec<Mutex<Receiver<Vec<u8>>>>,
}

impl Exchange for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.senders.len()
    }

    fn host(&self) -> String {
        "here".to_string()
    }

    fn swap(&self, message: &[u8], to: &[usize], from: Option<usize>) -> Result<Option<Vec<u8>>> {
        let gone = || Error::Ranks("a rank is gone".to_string());
        for &rank in to {
            let sender = self.senders[rank].lock().unwrap();
            sender.send(message.to_vec()).map_err(|_| gone())?;
        }
        let receive = |rank: usize| self.receivers[rank].lock().unwrap().recv();
        from.map(receive).transpose().map_err(|_| gone())
    }
}

/// What `work` gives on each of so many ranks, in their order. It says of each, by its number, what its facts are.
pub fn on_ranks<T: Send>(
    size: usize,
    fact: impl Fn(usize) -> String + Sync,
    work: impl Fn(Result<Arc<Ranks>>) -> T + Sync,
) -> Vec<T> {
    let mut senders: Vec<Vec<_>> = (0..size).map(|_| Vec::new()).collect();
    let mut receivers: Vec<Vec<_>> = (0..size).map(|_| Vec::new()).collect();
    for from in senders.iter_mut() {
        for to in receivers.iter_mut() {
            let (sender, receiver) = channel();
            from.push(Mutex::new(sender));
            to.push(Mutex::new(receiver));
        }
    }
    let ends = senders.into_iter().zip(receivers).enumerate();
    std::thread::scope(|scope| {
        let threads: Vec<_> = ends
            .map(|(rank, (senders, receivers))| {
                let (fact, work) = (&fact, &work);
                scope.spawn(move || {
                    let exchange = Threads {
                        rank,
                        senders,
                        receivers,
                    };
                    work(Ranks::new(exchange, &[("a fact", fact(rank))]).map(Arc::new))
                })
            })
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    })
}
