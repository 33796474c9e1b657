//! Runs plans on the processor: the same plans as on a GPU, with kernels in Rust. It knows no neural nets.
//!
//! Nothing is installed for it: no driver, no library. Results are the same bytes for any number of threads and any
//! width of vectors, on every machine: each output is computed wholly by one thread, in an order that neither changes.
#![allow(dead_code)]

mod bindings;
mod kernels;
mod pool;
mod table;
mod work;
