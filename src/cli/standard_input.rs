//! Standard input, where a command reads texts: `-` stands for it.

use std::io::{self, IsTerminal, Read};

use anyhow::Result;
use gatefold::Error;

use super::screen::Output;

/// What standard input is called in messages.
pub const NAME: &str = "standard input";

/// Whether what was typed stands for standard input.
pub fn is_meant(typed: &str) -> bool {
    typed == "-"
}

/// All of standard input as one text, without the line breaks at its end; who sits at a terminal is told that it is awaited.
///
/// # Errors
/// [`Error::Io`] where it cannot be read or is not UTF-8, [`Error::Data`] where it is empty.
pub fn read_text(output: Output) -> Result<String> {
    if io::stdin().is_terminal() {
        output.say("Reading a review from standard input, to its end (Ctrl-D).");
    }
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(Error::io(NAME))?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(Error::Data(format!("{NAME}: no review")).into());
    }
    Ok(text.to_string())
}
