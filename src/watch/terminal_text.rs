//! Text on a terminal: how wide it is, and in which lines it fits.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Columns from which things stand side by side that else stand below each other.
pub(super) const WIDE: u16 = 76;

/// The name of a key.
pub(super) fn key(name: &str) -> Span<'_> {
    Span::styled(name, Style::new().add_modifier(Modifier::REVERSED))
}

/// Columns that a text takes on the terminal.
pub(super) fn columns(text: &str) -> u16 {
    u16::try_from(Line::raw(text).width()).unwrap_or(u16::MAX)
}

/// The first of the words, those that fit; the very first in any case.
pub(super) fn fitting(words: &[String], room: u16) -> String {
    let mut line = String::new();
    for word in words {
        let separator = if line.is_empty() { "" } else { ", " };
        let longer = format!("{line}{separator}{word}");
        if !line.is_empty() && columns(&longer) > room {
            break;
        }
        line = longer;
    }
    line
}

/// The parts in lines of `width` columns, as many to a line as fit; one that is longer goes on below.
pub(super) fn broken(parts: &[String], width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let separated = match lines.is_empty() {
            true => part.clone(),
            false => format!("· {part}"),
        };
        let whole = lines.last().map(|line| format!("{line} {separated}"));
        match (
            whole.filter(|line| columns(line) <= width),
            lines.last_mut(),
        ) {
            (Some(longer), Some(line)) => *line = longer,
            _ => lines.extend(wrapped(part, width)),
        }
    }
    lines
}

/// A text in lines of `width` columns, broken between words, and within one that is longer than a line.
fn wrapped(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (
            longer.filter(|line| columns(line) <= width),
            lines.last_mut(),
        ) {
            (Some(longer), Some(line)) => *line = longer,
            _ if columns(word) <= width => lines.push(word.to_string()),
            _ => lines.extend(cut(word, width)),
        }
    }
    lines
}

/// A word in pieces of `width` columns.
fn cut(word: &str, width: u16) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for letter in word.chars() {
        if let Some(piece) = pieces.last_mut() {
            let longer = format!("{piece}{letter}");
            match piece.is_empty() || columns(&longer) <= width {
                true => *piece = longer,
                false => pieces.push(letter.to_string()),
            }
        }
    }
    pieces
}

/// The end of a name that is longer than `room`: what sets runs of one sweep apart stands there.
pub(super) fn ending(name: &str, room: u16) -> String {
    if columns(name) <= room {
        return name.to_string();
    }
    let mut kept = Vec::new();
    let mut used = 1;
    for letter in name.chars().rev() {
        used += columns(letter.encode_utf8(&mut [0; 4]));
        if used > room {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept.into_iter().rev().collect()
}
