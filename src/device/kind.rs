//! [`Device`]: what a model runs on, and what it can do.

use std::time::Duration;

use super::report::report_of;
use crate::error::{Error, Result};
use crate::gpu::{AdapterReport, Clock, DispatchTime, Gpu, KernelForm, Peak};
use crate::native::Native;
use crate::plan::{Limits, Plan};

/// What a model runs on. Both kinds run the same plans.
pub enum Device {
    /// An adapter: a GPU, or software that stands for one.
    Gpu(Box<Gpu>),
    /// The processor, with kernels of its own.
    Native(Native),
}

impl From<Gpu> for Device {
    fn from(gpu: Gpu) -> Device {
        Device::Gpu(Box::new(gpu))
    }
}

impl From<Native> for Device {
    fn from(native: Native) -> Device {
        Device::Native(native)
    }
}

impl Device {
    /// The same device with no buffers, for when it failed.
    ///
    /// # Errors
    /// As [`Gpu::reopen`].
    pub fn reopen(&self) -> Result<Device> {
        match self {
            Device::Gpu(gpu) => gpu.reopen().map(Device::from),
            Device::Native(native) => Ok(native.share().into()),
        }
    }

    /// The adapter, if it is one.
    pub fn gpu(&self) -> Option<&Gpu> {
        match self {
            Device::Gpu(gpu) => Some(gpu),
            Device::Native(_) => None,
        }
    }

    /// Whether it is the processor with kernels of its own.
    pub fn is_native(&self) -> bool {
        matches!(self, Device::Native(_))
    }

    /// Whether it computes on the processor, whichever way.
    pub fn is_software(&self) -> bool {
        self.gpu().is_none_or(Gpu::is_software)
    }

    /// What is known of it.
    pub fn report(&self) -> AdapterReport {
        match self {
            Device::Gpu(gpu) => gpu.report().clone(),
            Device::Native(native) => report_of(native),
        }
    }

    /// The limits that plans are made for.
    ///
    /// # Errors
    /// As [`Gpu::limits`]; [`Error::Adapter`] if a form is asked for that the processor does not have.
    pub fn limits(&self, form: KernelForm) -> Result<Limits> {
        let asked = match (self, form) {
            (Device::Gpu(gpu), form) => return gpu.limits(form),
            (Device::Native(native), KernelForm::Automatic) => return Ok(native.limits()),
            (_, KernelForm::Split) => "KernelForm::Split",
            (_, KernelForm::Subgroup) => "KernelForm::Subgroup",
            (_, KernelForm::Portable) => "KernelForm::Portable",
        };
        Err(Error::Adapter(format!(
            "{} has kernels of its own, so `{asked}` means nothing there; leave it out, or choose an adapter with \
             `AdapterChoice::name`",
            Native::NAME
        )))
    }

    /// Frees all buffers; their content is lost.
    pub fn free_buffers(&mut self) {
        match self {
            Device::Gpu(gpu) => gpu.free_buffers(),
            Device::Native(native) => native.free_buffers(),
        }
    }

    /// Bytes of all buffers.
    pub fn buffer_bytes(&self) -> u64 {
        match self {
            Device::Gpu(gpu) => gpu.buffer_bytes(),
            Device::Native(native) => native.buffer_bytes(),
        }
    }

    /// Names of all buffers, sorted.
    pub fn buffer_names(&self) -> Vec<&str> {
        match self {
            Device::Gpu(gpu) => gpu.buffer_names(),
            Device::Native(native) => native.buffer_names(),
        }
    }

    /// Allocates what a plan needs and compiles its kernels, without running it.
    ///
    /// # Errors
    /// As [`Device::run`].
    pub fn reserve(&mut self, plan: &Plan) -> Result<()> {
        match self {
            Device::Gpu(gpu) => gpu.reserve(plan),
            Device::Native(native) => native.reserve(plan),
        }
    }

    /// Allocates what a plan needs, and leaves its kernels to be compiled by the first run.
    ///
    /// # Errors
    /// As [`Device::run`].
    pub fn allocate(&mut self, plan: &Plan) -> Result<()> {
        match self {
            Device::Gpu(gpu) => gpu.allocate(plan),
            Device::Native(native) => native.reserve(plan),
        }
    }

    /// Writes `uploads` (buffer names and their bytes), then runs the plan: of an adapter until it is submitted, of the
    /// processor until it is done.
    ///
    /// # Errors
    /// As [`Gpu::run`] and [`Native::run`].
    pub fn run(&mut self, plan: &Plan, uploads: &[(&str, &[u8])]) -> Result<()> {
        match self {
            Device::Gpu(gpu) => gpu.run(plan, uploads),
            Device::Native(native) => native.run(plan, uploads),
        }
    }

    /// Waits until all that was submitted is done.
    ///
    /// # Errors
    /// As [`Gpu::wait`].
    pub fn wait(&self) -> Result<()> {
        match self {
            Device::Gpu(gpu) => gpu.wait(),
            Device::Native(_) => Ok(()),
        }
    }

    /// Replaces the start of a buffer of an earlier plan.
    ///
    /// # Errors
    /// As [`Gpu::write`] and [`Native::write`].
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        match self {
            Device::Gpu(gpu) => gpu.write(name, bytes),
            Device::Native(native) => native.write(name, bytes),
        }
    }

    /// Time that the processor has computed so far while [`Device::run`] was waited for; of an adapter, which computes
    /// while the host goes on, none.
    pub fn computed(&self) -> Duration {
        match self {
            Device::Gpu(_) => Duration::ZERO,
            Device::Native(native) => native.computed(),
        }
    }

    /// The best clock that this device has.
    pub fn clock(&self) -> Clock {
        match self {
            Device::Gpu(gpu) => gpu.clock(),
            Device::Native(_) => Clock::Host,
        }
    }

    /// Writes `uploads` as [`Device::run`] does, runs the plan and times each dispatch. The processor has one clock,
    /// whatever is asked for.
    ///
    /// # Errors
    /// As [`Gpu::profile`] and [`Native::run`].
    pub fn profile(
        &mut self,
        plan: &Plan,
        uploads: &[(&str, &[u8])],
        clock: Clock,
    ) -> Result<Vec<DispatchTime>> {
        let native = match self {
            Device::Gpu(gpu) => return gpu.profile(plan, uploads, clock),
            Device::Native(native) => native,
        };
        let times = native.profile(plan, uploads)?;
        let dispatches = plan.dispatches.iter().zip(times);
        let timed = dispatches
            .map(|(dispatch, (begin, time))| DispatchTime::of(dispatch, begin, time))
            .collect();
        Ok(timed)
    }

    /// Measures the device's peaks, in less than a second.
    ///
    /// # Errors
    /// As [`Gpu::peak`].
    pub fn peak(&mut self, limits: &Limits) -> Result<Peak> {
        match self {
            Device::Gpu(gpu) => gpu.peak(limits),
            Device::Native(native) => {
                let [gflops, gbytes] = native.peak();
                Ok(Peak { gflops, gbytes })
            }
        }
    }
}
