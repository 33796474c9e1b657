// Activations that stay finite and accurate over the whole range of f32.
//
//   sigmoid(x)   = 1 / (1 + e^-x)
//   tanh_safe(x) = (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x; below 0.25 its Taylor series,
//                  because the quotient cancels there
//
// The built-in tanh is not used: WGSL lets its error follow sinh/cosh, which overflow, and some Metal
// drivers return NaN above 44. Limits are set with select and not with min or clamp, which may turn a
// NaN into a number.
//
// A NaN is told by its bits and handed on: exp and log of some drivers (SwiftShader's) turn it into a number, and
// others turn x < y around to !(x >= y), which holds for a NaN.

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn sigmoid(x: f32) -> f32 {
    let bounded = select(x, -80.0, x < -80.0); // e^80 is still finite
    return select(1.0 / (1.0 + exp(-bounded)), x, is_nan(x));
}

fn tanh_safe(x: f32) -> f32 {
    let magnitude = abs(x);
    let bounded = select(magnitude, 15.0, magnitude > 15.0); // tanh(15) rounds to 1
    let e = exp(-2.0 * bounded);
    let quotient = (1.0 - e) / (1.0 + e);
    let x2 = x * x;
    let series = fma(fma(fma(fma(62.0 / 2835.0, x2, -17.0 / 315.0), x2, 2.0 / 15.0), x2, -1.0 / 3.0), x2, 1.0) * x;
    return select(select(quotient, -quotient, x < 0.0), series, magnitude < 0.25 || is_nan(x));
}

fn sigmoid4(x: vec4<f32>) -> vec4<f32> {
    return vec4(sigmoid(x.x), sigmoid(x.y), sigmoid(x.z), sigmoid(x.w));
}

fn tanh4(x: vec4<f32>) -> vec4<f32> {
    return vec4(tanh_safe(x.x), tanh_safe(x.y), tanh_safe(x.z), tanh_safe(x.w));
}
