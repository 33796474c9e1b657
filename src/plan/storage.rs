//! How many bytes the numbers take that a recurrence keeps for its backward pass.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The form in which a training step keeps what its recurrences read and leave at every position: the input's product,
/// the gates, their gradients, and the cell states of an LSTM. Sums, states and all else are f32 whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// 4 bytes a number.
    #[default]
    F32,
    /// 2 bytes a number: binary16, up to 65,504 and with 11 bits, gradients times 1,024.
    F16,
}

impl Storage {
    /// Each of them.
    pub const ALL: [Storage; 2] = [Storage::F32, Storage::F16];

    /// Its name: `f32` or `f16`.
    pub fn name(self) -> &'static str {
        match self {
            Storage::F32 => "f32",
            Storage::F16 => "f16",
        }
    }

    /// Words of 4 bytes that so many numbers take.
    pub(super) fn words(self, numbers: usize) -> usize {
        match self {
            Storage::F32 => numbers,
            Storage::F16 => numbers.div_ceil(2),
        }
    }

    /// Whether numbers are halves.
    pub(super) fn is_half(self) -> bool {
        self == Storage::F16
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
