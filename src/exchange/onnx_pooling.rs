//! Pooling over time and layer normalisation in an ONNX graph.
//!
//! What stands below is `[length, batch, width]`. Operator set 17 takes the axes of `ReduceSum` as an input, those of
//! `ReduceMax` and `ReduceMean` as an attribute.

use super::onnx_graph::{Builder, Mask, float, int, ints};
use super::onnx_messages::FLOAT;
use crate::model::{AttentionPooling, Layer, LayerNormalization};

/// A score whose exponential is 0 beside any other.
const LEAST: f32 = f32::MIN;

impl Builder {
    pub(super) fn max_pooling(&mut self, below: &str, gives: &str) {
        let over_time = [ints("axes", &[0]), int("keepdims", 0)];
        self.node("ReduceMax", &[below], gives, over_time);
    }

    /// The mean over the timesteps that are tokens; 0 of a review without one.
    pub(super) fn mean_pooling(&mut self, below: &str, gives: &str, mask: Option<&Mask>) {
        let Some(mask) = mask else {
            let over_time = [ints("axes", &[0]), int("keepdims", 0)];
            return self.node("ReduceMean", &[below], gives, over_time);
        };
        let part = |name: &str| format!("{gives}/{name}");
        let kept = self.kept(mask, gives);
        self.sum_over_time(&kept, &part("tokens"));
        let one = self.floats(&part("one"), &[1], vec![1.0]);
        self.node("Max", &[&part("tokens"), &one], &part("divisor"), []);
        self.weighted_sum(below, &kept, &part("sum"));
        self.node("Div", &[&part("sum"), &part("divisor")], gives, []);
    }

    /// The sum over time weighted by a softmax of tanh(x·W + b)·v; `own` has W `[width, A]`, b `[A]` and v `[A, 1]`.
    pub(super) fn attention_pooling(
        &mut self,
        layer: &Layer,
        attention: &AttentionPooling,
        own: &[Vec<f32>],
        below: &str,
        mask: Option<&Mask>,
    ) {
        let (gives, units) = (&layer.name, attention.units);
        let part = |name: &str| format!("{gives}/{name}");
        let shape = [layer.input_width, units];
        let kernel = self.floats(&part("kernel"), &shape, own[0].clone());
        let bias = self.floats(&part("bias"), &[units], own[1].clone());
        let context = self.floats(&part("context"), &[units, 1], own[2].clone());
        self.node("MatMul", &[below, &kernel], &part("product"), []);
        self.node("Add", &[&part("product"), &bias], &part("sum"), []);
        self.node("Tanh", &[&part("sum")], &part("u"), []);
        self.node("MatMul", &[&part("u"), &context], &part("scores"), []);
        let over_time = [int("axis", 0)];
        let Some(mask) = mask else {
            self.node("Softmax", &[&part("scores")], &part("weights"), over_time);
            return self.weighted_sum(below, &part("weights"), gives);
        };
        let least = self.floats(&part("least"), &[1], vec![LEAST]);
        let (scores, masked) = (part("scores"), part("masked_scores"));
        self.node("Where", &[&mask.tokens, &scores, &least], &masked, []);
        self.node("Softmax", &[&masked], &part("softmax"), over_time);
        // Of a review without a token the softmax is even.
        let kept = self.kept(mask, gives);
        self.node("Mul", &[&part("softmax"), &kept], &part("weights"), []);
        self.weighted_sum(below, &part("weights"), gives);
    }

    /// `own` has γ and β, `[width]` each.
    pub(super) fn layer_norm(
        &mut self,
        layer: &Layer,
        norm: &LayerNormalization,
        own: &[Vec<f32>],
        below: &str,
    ) {
        let (gives, width) = (&layer.name, layer.input_width);
        let gamma = self.floats(&format!("{gives}/gamma"), &[width], own[0].clone());
        let beta = self.floats(&format!("{gives}/beta"), &[width], own[1].clone());
        // Over the last axis, unless told otherwise.
        let epsilon = [float("epsilon", norm.epsilon)];
        self.node(
            "LayerNormalization",
            &[below, &gamma, &beta],
            gives,
            epsilon,
        );
    }

    /// 1 where there is a token, 0 at padding: f32 `[length, batch, 1]`.
    fn kept(&mut self, mask: &Mask, name: &str) -> String {
        let kept = format!("{name}/kept");
        self.node("Cast", &[&mask.tokens], &kept, [int("to", FLOAT.into())]);
        kept
    }

    /// The sum over time of `below` with `weights`, `[length, batch, 1]`.
    fn weighted_sum(&mut self, below: &str, weights: &str, gives: &str) {
        let weighted = format!("{gives}/weighted");
        self.node("Mul", &[below, weights], &weighted, []);
        self.sum_over_time(&weighted, gives);
    }

    fn sum_over_time(&mut self, below: &str, gives: &str) {
        let axis = self.integers(&format!("{gives}/axis"), &[0]);
        self.node("ReduceSum", &[below, &axis], gives, [int("keepdims", 0)]);
    }
}
