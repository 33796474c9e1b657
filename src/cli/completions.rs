//! `gatefold completions`: what makes a shell complete commands and options.

use std::io::{self, Write};

use anyhow::Result;
use clap::CommandFactory;

use super::args::{Arguments, CompletionsArgs};

/// Prints the shell's script.
pub fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    // In memory first: the generator panics where its writer fails, as a closed pipe does.
    clap_complete::generate(
        args.shell,
        &mut Arguments::command(),
        "gatefold",
        &mut script,
    );
    io::stdout().write_all(&script)?;
    Ok(())
}
