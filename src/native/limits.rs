//! What memory allows: of buffers together, and of each.

use crate::error::{Error, Result};
use crate::plan::{Form, Limits};

/// Bytes of the largest buffer: kernels count numbers with a u32.
const LARGEST: u64 = 4 * (u32::MAX as u64 + 1);

/// Bytes of memory that the process may come to have, as far as the system tells.
pub(super) fn memory() -> u64 {
    let machine = system_memory().unwrap_or(u64::MAX);
    let group = group_memory().unwrap_or(u64::MAX);
    machine.min(group)
}

/// Bytes that the machine has.
fn system_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Bytes that a container allows.
fn group_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?;
    text.trim().parse().ok()
}

/// The limits that plans are made for.
pub(super) fn of_plans(memory: u64) -> Limits {
    Limits {
        form: Form::Native,
        binding_bytes: LARGEST.min(memory),
        workgroups: u32::MAX, // there are none
        segment: usize::MAX,
        ..Limits::WEBGPU
    }
}

/// Whether buffers of so many bytes fit.
///
/// # Errors
/// [`Error::Limit`] if not.
pub(super) fn check_memory(bytes: u64, memory: u64) -> Result<()> {
    if bytes <= memory {
        return Ok(());
    }
    Err(Error::Limit {
        what: "the step".to_owned(),
        need: format!("{} MiB of buffers", bytes.div_ceil(1 << 20)),
        limit: "memory",
        have: format!("{} MiB", memory >> 20),
        remedy: None,
    })
}
