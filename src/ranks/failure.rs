//! [`Failure`]: why a rank cannot go on, as the others are told.

use crate::error::Error;

/// What it means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other = 0,
    /// The same steps would fail again.
    Recurs = 1,
    /// The user asked to stop.
    Interrupted = 2,
}

/// Why a rank cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    problem: String,
}

impl Failure {
    /// A failure that is no [`Error`].
    pub fn new(problem: impl Into<String>) -> Failure {
        Failure {
            kind: Kind::Other,
            problem: problem.into(),
        }
    }

    /// That of an error.
    pub fn of(error: &Error) -> Failure {
        Failure {
            kind: match error {
                Error::Interrupted => Kind::Interrupted,
                error if error.recurs() => Kind::Recurs,
                _ => Kind::Other,
            },
            problem: error.to_string(),
        }
    }

    /// The same as bytes, with the rank that it is of.
    pub(super) fn pack(&self, rank: usize, host: &str) -> Vec<u8> {
        let mut bytes = vec![self.kind as u8];
        bytes.extend((rank as u64).to_le_bytes());
        bytes.extend((host.len() as u64).to_le_bytes());
        bytes.extend(host.as_bytes());
        bytes.extend(self.problem.as_bytes());
        bytes
    }

    /// The error that these bytes stand for; `None` where they are no failure.
    pub(super) fn unpack(bytes: &[u8]) -> Option<Error> {
        let (&kind, rest) = bytes.split_first()?;
        let (rank, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (host, problem) = rest.split_at_checked(length)?;
        if kind == Kind::Interrupted as u8 {
            return Some(Error::Interrupted);
        }
        Some(Error::Rank {
            rank: usize::try_from(u64::from_le_bytes(*rank)).ok()?,
            host: String::from_utf8_lossy(host).into_owned(),
            problem: String::from_utf8_lossy(problem).into_owned(),
            recurs: kind == Kind::Recurs as u8,
        })
    }
}
