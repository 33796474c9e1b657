//! What a dense layer applies to its sums, chosen by a uniform: 0 linear, 1 relu, 2 sigmoid.

use crate::native::scalar::sigmoid;

/// The activation of a sum; NaN stays NaN.
pub(super) fn activate(sum: f32, activation: u32) -> f32 {
    match activation {
        1 if sum < 0.0 => 0.0,
        2 => sigmoid(sum),
        _ => sum,
    }
}

/// The derivative of the activation, in terms of its result y.
pub(super) fn slope(y: f32, activation: u32) -> f32 {
    match activation {
        1 => f32::from(u8::from(y > 0.0)),
        2 => y * (1.0 - y),
        _ => 1.0,
    }
}
