//! The `gatefold` program: parse, run, tell what failed, exit.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 124 time over, 130 interrupted.

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use cli::option_names::with_options;
use cli::screen::{broken_for_stderr, visible};
use cli::time_limit::{TIME_OVER, TimeOver};
use gatefold::Error;

fn main() -> ExitCode {
    #[cfg(unix)]
    outlive_file_size_limit();
    let ended = cli::run();
    match &ended.outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(error) => ExitCode::SUCCESS,
        // The process that tells it has the exit code as well.
        Err(_) if !ended.tells => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed, the exit code has to do.
            let _ = tell(&mut io::stderr(), error);
            ExitCode::from(exit_code(error))
        }
    }
}

/// Has a write beyond the limit of a file's size (`ulimit -f`) fail, which is told, where its signal would end the
/// program without a word. Threads take the mask over, so this comes before any other.
#[cfg(unix)]
fn outlive_file_size_limit() {
    use nix::sys::signal::{SigSet, Signal};
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    // Where it cannot be blocked, it ends the program as it did before.
    let _ = signals.thread_block();
}

/// Whether a reader such as `head` closed the pipe: it has had what it wanted.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// The error and its causes, without those that the line before has told already; last the command that helps.
fn tell(out: &mut impl Write, error: &anyhow::Error) -> io::Result<()> {
    let mut told = match error.downcast_ref() {
        // Keys of a file are what they are called there.
        Some(error) if is_of_keys(error) => error.to_string(),
        _ => with_options(&error.to_string()),
    };
    let words = format!("error: {}", visible(&told));
    writeln!(out, "{}", broken_for_stderr(&words))?;
    for cause in error.chain().skip(1) {
        let cause = with_options(&cause.to_string());
        if !told.contains(&cause) {
            let words = format!("  because {}", visible(&cause));
            writeln!(out, "{}", broken_for_stderr(&words))?;
            told = cause;
        }
    }
    if let Some(Error::NoVocabulary { data, wanted, .. }) = error.downcast_ref() {
        let (data, wanted) = (data.display(), wanted.display());
        let command =
            format!("gatefold data build-vocab --data {data} --target-size 8192 --output {wanted}");
        writeln!(out, "  {}", visible(&command))?;
    }
    Ok(())
}

/// Whether the error is of a line of a TOML file, whose keys are called as fields are.
fn is_of_keys(error: &Error) -> bool {
    match error {
        Error::Malformed { path, place, .. } => {
            path.extension().is_some_and(|ending| ending == "toml") && place.starts_with("line ")
        }
        _ => false,
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<TimeOver>() {
        return TIME_OVER;
    }
    match error.downcast_ref::<Error>() {
        Some(Error::Interrupted) => 130,
        Some(Error::Argument { .. }) => 2,
        _ => 1,
    }
}
