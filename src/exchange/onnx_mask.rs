//! Which ids are tokens, in an ONNX graph of a model that masks padding.
//!
//! ONNX's recurrent operators know how long each sequence is, not where it begins. So the tokens of each review are
//! put first, in their order, and the padding behind them, wherever it stood: masked timesteps change no state, so
//! that only a maximum over time can tell the difference, and that by [`Mask::leading`].

use super::onnx_graph::{Builder, INPUT, Mask, int, ints};
use super::onnx_messages::{INT32, INT64, Node};

impl Builder {
    /// Puts the tokens of each review before its padding. What it gives are the ids, int64 `[batch, length]`, and where
    /// each was.
    pub(super) fn tokens_first(&mut self) -> [String; 2] {
        let zero = self.integers("zero", &[0]);
        self.node("Equal", &[INPUT, &zero], "is_zero", []);
        // [length], and the same as a number.
        let second = [int("start", 1), int("end", 2)];
        self.node("Shape", &[INPUT], "length", second);
        self.node("Squeeze", &["length"], "steps", []);
        let (first, step) = (
            self.integer("first_place", 0),
            self.integer("next_place", 1),
        );
        self.node("Range", &[&first, "steps", &step], "places", []);
        // Padding comes `length` places later than it stands, in its order as well.
        let to_integers = [int("to", INT64.into())];
        self.node("Cast", &["is_zero"], "zeros", to_integers);
        self.node("Mul", &["zeros", "steps"], "delay", []);
        self.node("Add", &["places", "delay"], "order", []);
        self.nodes.push(Node {
            input: vec!["order".to_string(), "length".to_string()],
            output: vec!["sorted_order".to_string(), "was_at".to_string()],
            name: "was_at/TopK".to_string(),
            op_type: "TopK".to_string(),
            attribute: vec![int("axis", 1), int("largest", 0), int("sorted", 1)],
        });
        let along_time = [int("axis", 1)];
        self.node(
            "GatherElements",
            &[INPUT, "was_at"],
            "tokens_first",
            along_time,
        );
        ["tokens_first", "was_at"].map(str::to_string)
    }

    /// The mask of ids whose tokens come first.
    pub(super) fn mask(&mut self, [ids, was_at]: &[String; 2]) -> Mask {
        let zero = self.integers("padding", &[0]);
        let axis = self.integers("time_axis", &[1]);
        self.node("Equal", &[ids, &zero], "is_padding", []);
        self.node("Not", &["is_padding"], "is_token", []);
        let to_integers = [int("to", INT32.into())];
        self.node("Cast", &["is_token"], "tokens", to_integers);
        let keep = [int("keepdims", 0)];
        self.node("ReduceSum", &["tokens", &axis], "lengths", keep);
        let tokens = self.by_position("is_token");
        // A maximum alone shows what stands at padding.
        let leading = self.shows_padding.then(|| {
            let by_time = [ints("perm", &[1, 0])];
            self.node("Transpose", &[was_at], "was_at_by_time", by_time);
            let first = self.integers("first_step", &[0]);
            self.node("Gather", &["was_at_by_time", &first], "first_token", []);
            self.node(
                "Less",
                &["was_at_by_time", "first_token"],
                "is_leading_by_time",
                [],
            );
            self.unsqueezed("is_leading_by_time", "is_leading_by_position", 2)
        });
        Mask {
            lengths: "lengths".to_string(),
            tokens,
            leading,
        }
    }

    /// `[batch, length]` as `[length, batch, 1]`.
    fn by_position(&mut self, name: &str) -> String {
        let by_time = format!("{name}_by_time");
        self.node("Transpose", &[name], &by_time, [ints("perm", &[1, 0])]);
        self.unsqueezed(&by_time, &format!("{name}_by_position"), 2)
    }

    /// The same with one more axis, of size 1.
    pub(super) fn unsqueezed(&mut self, name: &str, gives: &str, axis: i64) -> String {
        let axis = self.integers(&format!("{gives}/axis"), &[axis]);
        self.node("Unsqueeze", &[name, &axis], gives, []);
        gives.to_string()
    }
}
