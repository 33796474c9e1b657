//! Where training starts: Keras 3's initialisers, drawn from the run's seed.

use super::parameters::{Initialiser, Parameter};
use super::spec::Model;
use crate::random::{Philox, Stream};

/// The initial values of every parameter, row-major, in the order of [`Model::parameters`].
///
/// Each parameter draws from a stream of its own, so a layer added on top changes none below it.
pub fn initialise(model: &Model, seed: u64) -> Vec<Vec<f32>> {
    model
        .parameters()
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let stream = Stream::Initialiser {
                parameter: index as u32,
            };
            parameter.initial_values(&mut Philox::new(seed, stream.id()))
        })
        .collect()
}

impl Parameter {
    /// Values drawn as its initialiser says, row-major.
    pub fn initial_values(&self, random: &mut Philox) -> Vec<f32> {
        let elements = self.len();
        match self.initialiser {
            Initialiser::Zeros => vec![0.0; elements],
            Initialiser::Ones => vec![1.0; elements],
            Initialiser::Uniform { limit } => uniform(elements, limit, random),
            Initialiser::GlorotUniform => {
                let (rows, columns) = matrix(&self.shape);
                let limit = (6.0 / (rows as f64 + columns as f64)).sqrt() as f32;
                uniform(elements, limit, random)
            }
            Initialiser::Orthogonal => {
                let (rows, columns) = matrix(&self.shape);
                orthogonal(rows, columns, random)
            }
            Initialiser::UnitForgetBias => {
                let units = elements / 4;
                let mut bias = vec![0.0; elements];
                bias[units..2 * units].fill(1.0);
                bias
            }
        }
    }
}

/// Rows and columns of `shape`, all axes but the last counted as rows.
fn matrix(shape: &[usize]) -> (usize, usize) {
    match shape.split_last() {
        Some((&columns, rows)) => (rows.iter().product(), columns),
        None => (1, 1),
    }
}

/// U(−limit, limit).
fn uniform(elements: usize, limit: f32, random: &mut Philox) -> Vec<f32> {
    (0..elements)
        .map(|_| limit * (2.0 * random.unit_f32() - 1.0))
        .collect()
}

/// A matrix `[rows, columns]` with orthonormal columns, or rows where these are fewer, uniformly
/// distributed over all such: Q of a normal matrix's QR decomposition with R's diagonal positive.
fn orthogonal(rows: usize, columns: usize, random: &mut Philox) -> Vec<f32> {
    let (long, short) = (rows.max(columns), rows.min(columns));
    let normal = (0..short)
        .map(|_| (0..long).map(|_| random.normal()).collect())
        .collect();
    let vectors = orthonormalise(normal);
    let mut values = vec![0.0; rows * columns];
    for (index, vector) in vectors.iter().enumerate() {
        for (place, &value) in vector.iter().enumerate() {
            let (row, column) = if rows < columns {
                (index, place)
            } else {
                (place, index)
            };
            values[row * columns + column] = value as f32;
        }
    }
    values
}

/// Q of the QR decomposition with a positive diagonal of R, by Householder reflections. Columns in,
/// columns out.
///
/// # Source
/// Golub and Van Loan, "Matrix Computations", 5.2.
fn orthonormalise(mut columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut negative = vec![false; columns.len()];
    for k in 0..columns.len() {
        let (done, rest) = columns.split_at_mut(k + 1);
        // The column becomes the reflection's unit vector, with zeros above k.
        let column = &mut done[k];
        column[..k].fill(0.0);
        let norm = dot(column, column).sqrt();
        // R's diagonal has the sign that avoids cancellation, the opposite of the column's.
        negative[k] = column[k] > 0.0;
        column[k] += if negative[k] { norm } else { -norm };
        let length = dot(column, column).sqrt();
        if length > 0.0 {
            column.iter_mut().for_each(|value| *value /= length);
        }
        for other in rest {
            reflect(&done[k], other);
        }
    }
    (0..columns.len())
        .map(|index| {
            let mut vector = vec![0.0; columns[index].len()];
            vector[index] = if negative[index] { -1.0 } else { 1.0 };
            // Later reflections leave this unit vector as it is.
            for reflection in columns[..=index].iter().rev() {
                reflect(reflection, &mut vector);
            }
            vector
        })
        .collect()
}

/// Reflects `vector` at the plane with the unit normal `normal`.
fn reflect(normal: &[f64], vector: &mut [f64]) {
    let along = 2.0 * dot(normal, vector);
    for (value, part) in vector.iter_mut().zip(normal) {
        *value -= along * part;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
