//! How much memory a process takes.

/// The most bytes that this process had in memory so far; none where the system does not tell.
#[cfg(unix)]
pub(super) fn peak_resident() -> Option<u64> {
    use nix::sys::resource::{UsageWho, getrusage};

    // macOS counts bytes, the others kibibytes.
    const UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let most = u64::try_from(usage.max_rss()).ok()?;
    (most > 0).then_some(most * UNIT)
}

/// The most bytes that this process had in memory so far; none where the system does not tell.
#[cfg(not(unix))]
pub(super) fn peak_resident() -> Option<u64> {
    None
}
