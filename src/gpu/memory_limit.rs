//! The limit of a process's memory (`ulimit -v`), which drivers outrun without a word; looked at on 64-bit Linux alone.

use crate::error::{Error, Result};

/// Address space that a small run takes beside the stacks and heaps of a driver's threads: the program, the driver, the
/// compiler in it. Measured on Mesa's software adapter: runs of 20 reviews took 1.05 GiB with two cores.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const LEAST: u64 = 1 << 30;

/// What each core adds: glibc keeps 64 MiB of addresses for each thread's heap.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const EACH_CORE: u64 = 64 << 20;

/// Bytes of address space that this process may take; none where there is no limit.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn limit() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
    let (limit, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    (limit != RLIM_INFINITY).then_some(limit)
}

/// Fails where a device cannot be used within the limit. Drivers and the compilers in them do not tell that memory ran
/// out: they end the process, or are not found.
///
/// # Errors
/// [`Error::Adapter`] names the limit.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) fn check() -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let need = LEAST + EACH_CORE * cores as u64;
    match limit() {
        Some(limit) if limit < need => Err(Error::Adapter(format!(
            "the limit of memory, ulimit -v, is {} MiB; a device, with its driver and {cores} cores, needs {} MiB of \
             addresses: raise the limit, or lift it with `ulimit -v unlimited`",
            limit >> 20,
            need >> 20
        ))),
        _ => Ok(()),
    }
}

/// Elsewhere no such limit was measured.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) fn check() -> Result<()> {
    Ok(())
}

/// What a search that found nothing says of a limit, which may be what keeps a driver from being loaded.
pub(super) fn hint() -> String {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    if let Some(limit) = limit() {
        return format!(
            "\nThe limit of memory, ulimit -v, is {} MiB: a driver that needs more is not found either.",
            limit >> 20
        );
    }
    String::new()
}
