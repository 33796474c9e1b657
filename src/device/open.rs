//! Choosing a device: by its name or number, by `WGPU_ADAPTER_NAME`, or the best there is.

use tracing::warn;

use super::kind::Device;
use super::report::report_of;
use crate::error::{Error, Result};
use crate::gpu::{self, AdapterChoice, AdapterReport, Gpu};
use crate::native::{Native, NativeChoice};

/// Every device of this machine, in the order in which [`AdapterChoice::name`] counts them: the adapters, then the
/// processor.
pub fn devices() -> Vec<AdapterReport> {
    let mut devices = gpu::adapters();
    devices.extend(Native::open(NativeChoice::default()).map(|native| report_of(&native)));
    devices
}

impl Device {
    /// Opens the device that was chosen: the processor by the whole name `cpu`, adapters by a part of theirs. Without a
    /// name it is a GPU if there is one, and the processor if not; software adapters are taken by name alone.
    ///
    /// # Errors
    /// As [`Gpu::open`] and [`Native::open`]; [`Error::Adapter`] where the choice is of an adapter's limits and the
    /// processor is taken, [`Error::Argument`] where it is of threads and an adapter is.
    ///
    /// # Examples
    /// ```
    /// use gatefold::device::Device;
    /// use gatefold::gpu::{AdapterChoice, KernelForm};
    ///
    /// let choice = AdapterChoice { name: Some("cpu".into()), threads: Some(2), ..AdapterChoice::default() };
    /// let device = Device::open(&choice)?;
    /// println!("{} of {}", device.report().driver, device.report().name);
    /// let limits = device.limits(KernelForm::Automatic)?;
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn open(choice: &AdapterChoice) -> Result<Device> {
        let Some(name) = choice.wanted() else {
            return Device::open_best(choice);
        };
        if name.eq_ignore_ascii_case(Native::NAME) {
            return native(choice);
        }
        gpu::check_memory_limit()?;
        let adapters = gpu::adapters();
        if name.parse() == Ok(adapters.len()) {
            return native(choice);
        }
        if gpu::named(&adapters, &name, None).is_none() {
            return Err(Error::Adapter(no_match(&adapters, &name)));
        }
        check_threads(choice)?;
        Gpu::open(choice).map(Device::from)
    }

    /// A GPU if there is one that can be used, else the processor.
    fn open_best(choice: &AdapterChoice) -> Result<Device> {
        match Gpu::open_best(choice) {
            Ok(Some(gpu)) => {
                check_threads(choice)?;
                Ok(gpu.into())
            }
            Ok(None) => native(choice),
            Err(error) => {
                warn!("{error}; goes on with {}", Native::NAME);
                native(choice)
            }
        }
    }
}

/// Refuses a number of threads, of which an adapter knows nothing.
fn check_threads(choice: &AdapterChoice) -> Result<()> {
    match choice.threads {
        Some(threads) => Err(Error::argument(
            "threads",
            format!(
                "{threads}: threads are those of the processor's own kernels, and an adapter would be taken; leave it out, or \
                 name the processor with `AdapterChoice::name` {}",
                Native::NAME
            ),
        )),
        None => Ok(()),
    }
}

/// The processor.
fn native(choice: &AdapterChoice) -> Result<Device> {
    if choice.webgpu_limits {
        return Err(Error::Adapter(format!(
            "{} has none of WebGPU's limits, so `AdapterChoice::webgpu_limits` means nothing there; leave it out, or \
             choose an adapter with `AdapterChoice::name`",
            Native::NAME
        )));
    }
    let native = Native::open(NativeChoice {
        threads: choice.threads.or(choice.local.map(|local| local.threads)),
        ..NativeChoice::default()
    })?;
    Ok(native.into())
}

/// What is said of a name that matches nothing.
fn no_match(adapters: &[AdapterReport], name: &str) -> String {
    let mut message = gpu::no_match(adapters, name);
    message.push_str(&format!(
        "\n  {}  {} (native, the processor itself)",
        adapters.len(),
        Native::NAME
    ));
    if adapters.is_empty() {
        message.push('\n');
        message.push_str(&gpu::none_found());
    }
    message
}
