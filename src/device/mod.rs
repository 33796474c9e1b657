//! What a model runs on: an adapter, a GPU as a rule, or the processor with kernels of its own.
//!
//! [`Device::open`] chooses; [`Gpu`](crate::gpu::Gpu) and [`Native`](crate::native::Native) become a [`Device`] by
//! `into`. Both run the same plans, so that nothing else hangs on which it is.

mod kind;
mod open;
mod readback;
mod report;

pub use kind::Device;
pub use open::devices;
pub use readback::Readback;
