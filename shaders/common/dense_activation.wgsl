// What a dense layer applies to its sums, chosen by a uniform: 0 linear, 1 relu, 2 sigmoid.

fn activate(sum: f32, activation: u32) -> f32 {
    switch activation {
        case 1u: { return select(sum, 0.0, sum < 0.0 && !is_nan(sum)); } // max could turn a NaN into 0
        case 2u: { return sigmoid(sum); }
        default: { return sum; }
    }
}

// The derivative of the activation, in terms of its result y.
fn activation_slope(y: f32, activation: u32) -> f32 {
    switch activation {
        case 1u: { return select(0.0, 1.0, y > 0.0); }
        case 2u: { return y * (1.0 - y); }
        default: { return 1.0; }
    }
}
