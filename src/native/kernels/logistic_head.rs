//! The last layer of two classes, its loss and its backward pass: see `shaders/logistic_head.wgsl`.
//!
//! # Work
//! So little that one thread does it.

use super::activation::{activate, slope};
use super::loss::{put, row_loss};
use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::HeadDims;

/// The sigmoid, among a dense layer's activations.
const SIGMOID: u32 = 2;

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: HeadDims = work.dims()?;
    let [rows, inputs, bias, weights] =
        [dims.rows, dims.inputs, dims.bias, dims.weights].map(|size| size as usize);
    let bindings = &mut work.bindings;
    let (x, parameters, batch) = (bindings.read(0)?, bindings.read(1)?, bindings.read(2)?);
    let (p, records) = (bindings.take(3)?, bindings.take_words(4)?);
    let (gradients, d_x) = (bindings.take(5)?, bindings.take(6)?);
    let kernel = &parameters[..inputs];
    let x = || x[..rows * inputs].chunks_exact(inputs);

    let (mut loss, mut right) = (0.0, 0);
    let mut d_s = vec![0.0; rows];
    for (row, x) in x().enumerate() {
        let products = x.iter().zip(kernel);
        let sum = products.fold(parameters[bias], |sum, (x, w)| sum + x * w);
        p[row] = activate(sum, SIGMOID);
        let of_row = row_loss(p[row], batch[row], batch[weights + row], dims.rows as f32);
        d_s[row] = of_row.d_p * slope(p[row], SIGMOID);
        loss -= of_row.log_likelihood;
        right += of_row.right;
    }
    put(records, dims.record, loss / f64::from(dims.rows), right);

    gradients[..inputs].fill(0.0);
    for (x, d) in x().zip(&d_s) {
        let sums = gradients.iter_mut().zip(x);
        sums.for_each(|(sum, x)| *sum += x * d);
    }
    gradients[bias] = d_s.iter().fold(0.0, |sum, d| sum + d);
    for (d_x, d) in d_x[..rows * inputs].chunks_exact_mut(inputs).zip(&d_s) {
        let d_x = d_x.iter_mut().zip(kernel);
        d_x.for_each(|(d_x, w)| *d_x = 0.0 + d * w);
    }
    Ok(())
}
