//! Sigmoid, tanh and relu, and their derivatives as functions of the **result**.
//!
//! The backward kernels keep results, not arguments, so each derivative is written in `y = f(x)`.

use crate::model::Activation;

/// Logistic function σ(x) = 1 / (1 + e^−x), without overflow for any finite `x`.
///
/// # Examples
/// ```
/// use gatefold::reference::activations::sigmoid;
///
/// assert_eq!(sigmoid(0.0), 0.5);
/// assert!(sigmoid(-200.0) > 0.0); // e^−200, not 0
/// ```
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

/// σ′ = y·(1 − y) where y = σ(x).
pub fn sigmoid_derivative(y: f64) -> f64 {
    y * (1.0 - y)
}

/// Hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    x.tanh()
}

/// tanh′ = 1 − y² where y = tanh(x).
pub fn tanh_derivative(y: f64) -> f64 {
    1.0 - y * y
}

/// max(x, 0).
pub fn relu(x: f64) -> f64 {
    x.max(0.0)
}

/// 1 where y = relu(x) is positive, else 0; at x = 0 it is 0, as in Keras.
pub fn relu_derivative(y: f64) -> f64 {
    if y > 0.0 { 1.0 } else { 0.0 }
}

/// What a dense layer with this activation makes of its sum `x`; a softmax is made by the loss, see
/// [`super::loss::softmax`], and leaves the sum as it is.
pub fn apply(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Linear | Activation::Softmax => x,
        Activation::Relu => relu(x),
        Activation::Sigmoid => sigmoid(x),
    }
}

/// Derivative of [`apply`] by its argument, from its result `y`.
pub fn derivative(activation: Activation, y: f64) -> f64 {
    match activation {
        Activation::Linear | Activation::Softmax => 1.0,
        Activation::Relu => relu_derivative(y),
        Activation::Sigmoid => sigmoid_derivative(y),
    }
}
