//! [`Finding`]: a rule that a shader breaks somewhere, why that matters, and how to mend it.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::rule::Rule;

/// An invocation of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// `workgroup_id`.
    pub workgroup: [u32; 3],
    /// `local_invocation_index`.
    pub index: u32,
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.workgroup;
        write!(f, "invocation {} of workgroup ({x}, {y}, {z})", self.index)
    }
}

/// A piece of a shader's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Bytes of the text.
    pub bytes: Range<usize>,
    /// The line of its start, from 1 on.
    pub line: u32,
    /// The byte in that line where it starts, from 1 on.
    pub column: u32,
    /// That line, without the blanks around it.
    pub text: String,
}

impl Place {
    /// The place of these bytes; none where they are not part of the text.
    pub fn of(source: &str, bytes: Range<usize>) -> Option<Place> {
        let before = source.get(..bytes.start)?;
        source.get(bytes.clone())?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let text = source[start..].lines().next().unwrap_or_default();
        Some(Place {
            line: before.matches('\n').count() as u32 + 1,
            column: (bytes.start - start) as u32 + 1,
            text: text.trim().to_owned(),
            bytes,
        })
    }

    pub(crate) fn of_span(source: &str, span: naga::Span) -> Option<Place> {
        Place::of(source, span.to_range()?)
    }
}

/// A rule broken somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// What was seen, in words.
    pub detail: String,
    /// Where in the text; none for what has no place there, as a launch that lacks a binding.
    pub place: Option<Place>,
    /// Another place that has part in it, and which: the other access of a race.
    pub other_place: Option<(Place, String)>,
    /// Who did it: of a race both invocations, the one that came to the place first.
    pub invocations: Vec<Invocation>,
}

impl Finding {
    /// A finding with no place in the text.
    pub fn new(rule: Rule, detail: impl Into<String>) -> Finding {
        Finding {
            rule,
            detail: detail.into(),
            place: None,
            other_place: None,
            invocations: Vec::new(),
        }
    }

    /// The same finding at this place of the text.
    pub(crate) fn at(mut self, source: &str, span: naga::Span) -> Finding {
        self.place = Place::of_span(source, span);
        self
    }

    /// Why it matters.
    pub fn why(&self) -> &'static str {
        self.rule.why()
    }

    /// How to get rid of it.
    pub fn remedy(&self) -> &'static str {
        self.rule.remedy()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule.title())?;
        if let Some(place) = &self.place {
            write!(f, " at line {} `{}`", place.line, place.text)?;
        }
        writeln!(f, ": {}", self.detail)?;
        if let Some((place, what)) = &self.other_place {
            writeln!(f, "    {what}: line {} `{}`", place.line, place.text)?;
        }
        writeln!(f, "    why: {}", self.why())?;
        write!(f, "    to fix it: {}", self.remedy())
    }
}
