//! [`Report`]: which mutants were noticed.

use std::fmt;

use serde::Serialize;

use super::Mutant;
use crate::finding::Place;
use crate::shader::Shader;

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Something noticed it: a test, a rule.
    Caught(String),
    /// Nothing did.
    Missed,
    /// It is no shader, so it proves nothing.
    Unviable(String),
}

/// A mutant with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What was changed.
    pub what: String,
    /// Where.
    pub place: Option<Place>,
    /// The text that was replaced.
    pub replaced: String,
    /// By what.
    pub by: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Which mutants were noticed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// In the order of the mutants.
    pub rows: Vec<Row>,
}

/// Asks about each mutant that is a shader.
///
/// ```
/// use wgsl_check::mutate::{Verdict, examine, mutants};
/// use wgsl_check::{Buffer, Launch, Shader, run};
///
/// let shader = Shader::parse("
///     @group(0) @binding(0) var<storage, read_write> x: array<f32>;
///     @compute @workgroup_size(4)
///     fn halve(@builtin(local_invocation_index) i: u32) { x[i] = x[i] / 2.0; }")?;
/// let launch = Launch::new([1, 1, 1]).bind(0, 0, Buffer::f32(&[2.0, 4.0, 6.0, 8.0]));
/// let report = examine(mutants(&shader), |_, mutant| {
///     let outcome = run(mutant, &launch);
///     match outcome.f32(0, 0) == Ok(vec![1.0, 2.0, 3.0, 4.0]) && outcome.findings().is_empty() {
///         true => Verdict::Missed,
///         false => Verdict::Caught("the numbers".into()),
///     }
/// });
/// assert_eq!(report.missed().count(), 0);
/// assert!(report.caught().count() > 3);
/// # Ok::<(), wgsl_check::InvalidShader>(())
/// ```
pub fn examine(
    mutants: Vec<Mutant>,
    mut verdict: impl FnMut(&Mutant, &Shader) -> Verdict,
) -> Report {
    let rows = mutants.into_iter().map(|mutant| {
        let verdict = match Shader::parse(&mutant.source) {
            Ok(shader) => verdict(&mutant, &shader),
            Err(error) => Verdict::Unviable(error.finding().detail.clone()),
        };
        Row {
            what: mutant.what,
            place: mutant.place,
            replaced: mutant.replaced,
            by: mutant.by,
            verdict,
        }
    });
    Report {
        rows: rows.collect(),
    }
}

impl Report {
    /// The mutants that were noticed.
    pub fn caught(&self) -> impl Iterator<Item = &Row> {
        let caught = |row: &&Row| matches!(row.verdict, Verdict::Caught(_));
        self.rows.iter().filter(caught)
    }

    /// Those that were not.
    pub fn missed(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.verdict == Verdict::Missed)
    }

    /// Those that are no shaders.
    pub fn unviable(&self) -> impl Iterator<Item = &Row> {
        let unviable = |row: &&Row| matches!(row.verdict, Verdict::Unviable(_));
        self.rows.iter().filter(unviable)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}: ", place.line, place.column)?;
        }
        write!(f, "{}", self.what)?;
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        match (one_line(&self.replaced), one_line(&self.by)) {
            (from, to) if to.is_empty() => write!(f, ": `{from}`")?,
            (from, to) => write!(f, ": `{from}` becomes `{to}`")?,
        }
        match &self.verdict {
            Verdict::Caught(by) => write!(f, " (caught by {by})"),
            Verdict::Missed => write!(f, " (MISSED)"),
            Verdict::Unviable(why) => write!(f, " (unviable: {why})"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.missed() {
            writeln!(f, "{row}")?;
        }
        write!(
            f,
            "{} mutants: {} missed, {} caught, {} unviable",
            self.rows.len(),
            self.missed().count(),
            self.caught().count(),
            self.unviable().count()
        )
    }
}
