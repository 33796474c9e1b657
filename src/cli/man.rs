//! `gatefold man`: the man pages, made from the same text as `--help`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use clap::{Command, CommandFactory};
use gatefold::Error;
use gatefold::report::write_atomically;

use super::args::{Arguments, ManArgs};
use super::man_page::man_page;

/// Prints gatefold's own page, or writes those of all commands to a folder and prints their paths.
pub fn run(args: &ManArgs) -> Result<()> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    match &args.folder {
        None => io::stdout().write_all(&man_page(&command)?.1)?,
        Some(folder) => {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
            write_pages(&command, folder)?;
        }
    }
    Ok(())
}

/// Writes the page of a command, then those of its subcommands.
fn write_pages(command: &Command, folder: &Path) -> Result<()> {
    let (name, page) = man_page(command)?;
    let path = folder.join(name);
    write_atomically(&path, &page)?;
    writeln!(io::stdout(), "{}", path.display())?;
    for subcommand in command.get_subcommands() {
        write_pages(subcommand, folder)?;
    }
    Ok(())
}
