//! Ctrl-C, or being told to terminate: the first asks for an orderly end, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use super::screen::Output;

/// The exit code that shells expect after Ctrl-C.
const INTERRUPTED: i32 = 130;

const CANNOT: &str = "cannot listen for Ctrl-C";

/// A flag that the first Ctrl-C sets; SIGTERM and SIGHUP count as one.
pub fn install(output: Output) -> Result<Arc<AtomicBool>> {
    install_telling(
        output,
        "Stopping after this step; Ctrl-C again stops at once.",
    )
}

/// The same flag, for a command that tells `words` when it is set.
pub fn install_telling(output: Output, words: &'static str) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        output.say(&format!("\n{words}"));
    })
    .context(CANNOT)?;
    Ok(stop)
}

/// The same flag for a command that only shows things, whose user is told nothing of it. Where nobody has
/// looked at it within two seconds the program ends: a wait for keys never returns where the terminal is gone.
pub fn install_for_watching() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        flag.store(true, Ordering::Relaxed);
        std::thread::sleep(Duration::from_secs(2));
        std::process::exit(INTERRUPTED);
    })
    .context(CANNOT)?;
    Ok(stop)
}

/// Lets the first Ctrl-C end the program, with `words`: for a command that can be cut off anywhere.
#[cfg(feature = "download")]
pub fn end_at_once(output: Output, words: &'static str) -> Result<()> {
    ctrlc::set_handler(move || {
        output.say(&format!("\n{words}"));
        std::process::exit(INTERRUPTED);
    })
    .context(CANNOT)
}
