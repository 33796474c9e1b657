//! A recurrent layer in both directions.

use serde::{Deserialize, Serialize};

use super::super::parameters::Parameter;
use super::{Gru, LayerSpec, Lstm, Output, Recurrent};

/// A recurrent layer run over the sequence in both directions, forward then backward concatenated:
/// `[T, B, in] → [T, B, 2H]`, or `[B, 2H]`, where the backward half's last state is that at t = 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "BidirectionalKeys", into = "BidirectionalKeys")]
pub struct Bidirectional {
    /// The layer run in each direction, with parameters of its own.
    pub layer: Recurrent,
}

impl Bidirectional {
    /// Runs `layer`, an [`Lstm`] or a [`Gru`], in both directions.
    ///
    /// ```
    /// use gatefold::model::{Bidirectional, Gru};
    ///
    /// let both = Bidirectional::new(Gru::new(32).return_sequences());
    /// assert_eq!(both.layer.units(), 32);
    /// ```
    pub fn new(layer: impl Into<Recurrent>) -> Self {
        Bidirectional {
            layer: layer.into(),
        }
    }
}

impl LayerSpec for Bidirectional {
    fn output(&self, below: Output) -> Result<Output, String> {
        self.layer.output(2, below)
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        let directions = ["forward.", "backward."].into_iter();
        directions
            .flat_map(|direction| self.layer.parameters(direction, input))
            .collect()
    }
}

/// A [`Bidirectional`] as a table of keys: those of its layer, and which layer it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BidirectionalKeys {
    #[serde(default, skip_serializing_if = "CellKey::is_lstm")]
    cell: CellKey,
    units: usize,
    #[serde(default)]
    return_sequences: bool,
}

/// Which recurrent layer; left out, it is an LSTM, as in files from before there were others.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CellKey {
    #[default]
    Lstm,
    Gru,
}

impl CellKey {
    fn is_lstm(&self) -> bool {
        matches!(self, CellKey::Lstm)
    }
}

impl From<BidirectionalKeys> for Bidirectional {
    fn from(keys: BidirectionalKeys) -> Self {
        let BidirectionalKeys {
            cell,
            units,
            return_sequences,
        } = keys;
        let layer = match cell {
            CellKey::Lstm => Recurrent::Lstm(Lstm {
                units,
                return_sequences,
            }),
            CellKey::Gru => Recurrent::Gru(Gru {
                units,
                return_sequences,
            }),
        };
        Bidirectional { layer }
    }
}

impl From<Bidirectional> for BidirectionalKeys {
    fn from(Bidirectional { layer }: Bidirectional) -> Self {
        BidirectionalKeys {
            cell: match layer {
                Recurrent::Lstm(_) => CellKey::Lstm,
                Recurrent::Gru(_) => CellKey::Gru,
            },
            units: layer.units(),
            return_sequences: layer.return_sequences(),
        }
    }
}
