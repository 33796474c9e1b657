//! A dense layer over the rows of a batch, forward and backward.

use super::activation::{activate, slope};
use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::DenseDims;

/// y = activation(x·W + b)
pub(in crate::native) fn forward(mut work: Work<'_>) -> Result<()> {
    let dims: DenseDims = work.dims()?;
    let [rows, inputs, outputs] = sizes(&dims);
    let bindings = &mut work.bindings;
    let (x, kernel, bias) = (bindings.read(0)?, bindings.read(1)?, bindings.read(2)?);
    let y = &mut bindings.take(3)?[..rows * outputs];
    let rows = x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs));
    work.pool.each(rows.collect(), |(x, y)| {
        y.copy_from_slice(&bias[..outputs]);
        for (x, kernel) in x.iter().zip(kernel.chunks_exact(outputs)) {
            y.iter_mut().zip(kernel).for_each(|(y, w)| *y += x * w);
        }
        y.iter_mut()
            .for_each(|y| *y = activate(*y, dims.activation));
    });
    Ok(())
}

/// d_W = xᵀ·d_s, d_b = Σ over rows of d_s, and d_x = d_s·Wᵀ, with d_s = d_y·activation'(y)
pub(in crate::native) fn backward(mut work: Work<'_>) -> Result<()> {
    let dims: DenseDims = work.dims()?;
    let [rows, inputs, outputs] = sizes(&dims);
    let bindings = &mut work.bindings;
    let (x, y, d_y) = (bindings.read(0)?, bindings.read(1)?, bindings.read(2)?);
    let kernel = bindings.read(3)?;
    let d_kernel = &mut bindings.take(4)?[..inputs * outputs];
    let d_bias = &mut bindings.take(5)?[..outputs];
    let d_x = &mut bindings.take(6)?[..rows * inputs];
    let d_s = d_sums(y, d_y, rows * outputs, dims.activation);
    d_bias.fill(0.0);
    for d_s in d_s.chunks_exact(outputs) {
        d_bias.iter_mut().zip(d_s).for_each(|(sum, d)| *sum += d);
    }
    let inputs_of = d_kernel.chunks_exact_mut(outputs).enumerate();
    work.pool.each(inputs_of.collect(), |(input, d_kernel)| {
        d_kernel.fill(0.0);
        for (x, d_s) in x.chunks_exact(inputs).zip(d_s.chunks_exact(outputs)) {
            let x = x[input];
            d_kernel
                .iter_mut()
                .zip(d_s)
                .for_each(|(sum, d)| *sum += x * d);
        }
    });
    let rows = d_x.chunks_exact_mut(inputs).zip(d_s.chunks_exact(outputs));
    work.pool.each(rows.collect(), |(d_x, d_s)| {
        for (d_x, kernel) in d_x.iter_mut().zip(kernel.chunks_exact(outputs)) {
            let products = d_s.iter().zip(kernel);
            *d_x = products.fold(0.0, |sum, (d, w)| sum + d * w);
        }
    });
    Ok(())
}

fn sizes(dims: &DenseDims) -> [usize; 3] {
    [dims.rows, dims.inputs, dims.outputs].map(|size| size as usize)
}

/// The gradient of the sums, before the activation.
fn d_sums(y: &[f32], d_y: &[f32], count: usize, activation: u32) -> Vec<f32> {
    let both = y[..count].iter().zip(&d_y[..count]);
    both.map(|(&y, d_y)| d_y * slope(y, activation)).collect()
}
