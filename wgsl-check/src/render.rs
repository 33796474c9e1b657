//! Findings as rustc shows its errors: with the lines of the text that they are about.

use std::error::Error;
use std::fmt;

use naga::{Span, WithSpan};

use crate::finding::Finding;
use crate::rule::Rule;

/// A line of a message; those below it are its notes.
#[derive(Debug)]
struct Line(String, Option<Box<Line>>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Line {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let below = self.1.as_deref()?;
        Some(below)
    }
}

impl Finding {
    /// The finding with its lines of this text, which messages call `path`.
    pub fn render(&self, source: &str, path: &str) -> String {
        let remedy = Line(format!("to fix it: {}", self.remedy()), None);
        let why = Line(format!("why: {}", self.why()), Some(Box::new(remedy)));
        let mut notes = why;
        if let Some((place, what)) = &self.other_place {
            let other = format!("{what}: line {} `{}`", place.line, place.text);
            notes = Line(other, Some(Box::new(notes)));
        }
        let headline = format!("{} [{}]", self.rule.title(), self.rule.id());
        let headline = match self.place {
            Some(_) if self.rule != Rule::Invalid => headline,
            _ => format!("{headline}: {}", self.detail),
        };
        let mut error = WithSpan::new(Line(headline, Some(Box::new(notes))));
        if let Some(place) = &self.place {
            let (start, end) = (place.bytes.start as u32, place.bytes.end as u32);
            error = error.with_span(Span::new(start, end), self.detail.clone());
        }
        error.emit_to_string_with_path(source, path)
    }
}
