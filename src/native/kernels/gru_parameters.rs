//! Gradients of a GRU's parameters, from sums over four columns a unit.

use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::GruParametersDims;

/// Of da_z, da_r, da_g and di_g the input's parameters take z, r and da_g, the state's z, r and di_g. Fourth numbers are 0.
pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: GruParametersDims = work.dims()?;
    let width = (dims.directions * dims.units) as usize;
    let (inputs, units) = (dims.inputs as usize, dims.units as usize);
    let sums = work.bindings.read(0)?.as_chunks::<4>().0;
    let d_kernel = work.bindings.take(1)?.as_chunks_mut::<4>().0;
    let d_recurrent_kernel = work.bindings.take(2)?.as_chunks_mut::<4>().0;
    let d_bias = work.bindings.take(3)?.as_chunks_mut::<4>().0;
    for d in &mut d_kernel[..width * inputs] {
        *d = of_input(*d);
    }
    for d in &mut d_recurrent_kernel[..width * units] {
        *d = of_state(*d);
    }
    for (n, sums) in sums[..width].iter().enumerate() {
        d_bias[n] = of_input(*sums);
        d_bias[width + n] = of_state(*sums);
    }
    Ok(())
}

fn of_input([z, r, a, _]: [f32; 4]) -> [f32; 4] {
    [z, r, a, 0.0]
}

fn of_state([z, r, _, i]: [f32; 4]) -> [f32; 4] {
    [z, r, i, 0.0]
}
