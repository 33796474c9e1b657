//! How parameters start: Keras 3's initialisers.

use std::collections::HashSet;

use gatefold::model::{Initialiser, Model, Parameter, Variant, initialise};
use gatefold::random::Philox;

use super::VOCABULARY;

/// The values of every parameter that starts as `wanted`, with its shape.
fn values_of(
    model: &Model,
    wanted: impl Fn(&Initialiser) -> bool,
) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let found: Vec<_> = model
        .parameters()
        .iter()
        .zip(initialise(model, 42))
        .inspect(|(parameter, values)| assert_eq!(parameter.len(), values.len()))
        .filter(|(parameter, _)| wanted(&parameter.initialiser))
        .map(|(parameter, values)| (parameter.name.clone(), parameter.shape.clone(), values))
        .collect();
    assert!(!found.is_empty());
    found
}

/// Bounds, mean and variance of U(−limit, limit), within five standard errors.
fn check_uniform(name: &str, values: &[f32], limit: f64) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let square = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / count;
    let variance = limit * limit / 3.0;
    // The variance of x² is E x⁴ − (E x²)² = limit⁴·(1/5 − 1/9).
    let of_square = limit.powi(4) * (1.0 / 5.0 - 1.0 / 9.0);
    assert!(
        mean.abs() < 5.0 * (variance / count).sqrt(),
        "{name}: mean {mean}"
    );
    assert!(
        (square - variance).abs() < 5.0 * (of_square / count).sqrt(),
        "{name}: variance {square}, expected {variance}"
    );
    let largest = values
        .iter()
        .fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
    assert!(largest <= limit * (1.0 + 1e-6), "{name}: {largest}");
}

#[test]
fn embedding_starts_uniform_within_a_twentieth() {
    let model = Variant::Baseline.model(VOCABULARY).unwrap();
    for (name, _, values) in values_of(&model, |i| matches!(i, Initialiser::Uniform { .. })) {
        check_uniform(&name, &values, 0.05);
    }
}

#[test]
fn kernels_start_glorot_uniform() {
    let model = Variant::Dropout.model(VOCABULARY).unwrap();
    let kernels = values_of(&model, |i| *i == Initialiser::GlorotUniform);
    assert_eq!(kernels.len(), 6);
    for (name, shape, values) in kernels {
        check_uniform(&name, &values, (6.0 / (shape[0] + shape[1]) as f64).sqrt());
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The rows of a row-major matrix, or its columns where these are fewer.
fn short_side(shape: &[usize], values: &[f32]) -> Vec<Vec<f64>> {
    let (rows, columns) = (shape[0], shape[1]);
    let at = |row: usize, column: usize| f64::from(values[row * columns + column]);
    if rows < columns {
        (0..rows)
            .map(|row| (0..columns).map(|column| at(row, column)).collect())
            .collect()
    } else {
        (0..columns)
            .map(|column| (0..rows).map(|row| at(row, column)).collect())
            .collect()
    }
}

fn check_orthonormal(name: &str, vectors: &[Vec<f64>]) {
    for (place, a) in vectors.iter().enumerate() {
        for b in &vectors[..place] {
            assert!(dot(a, b).abs() < 1e-6, "{name}: {}", dot(a, b));
        }
        assert!((dot(a, a) - 1.0).abs() < 1e-6, "{name}: {}", dot(a, a));
    }
}

#[test]
fn recurrent_kernels_start_with_orthonormal_rows() {
    let model = Variant::Dropout.model(VOCABULARY).unwrap();
    let kernels = values_of(&model, |i| *i == Initialiser::Orthogonal);
    assert_eq!(kernels.len(), 4);
    for (name, shape, values) in kernels {
        let vectors = short_side(&shape, &values);
        assert_eq!(vectors.len(), shape[0]);
        check_orthonormal(&name, &vectors);
    }
}

/// Q of A = Q·R with a positive diagonal of R is the only orthonormal basis whose vector i has no
/// part in the columns of A before i, and a positive one in column i.
#[test]
fn orthogonal_start_is_q_of_a_normal_matrix_with_positive_diagonal() {
    for shape in [[5, 20], [20, 5], [7, 7], [1, 4], [4, 1]] {
        let parameter = Parameter {
            name: format!("{shape:?}"),
            shape: shape.to_vec(),
            initialiser: Initialiser::Orthogonal,
        };
        let values = parameter.initial_values(&mut Philox::new(3, 3));
        let basis = short_side(&shape, &values);
        check_orthonormal(&parameter.name, &basis);

        let mut random = Philox::new(3, 3);
        let (long, short) = (shape[0].max(shape[1]), shape[0].min(shape[1]));
        for column in 0..short {
            let normal: Vec<f64> = (0..long).map(|_| random.normal()).collect();
            assert!(dot(&basis[column], &normal) > 0.0, "{shape:?}: {column}");
            for later in &basis[column + 1..] {
                assert!(dot(later, &normal).abs() < 1e-6, "{shape:?}: {column}");
            }
        }
    }
}

#[test]
fn biases_start_at_zero_but_for_the_forget_gate() {
    let model = Variant::Bidirectional.model(VOCABULARY).unwrap();
    for (name, _, values) in values_of(&model, |i| *i == Initialiser::UnitForgetBias) {
        let expected: Vec<f32> = [[0.0; 64], [1.0; 64], [0.0; 64], [0.0; 64]].concat();
        assert_eq!(values, expected, "{name}");
    }
    for (name, _, values) in values_of(&model, |i| *i == Initialiser::Zeros) {
        assert!(values.iter().all(|&value| value == 0.0), "{name}");
    }
}

#[test]
fn initial_values_depend_on_the_seed_and_differ_between_parameters() {
    let model = Variant::Bidirectional.model(50).unwrap();
    let first = initialise(&model, 1);
    assert_eq!(first, initialise(&model, 1));
    let other = initialise(&model, 2);
    let mut beginnings = HashSet::new();
    for ((parameter, one), two) in model.parameters().iter().zip(&first).zip(&other) {
        if !matches!(
            parameter.initialiser,
            Initialiser::Zeros | Initialiser::UnitForgetBias
        ) {
            assert_ne!(one, two, "{}", parameter.name);
            let signs: Vec<bool> = one.iter().take(64).map(|value| *value > 0.0).collect();
            assert!(
                beginnings.insert(signs),
                "{} starts as another parameter does",
                parameter.name
            );
        }
    }
}
