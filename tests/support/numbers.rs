//! Random numbers, and the precision of the device's.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::model::Model;
use gatefold::random::Philox;
use half::f16;

/// Half the distance from 1 to the next f32: the relative error of one rounded operation.
pub const UNIT: f64 = 5.960_464_477_539_063e-8;

/// Relative error of a number that is kept as a half: WGSL does not say to which neighbour it is rounded.
pub const HALF_UNIT: f64 = 1.0 / 1024.0;

/// The smallest normal half: what is less may be kept as 0.
pub const HALF_LEAST: f64 = 1.0 / 16384.0;

/// How many times larger gradients are kept, where they are halves.
pub const GRADIENT_SCALE: f64 = 1024.0;

/// Error of a number that is kept as a half, times `scale`; `size` bounds its magnitude.
pub fn half_error(size: f64, scale: f64) -> f64 {
    HALF_UNIT * size + HALF_LEAST / scale
}

/// The nearest numbers that are halves.
pub fn to_halves(values: &[f32]) -> Vec<f32> {
    values.iter().map(|&x| f16::from_f32(x).to_f32()).collect()
}

/// Halves as a buffer holds them, two a word.
pub fn half_words(values: &[f32]) -> Vec<u32> {
    let bits = |&x: &f32| u32::from(f16::from_f32(x).to_bits());
    let pair = |pair: &[f32]| bits(&pair[0]) | pair.get(1).map_or(0, bits) << 16;
    values.chunks(2).map(pair).collect()
}

/// Number `n` of a buffer of halves.
pub fn half_at(words: &[u32], n: usize) -> f64 {
    f16::from_bits((words[n / 2] >> (16 * (n % 2))) as u16).to_f64()
}

/// Bound of the relative error of a sum of `n` products, in whatever order, with or without fused steps:
/// (n + 2)·u of Σ|a·b|, for n ≪ 1/u. Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1.
pub fn sum_error(n: usize) -> f64 {
    (n + 2) as f64 * UNIT
}

/// Relative error that σ(x) may have.
///
/// WGSL lets exp(x) err by 3 + 2·|x| units of the last place (a unit is at most 2·u of the value), a quotient by 2.5,
/// a sum by u. With e = exp(-x), σ = 1 / (1 + e) takes over e / (1 + e) of e's relative error.
pub fn sigmoid_error(x: f64) -> f64 {
    let e = (-x).exp();
    UNIT * (2.0 * (3.0 + 2.0 * x.abs()) * e / (1.0 + e) + 2.0 * 2.5 + 1.0)
}

/// Relative error that tanh(x) may have.
///
/// tanh = (1 - e) / (1 + e), with e = exp(-2·x), takes over 2·e / (1 - e²) of e's relative error. Below 0.25 it is a
/// series: its first term left out is 0.0089·x¹⁰ < 0.15·u of the result, and the last of its steps rounds once.
pub fn tanh_error(x: f64) -> f64 {
    let x = x.abs();
    if x < 0.25 {
        return UNIT * 4.0;
    }
    let e = (-2.0 * x).exp();
    UNIT * (2.0 * (3.0 + 4.0 * x) * 2.0 * e / (1.0 - e * e) + 2.0 * 2.5 + 2.0)
}

/// `count` numbers from U(−limit, limit).
pub fn uniform(random: &mut Philox, count: usize, limit: f64) -> Vec<f32> {
    (0..count)
        .map(|_| ((2.0 * random.unit_f64() - 1.0) * limit) as f32)
        .collect()
}

/// The same numbers in f64, exactly.
pub fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

/// Magnitudes.
pub fn magnitudes(values: &[f64]) -> Vec<f64> {
    values.iter().map(|x| x.abs()).collect()
}

/// Parameters of a model: matrices from U(−s, s) with s = scale / √rows, biases from U(−0.5, 0.5).
pub fn parameters(model: &Model, random: &mut Philox, scale: f64) -> Vec<Vec<f32>> {
    let tensors = model
        .parameters()
        .iter()
        .map(|parameter| match parameter.shape[..] {
            [rows, columns] => uniform(random, rows * columns, scale / (rows as f64).sqrt()),
            _ => uniform(random, parameter.len(), 0.5),
        });
    tensors.collect()
}

/// Index of the parameter of this name.
pub fn index_of(model: &Model, name: &str) -> usize {
    let found = model
        .parameters()
        .iter()
        .position(|parameter| parameter.name == name);
    found.unwrap_or_else(|| panic!("no parameter {name}"))
}
