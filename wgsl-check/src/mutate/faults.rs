//! [`Fault`]: a change that somebody wrote down, in a TOML file.

use serde::Deserialize;

use super::Mutant;
use crate::finding::Place;

/// A change of a shader's text that makes it wrong.
///
/// In TOML, a list of `[[fault]]`:
///
/// ```
/// let faults = wgsl_check::mutate::faults(r#"
///     [[fault]]
///     file = "sum"
///     breaks = "the first number is left out"
///     search = "var k = 0u"
///     replace = "var k = 1u"
/// "#)?;
/// let mutant = faults[0].apply("for (var k = 0u; k < n; k++) { sum += x[k]; }")?;
/// assert!(mutant.source.contains("var k = 1u;"));
/// # Ok::<(), wgsl_check::mutate::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The file, without `.wgsl`.
    pub file: String,
    /// What is wrong then.
    pub breaks: String,
    /// The text that is replaced wherever it stands.
    pub search: String,
    /// By what.
    pub replace: String,
    /// How often it stands there.
    #[serde(default = "once")]
    pub count: usize,
    /// Why no test can notice it, if that is so.
    pub harmless: Option<String>,
}

fn once() -> usize {
    1
}

/// Why a file of faults, or a fault, is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It is not TOML, or has other keys.
    #[error("{0}")]
    Format(String),
    /// The text stands there more or less often than the fault says.
    #[error("{name}: the text to be replaced stands there {found} times, and `count` says {count}")]
    Count {
        /// The fault.
        name: String,
        /// How often it was found.
        found: usize,
        /// How often it should be there.
        count: usize,
    },
    /// It replaces a text by the same.
    #[error("{name}: `replace` is what `search` is, so nothing changes")]
    NoChange {
        /// The fault.
        name: String,
    },
}

/// The faults of a TOML file.
///
/// # Errors
/// [`FaultError::Format`] with line and column.
pub fn faults(text: &str) -> Result<Vec<Fault>, FaultError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        fault: Vec<Fault>,
    }
    let file: Result<File, _> = toml::from_str(text);
    file.map(|file| file.fault)
        .map_err(|error| FaultError::Format(error.to_string()))
}

impl Fault {
    /// Unique among all faults.
    pub fn name(&self) -> String {
        format!("{}: {}", self.file, self.breaks)
    }

    /// The text with this fault.
    ///
    /// # Errors
    /// [`FaultError`] where the fault does not fit the text.
    pub fn apply(&self, source: &str) -> Result<Mutant, FaultError> {
        let found = source.matches(&self.search).count();
        if self.search.is_empty() || found != self.count {
            return Err(FaultError::Count {
                name: self.name(),
                found: if self.search.is_empty() { 0 } else { found },
                count: self.count,
            });
        }
        if self.search == self.replace {
            return Err(FaultError::NoChange { name: self.name() });
        }
        let place = source.find(&self.search).filter(|_| found == 1);
        let place = place.and_then(|at| Place::of(source, at..at + self.search.len()));
        Ok(Mutant {
            what: self.breaks.clone(),
            place,
            replaced: self.search.clone(),
            by: self.replace.clone(),
            source: source.replace(&self.search, &self.replace),
        })
    }
}
