//! Mutants: shaders with one change each. A test that is worth its time notices them.
//!
//! [`mutants`] makes them by operators that any WGSL has places for; a [`Fault`] is a change that somebody wrote down.
//! [`examine`] asks a closure of yours about each, and makes a [`Report`].

mod faults;
mod operators;
mod report;

pub use faults::{Fault, FaultError, faults};
pub use operators::mutants;
pub use report::{Report, Row, Verdict, examine};

use crate::finding::Place;

/// A shader with one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What was changed, in words: "a barrier is dropped".
    pub what: String,
    /// Where; none of a fault whose text stands at several places.
    pub place: Option<Place>,
    /// The text that was replaced.
    pub replaced: String,
    /// By what.
    pub by: String,
    /// The whole text with the change.
    pub source: String,
}
