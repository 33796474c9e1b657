//! [`Mpi`]: messages by MPI, the only file that knows it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mpi::Threading;
use mpi::environment::{Universe, initialize_with_threading, processor_name};
use mpi::point_to_point::{Destination, Source};
use mpi::topology::Communicator;

use super::exchange::Exchange;
use crate::error::{Error, Result};

/// Bytes of the longest message: MPI counts with 32 bits.
const LONGEST: usize = i32::MAX as usize;

/// What a process exits with whose code panicked.
const PANICKED: i32 = 101;

/// All processes that `mpirun` started.
pub struct Mpi {
    /// MPI takes calls of any thread, one at a time. Dropped, it ends MPI, which waits for all ranks.
    universe: Mutex<Universe>,
    rank: usize,
    size: usize,
    host: String,
}

impl Mpi {
    /// Begins MPI, once in a process.
    ///
    /// # Errors
    /// [`Error::Ranks`] where it has begun already, or the library allows calls of one thread alone.
    pub fn start() -> Result<Mpi> {
        let wanted = Threading::Serialized;
        let (universe, given) = initialize_with_threading(wanted)
            .ok_or_else(|| Error::Ranks("MPI has begun already in this process".to_string()))?;
        if given < wanted {
            let problem = format!(
                "this MPI library allows {given:?} threads where {wanted:?} are needed; take one that is built for threads"
            );
            return Err(Error::Ranks(problem));
        }
        let world = universe.world();
        let number = |number: i32| usize::try_from(number).unwrap_or(0);
        Ok(Mpi {
            rank: number(world.rank()),
            size: number(world.size()),
            // It is for people: a machine without a name has none.
            host: processor_name().unwrap_or_default(),
            universe: Mutex::new(universe),
        })
    }

    fn universe(&self) -> MutexGuard<'_, Universe> {
        self.universe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn host(&self) -> String {
        self.host.clone()
    }

    fn swap(&self, message: &[u8], to: &[usize], from: Option<usize>) -> Result<Option<Vec<u8>>> {
        if message.len() > LONGEST {
            let problem = format!(
                "a message of {} bytes, but MPI takes at most {LONGEST}; a smaller `batch_size` touches fewer rows of the \
                 embedding",
                message.len()
            );
            return Err(Error::Ranks(problem));
        }
        // Held until all is sent and received.
        let universe = self.universe();
        let world = universe.world();
        let process = |rank: usize| world.process_at_rank(i32::try_from(rank).unwrap_or(i32::MAX));
        Ok(mpi::request::scope(|scope| {
            let sending: Vec<_> = to
                .iter()
                .map(|&rank| process(rank).immediate_send(scope, message))
                .collect();
            let came = from.map(|rank| process(rank).receive_vec::<u8>().0);
            for request in sending {
                request.wait_without_status();
            }
            came
        }))
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        // The others wait for a message that will not come: without this, all would wait for ever.
        if std::thread::panicking() {
            self.universe().world().abort(PANICKED);
        }
    }
}
