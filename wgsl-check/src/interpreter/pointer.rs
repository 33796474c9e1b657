//! [`Pointer`]: where a pointer points, for every invocation.

use naga::{GlobalVariable, Handle};

/// An offset past the end.
pub(crate) const OUTSIDE: u32 = u32::MAX;

/// An offset that is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX - 1;

/// The variable that a pointer points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Global(Handle<GlobalVariable>),
    /// One of the local variables of all functions that run.
    Local(usize),
}

/// Where a pointer points, in words from the start of the variable.
#[derive(Debug, Clone)]
pub(crate) struct Pointer {
    pub root: Root,
    pub offsets: Offsets,
}

#[derive(Debug, Clone)]
pub(crate) enum Offsets {
    Same(u32),
    Each(Vec<u32>),
}

impl Offsets {
    pub fn of(&self, lane: usize) -> u32 {
        match self {
            Offsets::Same(offset) => *offset,
            Offsets::Each(offsets) => offsets[lane],
        }
    }

    pub fn map(&self, f: impl Fn(u32) -> u32) -> Offsets {
        match self {
            Offsets::Same(offset) => Offsets::Same(f(*offset)),
            Offsets::Each(offsets) => {
                Offsets::Each(offsets.iter().map(|&offset| f(offset)).collect())
            }
        }
    }
}

/// An offset further on; where it leaves 32 bits it is outside, though some drivers wrap it around to a word that is there.
pub(crate) fn further(offset: u32, by: Option<u32>) -> u32 {
    match (offset, by) {
        (OUTSIDE | UNKNOWN, _) => offset,
        (_, None) => OUTSIDE,
        (_, Some(by)) => match offset.checked_add(by) {
            Some(sum) if sum < UNKNOWN => sum,
            _ => OUTSIDE,
        },
    }
}
