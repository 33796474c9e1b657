//! The processes, called ranks, that train or evaluate one model together.
//!
//! [`Exchange`] carries bytes from one to another; with the feature `mpi` that is MPI. [`Ranks`] is what training needs of
//! it: to combine what each rank has in a fixed order, and to end together where one fails. [`Launch`] says
//! whether a launcher such as `mpirun` started this process as one of several. Nothing here knows of neural nets.
//!
//! [`Session::join`](crate::train::Session::join) has a session share its steps with the other ranks.

mod doubling;
mod exchange;
mod failure;
mod group;
mod launch;
#[cfg(feature = "mpi")]
mod mpi;
mod neighbours;
mod parts;
mod same;

pub use exchange::Exchange;
pub use failure::Failure;
pub use group::Ranks;
pub use launch::Launch;
#[cfg(feature = "mpi")]
pub use mpi::Mpi;
