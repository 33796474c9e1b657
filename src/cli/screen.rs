//! What the user sees: results on standard output, the rest on standard error, 80 columns wide.

use std::io::{self, Write};

use anyhow::Result;
pub use gatefold::report::grouped;
pub use gatefold::watch::clock;
use serde::Serialize;

/// Columns of text.
pub const COLUMNS: usize = 80;

/// Columns of the labels before the text of a field.
pub const LABEL: usize = 10;

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Standard output carries JSON lines and nothing else.
    pub json: bool,
    /// Standard error carries errors and nothing else.
    pub quiet: bool,
}

#[derive(Serialize)]
struct Line<'a, T> {
    event: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

impl Output {
    /// Tells what goes on, on standard error. Where that is closed, nobody wants to know.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Tells `text` behind `label`, in as many lines as it takes.
    pub fn field(&self, label: &str, text: &str) {
        self.say(&field(label, text));
    }

    /// Prints a result for people on standard output.
    pub fn result(&self, text: &str) -> Result<()> {
        if !self.json {
            writeln!(io::stdout(), "{text}")?;
        }
        Ok(())
    }

    /// Prints a result for programs on standard output: a JSON object, `event` first.
    pub fn event(&self, event: &str, body: &impl Serialize) -> Result<()> {
        if self.json {
            print_json(&Line { event, body })?;
        }
        Ok(())
    }
}

/// Prints a line of JSON on standard output.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string(value)?)?;
    Ok(())
}

/// `text` behind `label`, further lines indented as far.
pub fn field(label: &str, text: &str) -> String {
    let lines = wrap(text, COLUMNS - LABEL);
    let indent = format!("\n{}", " ".repeat(LABEL));
    format!("{label:LABEL$}{}", lines.join(&indent))
}

/// Breaks `text` between words into lines of `width` characters; a longer word has its own line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && longer > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// `1 epoch`, `5 epochs`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}
