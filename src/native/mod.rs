//! Runs plans on the processor: the same plans as on a GPU, with kernels in Rust. It knows no neural nets.
//!
//! Nothing is installed for it: no driver, no library. Results are the same bytes for any number of threads and any
//! width of vectors, on every machine: each output is computed wholly by one thread, in an order that neither changes.
#![forbid(unsafe_code)]

mod arena;
mod bindings;
mod choice;
mod device;
mod kernels;
mod limits;
mod math;
mod memory;
mod peak;
mod pool;
mod product;
mod scalar;
mod simd;
mod table;
mod work;

pub use choice::{NativeChoice, Vectors};
pub use device::Native;
