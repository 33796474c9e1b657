//! Values of single twins: limits, hand-made cases, agreement between one another.

use gatefold::reference::adam::Adam;
use gatefold::reference::dropout::{Draw, factors};
use gatefold::reference::gru;
use gatefold::reference::lstm;
use gatefold::reference::recurrence::Run;
use gatefold::reference::{activations, embedding, loss, matmul};

use super::{assert_close, uniform};

#[test]
fn lstm_follows_its_formula_for_one_unit() {
    let (z, u) = (uniform(1, 8, 2.0), uniform(2, 4, 2.0));
    let [mut h, mut c] = [0.0f64; 2];
    let tape = lstm::forward(
        &Run {
            steps: 2,
            batch: 1,
            units: 1,
            reverse: true,
            keep: None,
        },
        &z,
        &u,
    );
    for t in [1, 0] {
        let a: Vec<f64> = (0..4).map(|gate| z[4 * t + gate] + h * u[gate]).collect();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        c = sigmoid(a[1]) * c + sigmoid(a[0]) * a[2].tanh();
        h = sigmoid(a[3]) * c.tanh();
        assert_close(&[tape.h[t], tape.c[t]], &[h, c], "state");
    }
}

#[test]
fn lstm_stays_finite_at_pre_activations_of_200() {
    for (sign, state) in [(200.0, 5.0), (-200.0, 0.0)] {
        let run = Run {
            steps: 5,
            batch: 1,
            units: 2,
            reverse: false,
            keep: None,
        };
        let tape = lstm::forward(&run, &[sign; 40], &[0.0; 16]);
        // With every gate open c counts the steps; with every gate shut nothing gets in.
        assert!((tape.c[9] - state).abs() < 1e-12 && (tape.h[9] - state.tanh()).abs() < 1e-12);
        let d_z = lstm::backward(&run, &[0.0; 16], &tape, &[1.0; 10]);
        assert!(d_z.iter().all(|d| d.is_finite() && d.abs() < 1e-12));
    }
}

#[test]
fn gru_follows_its_formula_for_one_unit() {
    let (x, u, b) = (uniform(1, 6, 2.0), uniform(2, 3, 2.0), uniform(3, 3, 2.0));
    let run = Run {
        steps: 2,
        batch: 1,
        units: 1,
        reverse: true,
        keep: None,
    };
    let tape = gru::forward(&run, &x, &u, &b);
    let mut h = 0.0f64;
    for t in [1, 0] {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let i: Vec<f64> = (0..3).map(|gate| h * u[gate] + b[gate]).collect();
        let (z, r) = (sigmoid(x[3 * t] + i[0]), sigmoid(x[3 * t + 1] + i[1]));
        h = z * h + (1.0 - z) * (x[3 * t + 2] + r * i[2]).tanh();
        assert_close(&[tape.h[t], tape.inner[t]], &[h, i[2]], "state");
    }
}

#[test]
fn gru_keeps_or_replaces_its_state_at_pre_activations_of_200() {
    let run = Run {
        steps: 5,
        batch: 1,
        units: 1,
        reverse: false,
        keep: None,
    };
    // An open update gate keeps the 0 that it starts with, a shut one takes the candidate, which is 1.
    for (gate, state) in [(200.0, 0.0), (-200.0, 1.0)] {
        let tape = gru::forward(&run, &[gate, 0.0, 200.0].repeat(5), &[0.0; 3], &[0.0; 3]);
        assert!((tape.h[4] - state).abs() < 1e-12, "{}", tape.h[4]);
        let d = gru::backward(&run, &[0.0; 3], &tape, &[1.0; 5]);
        let mut all = d.input.iter().chain(&d.inner);
        assert!(all.all(|d| d.is_finite() && d.abs() < 1e-12));
    }
}

#[test]
fn activations_hold_their_limits_and_derivatives() {
    assert_eq!(activations::sigmoid(200.0), 1.0);
    assert_close(
        &[activations::sigmoid(-200.0)],
        &[(-200.0f64).exp()],
        "sigmoid(-200)",
    );
    assert_eq!([-200.0, 200.0].map(activations::tanh), [-1.0, 1.0]);
    assert_eq!(
        [-200.0, 0.0, 200.0].map(activations::relu),
        [0.0, 0.0, 200.0]
    );
    assert_eq!([0.0, 1e-300].map(activations::relu_derivative), [0.0, 1.0]);
    for x in uniform(1, 50, 6.0) {
        let slope = |f: fn(f64) -> f64| (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;
        let sigmoid = activations::sigmoid_derivative(activations::sigmoid(x));
        let tanh = activations::tanh_derivative(activations::tanh(x));
        assert!(
            (sigmoid - slope(activations::sigmoid)).abs() < 1e-10,
            "sigmoid at {x}"
        );
        assert!(
            (tanh - slope(activations::tanh)).abs() < 1e-10,
            "tanh at {x}"
        );
        assert!((activations::sigmoid(x) + activations::sigmoid(-x) - 1.0).abs() < 1e-15);
    }
}

#[test]
fn products_agree_with_each_other() {
    let (m, n, k) = (3, 5, 4);
    let (a, b) = (uniform(1, m * k, 1.0), uniform(2, k * n, 1.0));
    let transposed = |x: &[f64], rows: usize, columns: usize| -> Vec<f64> {
        (0..columns)
            .flat_map(|j| (0..rows).map(move |i| x[i * columns + j]))
            .collect()
    };
    let product = matmul::a_b(&a, &b, None, m, n, k);
    assert_close(
        &[product[n + 2]],
        &[(0..k).map(|l| a[k + l] * b[l * n + 2]).sum()],
        "[1, 2]",
    );
    assert_close(
        &matmul::at_b(&transposed(&a, m, k), &b, m, n, k),
        &product,
        "at_b",
    );
    assert_close(
        &matmul::a_bt(&a, &transposed(&b, k, n), m, n, k),
        &product,
        "a_bt",
    );
    let bias = uniform(3, n, 1.0);
    let added: Vec<f64> = product
        .iter()
        .enumerate()
        .map(|(e, x)| x + bias[e % n])
        .collect();
    assert_close(&matmul::a_b(&a, &b, Some(&bias), m, n, k), &added, "bias");
    let ones = vec![1.0; m];
    let sums = matmul::column_sums(&product, n);
    assert_close(
        &sums,
        &matmul::a_b(&ones, &product, None, 1, n, m),
        "column sums",
    );
}

#[test]
fn segment_sums_scattered_are_the_gradient_of_gather() {
    let ids = [4, 2, 4, 0, 4, 2];
    let d_out = uniform(1, ids.len() * 3, 1.0);
    let direct = embedding::gather_gradient(&d_out, &ids, 6, 3);
    let mut sums = vec![f64::NAN; 9];
    let (starts, rows, targets) = ([0, 3, 4, 6], [0, 2, 4, 3, 1, 5], [2, 0, 1]);
    embedding::segment_sums(&d_out, 3, &starts, &rows, &targets, &mut sums);
    assert_close(
        &embedding::scatter_rows(&sums, &[0, 2, 4], 6, 3),
        &direct,
        "scattered",
    );
    assert_eq!(embedding::gather(&direct, &[5, 1], 3), [0.0; 6]);
}

#[test]
fn dropout_keeps_its_share_and_depends_on_every_part_of_its_key() {
    let draw = Draw {
        seed: 1 << 40,
        step: 1 << 40,
        layer: 3,
    };
    let mask = factors(draw, 0.3, 100_000);
    let kept = mask.iter().filter(|&&f| f != 0.0).count() as f64 / 1e5;
    assert!((kept - 0.7).abs() < 5.0 * (0.21f64 / 1e5).sqrt(), "{kept}");
    let scale = 1.0 / (1.0 - f64::from(0.3f32));
    assert!(mask.iter().all(|&f| f == 0.0 || f == scale));
    assert_eq!(mask, factors(draw, 0.3, 100_000));
    let others = [
        Draw { seed: 0, ..draw },
        Draw {
            seed: draw.seed + 1,
            ..draw
        },
        Draw { step: 0, ..draw },
        Draw {
            step: draw.step + 1,
            ..draw
        },
        Draw { layer: 4, ..draw },
    ];
    for other in others {
        assert_ne!(mask, factors(other, 0.3, 100_000), "{other:?}");
    }
}

#[test]
fn loss_clips_and_counts_as_keras_does() {
    let (p, y) = ([0.8, 0.3, 0.0, 1.0], [1.0, 0.0, 1.0, 1.0]);
    let expected = -(0.8f64.ln() + 0.7f64.ln() + 1e-7f64.ln() + (1.0 - 1e-7f64).ln()) / 4.0;
    assert_close(
        &[loss::binary_cross_entropy(&p, &y, &[1.0; 4])],
        &[expected],
        "loss",
    );
    let gradient = loss::binary_cross_entropy_gradient(&p, &y, &[1.0; 4]);
    assert_close(
        &gradient,
        &[-1.0 / 0.8 / 4.0, 1.0 / 0.7 / 4.0, 0.0, 0.0],
        "gradient",
    );
    // 0.5 is not above the threshold.
    assert_eq!(
        loss::accuracy(&[0.5, 0.6, 0.4, 0.6], &[0.0, 1.0, 1.0, 1.0]),
        0.75
    );
}

#[test]
fn adam_moves_by_the_learning_rate_and_goes_on_without_a_gradient() {
    let adam = Adam::default();
    let (mut w, mut m, mut v) = ([0.0; 3], [0.0; 3], [0.0; 3]);
    adam.update(1, &mut w, &[5.0, -1e-3, 0.0], &mut m, &mut v);
    assert!(
        (w[0] + 1e-4).abs() < 1e-9 && (w[1] - 1e-4).abs() < 1e-6 && w[2] == 0.0,
        "{w:?}"
    );
    assert_close(&m, &[0.5, -1e-4, 0.0], "m");
    assert_close(&v, &[0.025, 1e-9, 0.0], "v");
    // The betas as f32 make the first step 6.7e-6 smaller.
    assert!((adam.step_size(1) / (1e-4 * 0.001f64.sqrt() / 0.1) - 1.0 + 6.68e-6).abs() < 1e-8);
    let before = w[0];
    adam.update(2, &mut w, &[0.0; 3], &mut m, &mut v);
    let expected = before - adam.step_size(2) * 0.45 / (0.024975f64.sqrt() + 1e-7);
    assert_close(
        &[w[0], m[0], v[0]],
        &[expected, 0.45, 0.024975],
        "second step",
    );
}
