//! What memory allows: of buffers together, and of each.

use crate::error::{Error, Result};
use crate::plan::{Form, Limits};

/// Bytes of the largest buffer: kernels count numbers with a u32.
const LARGEST: u64 = 4 * (u32::MAX as u64 + 1);

/// Addresses that a run takes beside its buffers and its threads' heaps: the program, its data, batches. Where there were
/// fewer, small runs ended in the allocator, without a word.
const PROGRAM: u64 = 384 << 20;

/// What each thread adds: glibc keeps 64 MiB of addresses for its heap.
const EACH_THREAD: u64 = 64 << 20;

/// Buffers of the smallest step.
const LEAST: u64 = 16 << 20;

/// Bytes of memory that buffers may come to have, as far as the system tells.
///
/// # Errors
/// [`Error::Adapter`] where the process's limit (`ulimit -v`) leaves none.
pub(super) fn memory(threads: usize) -> Result<u64> {
    let machine = system_memory().unwrap_or(u64::MAX);
    let group = group_memory().unwrap_or(u64::MAX);
    let process = match address_space() {
        Some(limit) => left_for_buffers(limit, threads)?,
        None => u64::MAX,
    };
    Ok(machine.min(group).min(process))
}

/// Of a process's addresses those that are left for buffers.
fn left_for_buffers(limit: u64, threads: usize) -> Result<u64> {
    let own = PROGRAM + EACH_THREAD * threads as u64;
    match limit.checked_sub(own) {
        Some(left) if left >= LEAST => Ok(left),
        _ => Err(Error::Adapter(format!(
            "the limit of memory, ulimit -v, is {} MiB; the processor needs {} MiB of addresses at least, with {threads} \
             threads: raise the limit, lift it with `ulimit -v unlimited`, or give fewer `threads`",
            limit >> 20,
            (own + LEAST) >> 20
        ))),
    }
}

/// Bytes of addresses that the process may have; none where there is no limit.
fn address_space() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_addresses_leaves_what_program_and_threads_do_not_take() {
        assert_eq!(left_for_buffers(1 << 30, 2).unwrap(), 512 << 20);
        assert_eq!(left_for_buffers(528 << 20, 2).unwrap(), 16 << 20);
        let error = left_for_buffers(527 << 20, 2).unwrap_err().to_string();
        assert!(
            error.contains("is 527 MiB") && error.contains("needs 528 MiB"),
            "{error}"
        );
    }
}
