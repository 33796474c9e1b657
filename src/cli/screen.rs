//! What the user sees: results on standard output, the rest on standard error, 80 columns wide or as a narrower
//! terminal is.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
pub use gatefold::model::{counted, grouped};
pub use gatefold::watch::clock;
use serde::Serialize;
use terminal_size::{Height, Width, terminal_size_of};

/// Columns of text, unless the terminal has fewer.
pub const COLUMNS: usize = 80;

/// Columns that a terminal is taken to have at least.
const LEAST_COLUMNS: usize = 40;

/// Columns of the labels before the text of a field.
pub const LABEL: usize = 10;

/// Whether another process prints the results.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Leaves results to another process, which has the same.
pub fn silence() {
    IS_SILENT.store(true, Ordering::Relaxed);
}

/// Prints a line on standard output.
fn print(line: &str) -> Result<()> {
    if !IS_SILENT.load(Ordering::Relaxed) {
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}

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
            let _ = writeln!(io::stderr(), "{}", visible(text));
        }
    }

    /// Tells `text` behind `label`, in as many lines as it takes.
    pub fn field(&self, label: &str, text: &str) {
        self.say(&field_within(label, text, self.columns()));
    }

    /// Columns of text on standard error.
    pub fn columns(&self) -> usize {
        columns(stderr_size())
    }

    /// Columns of the terminal that standard error is; none where it is none.
    pub fn terminal_columns(&self) -> Option<usize> {
        stderr_size().map(width)
    }

    /// Tells metrics that belong together, in as few lines as they take.
    pub fn say_row(&self, metrics: &[String]) {
        self.say(&row(metrics, self.columns()));
    }

    /// Prints a result for people on standard output.
    pub fn result(&self, text: &str) -> Result<()> {
        match self.json {
            true => Ok(()),
            false => print(text),
        }
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
    print(&json_line(value)?)
}

/// A line of JSON in which no control character is written as it is: serde_json leaves those above ASCII alone.
pub fn json_line(value: &impl Serialize) -> Result<String> {
    let line = serde_json::to_string(value)?;
    if !line.contains(char::is_control) {
        return Ok(line);
    }
    let mut shown = String::new();
    for character in line.chars() {
        match character.is_control() {
            true => shown += &format!("\\u{:04x}", u32::from(character)),
            false => shown.push(character),
        }
    }
    Ok(shown)
}

/// Columns of the terminal that standard output is; none where it is none, whose lines nobody may break.
pub fn terminal_columns() -> Option<usize> {
    terminal_size_of(io::stdout()).map(width)
}

/// Columns of text on standard output.
pub fn result_columns() -> usize {
    columns(terminal_size_of(io::stdout()))
}

fn stderr_size() -> Option<(Width, Height)> {
    terminal_size_of(io::stderr())
}

/// Columns of a terminal of this size.
fn width((Width(columns), _): (Width, Height)) -> usize {
    usize::from(columns).max(LEAST_COLUMNS)
}

/// Columns of text for a terminal of this size, or where there is none.
fn columns(terminal: Option<(Width, Height)>) -> usize {
    terminal.map_or(COLUMNS, |size| width(size).min(COLUMNS))
}

/// `text` behind `label` on standard output, further lines indented as far.
pub fn field(label: &str, text: &str) -> String {
    field_within(label, text, result_columns())
}

/// Metrics two blanks apart, further lines indented as those of a field.
fn row(metrics: &[String], columns: usize) -> String {
    let indent = " ".repeat(LABEL);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for metric in metrics {
        let length = metric.chars().count();
        if used > 0 && used + 2 + length > columns {
            lines.push(indent.clone());
            used = LABEL;
        } else if used > 0 {
            used += 2;
            if let Some(line) = lines.last_mut() {
                line.push_str("  ");
            }
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(metric);
        }
        used += length;
    }
    lines.join("\n")
}

fn field_within(label: &str, text: &str, columns: usize) -> String {
    let lines = wrap(&visible(text), columns - LABEL);
    let indent = format!("\n{}", " ".repeat(LABEL));
    format!("{label:LABEL$}{}", lines.join(&indent))
}

/// `text` with its control characters, line breaks excepted, as Rust writes them: what a file holds must not reach a
/// terminal as a command.
pub fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| c.is_control() && c != '\n';
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        match hidden(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
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

/// `text` as standard error shows it: where that is a terminal, its long lines are broken between words.
pub fn broken_for_stderr(text: &str) -> String {
    broken(text, stderr_size().map(width))
}

/// `text` with lines of at most so many columns, where there is a limit; further parts of a line are indented as it is.
pub fn broken(text: &str, columns: Option<usize>) -> String {
    let lines = text.lines().flat_map(|line| match columns {
        Some(columns) if line.chars().count() > columns => {
            let words = line.trim_start();
            let (indent, _) = line.split_at(line.len() - words.len());
            let parts = wrap(words, columns.saturating_sub(indent.len())).into_iter();
            parts.map(|part| format!("{indent}{part}")).collect()
        }
        _ => vec![line.to_owned()],
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether colours may be printed to `stream`: on a terminal, unless `NO_COLOR` forbids it.
pub fn coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_on_a_terminal_alone() {
        let text = "error: no such file; name one\n  because it is  gone away";
        assert_eq!(broken(text, None), text);
        let narrow = "error: no such file;\nname one\n  because it is\n  gone away";
        assert_eq!(broken(text, Some(20)), narrow);
        // A path stays whole, to be copied.
        assert_eq!(
            broken("a/long/path is no run", Some(8)),
            "a/long/path\nis no\nrun"
        );
    }

    #[test]
    fn text_is_as_wide_as_the_terminal_but_no_wider_than_80_columns() {
        let of = |width| columns(Some((Width(width), Height(24))));
        assert_eq!([60, 80, 200, 7].map(of), [60, 80, 80, 40]);
        assert_eq!(columns(None), 80);
        let text =
            "the demo corpus is synthetic: a grammar generated its reviews, nobody wrote them";
        for columns in [40, 60, 80] {
            let field = field_within("Note", text, columns);
            assert!(
                field.lines().all(|line| line.chars().count() <= columns),
                "{field}"
            );
        }
    }

    #[test]
    fn a_row_breaks_between_metrics() {
        let metrics = [
            "Epoch 5/5 0:09",
            "accuracy 0.984 loss 0.0443",
            "val_accuracy 0.943 val_loss 0.1950",
            "gradient norm 0.1, at most 0.2",
        ];
        let metrics = metrics.map(str::to_string);
        assert_eq!(
            row(&metrics[..3], 80),
            "Epoch 5/5 0:09  accuracy 0.984 loss 0.0443  val_accuracy 0.943 val_loss 0.1950"
        );
        assert_eq!(
            row(&metrics, 60),
            "Epoch 5/5 0:09  accuracy 0.984 loss 0.0443\n\
             \u{20}         val_accuracy 0.943 val_loss 0.1950\n\
             \u{20}         gradient norm 0.1, at most 0.2"
        );
        assert_eq!(row(&metrics, 80).lines().count(), 2);
    }
}
