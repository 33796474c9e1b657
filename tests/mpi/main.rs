//! The program under `mpirun`: the same files for any number of ranks, and one clear end for all where one cannot go on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../cli/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "../support/mod.rs"]
mod support;

mod launch;

mod bytes;
mod ends;
mod hosts;
mod refusals;
