//! Runs plans on an adapter. The only code that imports wgpu, and it knows no neural nets.
//!
//! A [`Gpu`] holds a device, the pipelines of the kernels it has run, and an arena of buffers that
//! is reused from step to step. [`Gpu::run`] records a plan into one compute pass and submits it without
//! waiting; [`Gpu::read`] and [`Gpu::read_later`] bring content back. [`Gpu::run_shader`] runs a shader of one's own without a plan.

mod adapter;
mod apple;
mod arena;
mod bind_groups;
mod bus_id;
mod device;
mod faults;
mod kernel_form;
mod memory_limit;
mod own_shader;
mod peak;
mod pipelines;
mod profile;
mod readback;
mod run;

pub use adapter::{AdapterChoice, AdapterReport, LocalRank, Processor, adapters};
pub(crate) use adapter::{named, no_match, none_found};
pub use arena::SizeClasses;
pub use device::Gpu;
pub use kernel_form::KernelForm;
pub(crate) use memory_limit::check as check_memory_limit;
pub use own_shader::{OwnBuffer, OwnShader};
pub use peak::Peak;
pub use profile::{Clock, DispatchTime};
pub use readback::Readback;
