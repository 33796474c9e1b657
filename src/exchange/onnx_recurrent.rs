//! Recurrent layers in an ONNX graph.

use super::onnx_graph::{Builder, Mask, int, ints};
use super::onnx_messages::{Attribute, Node, attribute_type};
use crate::model::{Layer, Recurrent};

/// Keras's i, f, c, o as ONNX has them: i, o, f, c.
const LSTM_GATES: [usize; 4] = [0, 3, 1, 2];

/// z, r, h, in both.
const GRU_GATES: [usize; 3] = [0, 1, 2];

/// The columns of `[rows, gates, H]` as rows, gate by gate in the order `order`.
fn transposed_gates(kernel: &[f32], rows: usize, units: usize, order: &[usize]) -> Vec<f32> {
    let width = order.len() * units;
    order
        .iter()
        .flat_map(|gate| gate * units..(gate + 1) * units)
        .flat_map(|column| (0..rows).map(move |row| kernel[row * width + column]))
        .collect()
}

impl Builder {
    /// The layer's `LSTM` or `GRU`, and what makes `[length, batch, D·H]` or `[batch, D·H]` of its result.
    ///
    /// `own` has kernel `[inputs, G·H]`, recurrent kernel `[H, G·H]` and bias of each direction, for G gates: `[4·H]`
    /// of an LSTM, `[2, 3·H]` of a GRU.
    pub(super) fn recurrent(
        &mut self,
        layer: &Layer,
        cell: &Recurrent,
        directions: usize,
        own: &[Vec<f32>],
        below: &str,
        mask: Option<&Mask>,
    ) {
        let (name, units, inputs) = (&layer.name, cell.units(), layer.input_width);
        let order: &[usize] = match cell {
            Recurrent::Lstm(_) => &LSTM_GATES,
            Recurrent::Gru(_) => &GRU_GATES,
        };
        let gates = order.len() * units;
        let (mut w, mut r, mut b) = (Vec::new(), Vec::new(), Vec::new());
        for cell in own.chunks_exact(3) {
            w.extend(transposed_gates(&cell[0], inputs, units, order));
            r.extend(transposed_gates(&cell[1], units, units, order));
            // ONNX has a second bias, added with the recurrent product. Keras's LSTM has none.
            let (of_input, of_state) = cell[2].split_at(gates);
            b.extend(transposed_gates(of_input, 1, units, order));
            if of_state.is_empty() {
                b.extend(std::iter::repeat_n(0.0, gates));
            } else {
                b.extend(transposed_gates(of_state, 1, units, order));
            }
        }
        let w = self.floats(&format!("{name}/W"), &[directions, gates, inputs], w);
        let r = self.floats(&format!("{name}/R"), &[directions, gates, units], r);
        let b = self.floats(&format!("{name}/B"), &[directions, 2 * gates], b);
        let direction = if directions == 2 {
            "bidirectional"
        } else {
            "forward"
        };
        let mut input = vec![below.to_string(), w, r, b];
        input.extend(mask.map(|mask| mask.lengths.clone()));
        let (every, last) = (format!("{name}/every"), format!("{name}/last"));
        let mut attribute = vec![
            int("hidden_size", units as i64),
            Attribute {
                name: "direction".to_string(),
                s: direction.as_bytes().to_vec(),
                kind: attribute_type::STRING,
                ..Attribute::default()
            },
        ];
        if matches!(cell, Recurrent::Gru(_)) {
            // What Keras calls `reset_after`.
            attribute.push(int("linear_before_reset", 1));
        }
        let operator = cell.class_name();
        self.nodes.push(Node {
            input,
            output: vec![every.clone(), last.clone()],
            name: format!("{name}/{operator}"),
            op_type: operator.to_string(),
            attribute,
        });
        let every = match mask {
            Some(mask) if self.shows_padding => {
                self.at_padding(mask, name, [&every, &last], directions)
            }
            _ => every,
        };
        // [length, D, batch, H] or [D, batch, H]; 0 keeps a size.
        let width = (directions * units) as i64;
        let (states, order, shape): (&str, &[i64], &[i64]) = if cell.return_sequences() {
            (every.as_str(), &[0, 2, 1, 3], &[0, 0, width])
        } else {
            (last.as_str(), &[1, 0, 2], &[0, width])
        };
        let ordered = format!("{name}/by_row");
        self.node("Transpose", &[states], &ordered, [ints("perm", order)]);
        let shape = self.integers(&format!("{name}/shape"), shape);
        self.node("Reshape", &[&ordered, &shape], name, []);
    }

    /// What Keras gives at padding: the last state, but zeros before the first token, and of two directions everywhere.
    /// ONNX does not say what an operator gives there.
    fn at_padding(
        &mut self,
        mask: &Mask,
        name: &str,
        [every, last]: [&str; 2],
        directions: usize,
    ) -> String {
        let tokens = self.unsqueezed(&mask.tokens, &format!("{name}/is_token"), 1);
        let zero = self.floats(&format!("{name}/at_padding"), &[1], vec![0.0]);
        let padding = match &mask.leading {
            Some(leading) if directions == 1 => {
                let leading = self.unsqueezed(leading, &format!("{name}/is_leading"), 1);
                let state = format!("{name}/state_at_padding");
                self.node("Where", &[&leading, &zero, last], &state, []);
                state
            }
            _ => zero,
        };
        let filled = format!("{name}/filled");
        self.node("Where", &[&tokens, every, &padding], &filled, []);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_become_rows_in_the_order_of_onnx() {
        // Two inputs, two units: i0 i1 f0 f1 c0 c1 o0 o1, then the same of the second input.
        let first = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let second = first.map(|value| 10.0 * value);
        let rows = transposed_gates(&[first, second].concat(), 2, 2, &LSTM_GATES);
        let input = [1.0, 10.0, 2.0, 20.0];
        let output = [7.0, 70.0, 8.0, 80.0];
        let forget = [3.0, 30.0, 4.0, 40.0];
        let cell = [5.0, 50.0, 6.0, 60.0];
        assert_eq!(rows, [input, output, forget, cell].concat());
    }
}
