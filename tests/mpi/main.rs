//! The program under `mpirun`: the same files for any number of ranks, and one clear end for all where one cannot go on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../cli/program.rs"]
#[allow(dead_code)]
mod program;

mod launch;

mod bytes;
mod ends;
mod refusals;
