//! Layers that carry a state from timestep to timestep: LSTM and GRU.

use serde::{Deserialize, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{LayerSpec, NEEDS_SEQUENCE, Output, check_size, tensor};

/// A long short-term memory layer: `[T, B, in] → [T, B, H]`, or `[B, H]` for the
/// last state alone.
///
/// Gates in the order i, f, c, o; sigmoid recurrent activation, tanh activation, one bias.
///
/// # Source
/// Hochreiter and Schmidhuber (1997), forget gate of Gers et al. (2000); Keras 3 `LSTM`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lstm {
    /// Hidden units, H.
    pub units: usize,
    /// Whether every timestep's state leaves the layer, or only the last.
    #[serde(default)]
    pub return_sequences: bool,
}

impl Lstm {
    /// Gates of a unit.
    pub(crate) const GATES: usize = 4;

    /// `units` hidden units; the last state leaves the layer.
    pub fn new(units: usize) -> Self {
        Lstm {
            units,
            return_sequences: false,
        }
    }

    /// Lets every timestep's state leave the layer.
    pub fn return_sequences(mut self) -> Self {
        self.return_sequences = true;
        self
    }
}

/// A gated recurrent unit layer: `[T, B, in] → [T, B, H]`, or `[B, H]` for the last state alone.
///
/// Gates in the order z, r, h; sigmoid recurrent activation, tanh activation; the reset gate acts after the
/// recurrent product (`reset_after`), so there are two biases, of the input's product and of the state's.
///
/// # Source
/// Cho et al. (2014); Keras 3 `GRU`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gru {
    /// Hidden units, H.
    pub units: usize,
    /// Whether every timestep's state leaves the layer, or only the last.
    #[serde(default)]
    pub return_sequences: bool,
}

impl Gru {
    /// Gates of a unit.
    pub(crate) const GATES: usize = 3;

    /// `units` hidden units; the last state leaves the layer.
    pub fn new(units: usize) -> Self {
        Gru {
            units,
            return_sequences: false,
        }
    }

    /// Lets every timestep's state leave the layer.
    pub fn return_sequences(mut self) -> Self {
        self.return_sequences = true;
        self
    }
}

/// A layer that carries a state of H units from timestep to timestep.
#[derive(Debug, Clone, PartialEq)]
pub enum Recurrent {
    /// See [`Lstm`].
    Lstm(Lstm),
    /// See [`Gru`].
    Gru(Gru),
}

impl Recurrent {
    /// Hidden units, H.
    pub fn units(&self) -> usize {
        match self {
            Recurrent::Lstm(Lstm { units, .. }) | Recurrent::Gru(Gru { units, .. }) => *units,
        }
    }

    /// Whether every timestep's state leaves the layer, or only the last.
    pub fn return_sequences(&self) -> bool {
        match self {
            Recurrent::Lstm(lstm) => lstm.return_sequences,
            Recurrent::Gru(gru) => gru.return_sequences,
        }
    }

    /// Gates of a unit.
    pub(crate) fn gates(&self) -> usize {
        match self {
            Recurrent::Lstm(_) => Lstm::GATES,
            Recurrent::Gru(_) => Gru::GATES,
        }
    }

    /// The class name in Keras.
    pub fn class_name(&self) -> &'static str {
        match self {
            Recurrent::Lstm(_) => "LSTM",
            Recurrent::Gru(_) => "GRU",
        }
    }

    /// What leaves it, run in so many directions over `below`.
    pub(super) fn output(&self, directions: usize, below: Output) -> Result<Output, String> {
        check_size("units", self.units())?;
        let width = self.units() * directions;
        match below {
            Output::Vector { .. } => Err(NEEDS_SEQUENCE.into()),
            Output::Sequence { .. } if self.return_sequences() => Ok(Output::Sequence { width }),
            Output::Sequence { .. } => Ok(Output::Vector { width }),
        }
    }

    /// The parameters of one direction, their names behind `prefix`.
    pub(super) fn parameters(&self, prefix: &str, input: usize) -> Vec<Parameter> {
        let units = self.units();
        let columns = self.gates() * units;
        let (bias, start) = match self {
            Recurrent::Lstm(_) => (vec![columns], Initialiser::UnitForgetBias),
            Recurrent::Gru(_) => (vec![2, columns], Initialiser::Zeros),
        };
        vec![
            tensor(
                &format!("{prefix}kernel"),
                &[input, columns],
                Initialiser::GlorotUniform,
            ),
            tensor(
                &format!("{prefix}recurrent_kernel"),
                &[units, columns],
                Initialiser::Orthogonal,
            ),
            tensor(&format!("{prefix}bias"), &bias, start),
        ]
    }
}

impl From<Lstm> for Recurrent {
    fn from(layer: Lstm) -> Self {
        Recurrent::Lstm(layer)
    }
}

impl From<Gru> for Recurrent {
    fn from(layer: Gru) -> Self {
        Recurrent::Gru(layer)
    }
}

impl LayerSpec for Lstm {
    fn output(&self, below: Output) -> Result<Output, String> {
        Recurrent::from(self.clone()).output(1, below)
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        Recurrent::from(self.clone()).parameters("", input)
    }
}

impl LayerSpec for Gru {
    fn output(&self, below: Output) -> Result<Output, String> {
        Recurrent::from(self.clone()).output(1, below)
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        Recurrent::from(self.clone()).parameters("", input)
    }
}
