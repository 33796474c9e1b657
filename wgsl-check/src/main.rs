//! The `wgsl-check` program: `lint`, `run` and `mutate` WGSL compute shaders, without a GPU.

mod cli;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

/// Exit code where nothing was found.
const CLEAN: u8 = 0;

/// Exit code where something was found.
const FINDINGS: u8 = 1;

/// Exit code of wrong usage: arguments, files that cannot be read, launches that are none.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = cli::args::Arguments::parse();
    let outcome = cli::run(&arguments).and_then(|(text, found)| {
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(found),
        }
    });
    ExitCode::from(match outcome {
        Ok(false) => CLEAN,
        Ok(true) => FINDINGS,
        Err(error) => {
            // Where standard error is closed, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            USAGE
        }
    })
}
