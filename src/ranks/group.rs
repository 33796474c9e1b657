//! [`Ranks`]: what the processes of one training do together.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::doubling::rounds;
use super::exchange::Exchange;
use super::failure::Failure;
use super::neighbours::{Neighbour, local_rank};
use super::parts::{pack_parts, strange, unpack_parts};
use crate::error::{Error, Result};
use crate::gpu::LocalRank;

/// What a message begins with: a value follows.
const VALUE: u8 = 0;
/// What a message begins with: a failure follows.
const FAILURE: u8 = 1;

/// The processes that train or evaluate one model together, and which of them this is.
///
/// Whatever they do together has the same pattern of messages. So a rank that fails takes part once more, with
/// [`Ranks::agree`], and the others learn of it wherever they are: what they wait for is the failure, and nothing is
/// exchanged from then on. No rank waits for one that has failed.
pub struct Ranks {
    exchange: Box<dyn Exchange>,
    local: LocalRank,
    /// What all ranks were told of one that failed.
    failed: Mutex<Option<Vec<u8>>>,
    /// Nanoseconds in messages so far.
    exchanged: AtomicU64,
}

impl Ranks {
    /// The ranks behind an exchange, which are to do the same work: `facts` are names and values in which they must not
    /// differ, the version of gatefold among them.
    ///
    /// # Errors
    /// As [`Ranks::check_same`].
    pub fn new(exchange: impl Exchange + 'static, facts: &[(&str, String)]) -> Result<Ranks> {
        let mut ranks = Ranks {
            exchange: Box::new(exchange),
            local: LocalRank::default(),
            failed: Mutex::default(),
            exchanged: AtomicU64::new(0),
        };
        // First of all: other versions may have other messages.
        let version = ("gatefold", env!("CARGO_PKG_VERSION").to_string());
        ranks.check_same(&[&[version], facts].concat())?;
        let own = Neighbour::of_this(ranks.exchange.host());
        let all = ranks.gather(&own.pack())?;
        let all: Vec<Neighbour> = all.iter().map(|bytes| Neighbour::unpack(bytes)).collect();
        ranks.local = local_rank(&all, ranks.rank());
        Ok(ranks)
    }

    /// The number of this process, counted from 0.
    pub fn rank(&self) -> usize {
        self.exchange.rank()
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        self.exchange.size()
    }

    /// Whether this is the one that writes and tells.
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// The name of the machine that this process is on.
    pub fn host(&self) -> String {
        self.exchange.host()
    }

    /// Its place among the ranks of its machine, for [`AdapterChoice::local`](crate::gpu::AdapterChoice::local).
    pub fn local(&self) -> LocalRank {
        self.local
    }

    /// Time that this rank has spent in messages so far, and in waiting for those of others.
    pub fn exchanged(&self) -> Duration {
        Duration::from_nanos(self.exchanged.load(Ordering::Relaxed))
    }

    /// Which of `parts` this rank takes: as many as every other, those of one rank beside each other.
    ///
    /// # Errors
    /// [`Error::Argument`] names `shards` where they cannot be shared evenly, with the numbers that can.
    pub fn share(&self, parts: usize) -> Result<std::ops::Range<usize>> {
        let size = self.size();
        if !parts.is_multiple_of(size) {
            let divisors: Vec<String> = (1..=parts)
                .filter(|ranks| parts.is_multiple_of(*ranks))
                .map(|ranks| ranks.to_string())
                .collect();
            let ranks = if parts == 1 { "rank" } else { "ranks" };
            let problem = format!(
                "{parts} cannot be shared evenly among {size} ranks; start {} {ranks}, or give a multiple of {size}",
                one_of(&divisors)
            );
            return Err(Error::argument("shards", problem));
        }
        let each = parts / size;
        Ok(self.rank() * each..(self.rank() + 1) * each)
    }

    /// What all ranks have, combined by `join` in a balanced tree in their order: every rank gets the same. `pack` appends it
    /// to bytes, and `unpack` reads them.
    ///
    /// # Errors
    /// [`Error::Rank`] names a rank that failed, or of which `unpack` made nothing.
    pub fn combine<T>(
        &self,
        own: T,
        pack: impl Fn(&T, &mut Vec<u8>),
        unpack: impl Fn(&[u8]) -> Result<T>,
        join: impl Fn(T, T) -> T,
    ) -> Result<T> {
        self.check_none_failed()?;
        let mut held = own;
        let mut failure: Option<Vec<u8>> = None;
        for round in rounds(self.rank(), self.size()) {
            let message = match &failure {
                Some(failure) => [&[FAILURE], &failure[..]].concat(),
                None => {
                    let mut message = vec![VALUE];
                    pack(&held, &mut message);
                    message
                }
            };
            let came = self.swap(&message, &round.to, round.from)?;
            match came.split_first() {
                Some((&VALUE, _)) if failure.is_some() => {}
                Some((&VALUE, value)) => match (unpack(value), round.is_later) {
                    (Ok(came), true) => held = join(held, came),
                    (Ok(came), false) => held = join(came, held),
                    // The rounds go on, so that all learn of it.
                    (Err(error), _) => failure = Some(self.own(&Failure::of(&error))),
                },
                Some((&FAILURE, came)) => {
                    // Of several that of the lowest rank: the one that all come to.
                    failure = match (failure, round.is_later) {
                        (Some(failure), true) => Some(failure),
                        _ => Some(came.to_vec()),
                    };
                }
                _ => failure = Some(self.own(&Failure::of(&strange()))),
            }
        }
        match failure {
            None => Ok(held),
            Some(failure) => Err(self.fail(failure)),
        }
    }

    /// What each rank has, in their order.
    ///
    /// # Errors
    /// As [`Ranks::combine`].
    pub fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        let join = |mut first: Vec<Vec<u8>>, second: Vec<Vec<u8>>| {
            first.extend(second);
            first
        };
        self.combine(
            vec![own.to_vec()],
            |all, bytes| pack_parts(all, bytes),
            unpack_parts,
            join,
        )
    }

    /// Whether any rank wishes each of these.
    ///
    /// # Errors
    /// As [`Ranks::combine`].
    pub fn any<const N: usize>(&self, wishes: [bool; N]) -> Result<[bool; N]> {
        let unpack = |bytes: &[u8]| {
            let bytes: [u8; N] = bytes.try_into().map_err(|_| strange())?;
            Ok(bytes.map(|byte| byte != 0))
        };
        let join =
            |first: [bool; N], second: [bool; N]| std::array::from_fn(|i| first[i] || second[i]);
        let pack = |wishes: &[bool; N], bytes: &mut Vec<u8>| bytes.extend(wishes.map(u8::from));
        self.combine(wishes, pack, unpack, join)
    }

    /// Tells the others whether this rank has failed, at the end of what they do together, or in its middle.
    ///
    /// # Errors
    /// [`Error::Rank`] where another has failed, and this one has not. Where this one has, that is known to its caller.
    pub fn agree(&self, failure: Option<&Failure>) -> Result<()> {
        let Some(failure) = failure else {
            return self.combine((), |(), _| (), |_| Ok(()), |(), ()| ());
        };
        if self.check_none_failed().is_err() {
            return Ok(());
        }
        let mut held = self.own(failure);
        for round in rounds(self.rank(), self.size()) {
            let message = [&[FAILURE], &held[..]].concat();
            let came = self.swap(&message, &round.to, round.from)?;
            if let (Some((&FAILURE, came)), false) = (came.split_first(), round.is_later) {
                held = came.to_vec();
            }
        }
        self.fail(held);
        Ok(())
    }

    /// Whether all ranks know of a failure, so that one of them tells it for all.
    pub fn have_failed(&self) -> bool {
        self.check_none_failed().is_err()
    }

    /// A failure of this rank as bytes.
    fn own(&self, failure: &Failure) -> Vec<u8> {
        failure.pack(self.rank(), &self.host())
    }

    fn swap(&self, message: &[u8], to: &[usize], from: usize) -> Result<Vec<u8>> {
        let begin = Instant::now();
        let came = self.exchange.swap(message, to, Some(from))?;
        let nanoseconds = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.exchanged.fetch_add(nanoseconds, Ordering::Relaxed);
        came.ok_or_else(strange)
    }

    fn check_none_failed(&self) -> Result<()> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*failed {
            None => Ok(()),
            Some(failure) => Err(Failure::unpack(failure).unwrap_or_else(strange)),
        }
    }

    /// Keeps a failure, from which on nothing is exchanged.
    fn fail(&self, failure: Vec<u8>) -> Error {
        let error = Failure::unpack(&failure).unwrap_or_else(strange);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        error
    }
}

impl std::fmt::Debug for Ranks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rank {} of {}", self.rank(), self.size())
    }
}

/// `1, 2 or 4`
fn one_of(numbers: &[String]) -> String {
    match numbers {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        numbers => numbers.concat(),
    }
}
