//! Gradients of whole models against central differences, which notice a broken one.

use gatefold::model::{AttentionPooling, Dense, Lstm, Model, Sequential};
use gatefold::reference::network::{Masks, forward};

use super::super::assert_close;
use super::{LABELS, Rows, TEXTS, embedding_of, parameters, run, tiny_models};

/// Compares every element of `gradients` with central differences, at the best of several steps.
fn check_gradients(
    model: &Model,
    parameters: &[Vec<f64>],
    rows: &Rows,
    masks: Masks,
    gradients: &[Vec<f64>],
) -> Result<(), String> {
    let mut moved = parameters.to_vec();
    for (n, parameter) in model.parameters().iter().enumerate() {
        for e in 0..parameter.len() {
            let value = parameters[n][e];
            let error = [1e-3, 1e-4, 1e-5, 1e-6]
                .map(|step| {
                    let [above, below] = [value + step, value - step].map(|shifted| {
                        moved[n][e] = shifted;
                        forward(model, &moved, &rows.batch(), masks).loss
                    });
                    ((above - below) / (2.0 * step) - gradients[n][e]).abs()
                })
                .into_iter()
                .fold(f64::INFINITY, f64::min);
            moved[n][e] = value;
            if error > 1e-10 + 1e-6 * gradients[n][e].abs() {
                let place = format!("{} {}[{e}]", model.name(), parameter.name);
                return Err(format!(
                    "{place}: {} is off by {error:.1e}",
                    gradients[n][e]
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn gradients_agree_with_finite_differences() {
    let rows = Rows::new(&TEXTS, &LABELS);
    for mask in [false, true] {
        for model in tiny_models(mask) {
            let parameters = parameters(&model);
            for masks in [Masks::Off, Masks::Drawn { seed: 5, step: 2 }] {
                let (_, gradients) = run(&model, &parameters, &rows, masks);
                for (gradient, parameter) in gradients.iter().zip(model.parameters()) {
                    let largest = gradient.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
                    let name = &parameter.name;
                    assert!(
                        largest > 1e-5,
                        "{} {name}: only {largest:.1e}",
                        model.name()
                    );
                }
                check_gradients(&model, &parameters, &rows, masks, &gradients).unwrap();
            }
        }
    }
}

/// A model of three classes, on a pooled sequence.
fn classifier() -> Model {
    Sequential::new("classes")
        .add(embedding_of(true))
        .add(Lstm::new(3).return_sequences())
        .add(AttentionPooling::new(2))
        .add(Dense::new(3).softmax())
        .build()
        .unwrap()
}

#[test]
fn gradients_of_a_softmax_agree_with_finite_differences() {
    let (model, rows) = (classifier(), Rows::new(&TEXTS, &[2.0, 0.0, 1.0]));
    let parameters = parameters(&model);
    let (result, gradients) = run(&model, &parameters, &rows, Masks::Off);
    check_gradients(&model, &parameters, &rows, Masks::Off, &gradients).unwrap();
    for row in result.probabilities.chunks_exact(3) {
        assert_close(&[row.iter().sum()], &[1.0], "the sum of a row");
    }
    let mut wrong = gradients;
    wrong.last_mut().unwrap()[1] *= 1.001;
    assert!(check_gradients(&model, &parameters, &rows, Masks::Off, &wrong).is_err());
}

#[test]
fn finite_differences_notice_a_broken_gradient() {
    let model = &tiny_models(false)[0];
    let parameters = parameters(model);
    let rows = Rows::new(&TEXTS, &LABELS);
    let (_, right) = run(model, &parameters, &rows, Masks::Off);
    let broken = |breakage: &dyn Fn(&mut Vec<Vec<f64>>)| {
        let mut gradients = right.clone();
        breakage(&mut gradients);
        check_gradients(model, &parameters, &rows, Masks::Off, &gradients).is_err()
    };
    assert!(!broken(&|_| ()));
    assert!(
        broken(&|g| g[0][5] = 0.0),
        "one element of the embedding missing"
    );
    assert!(
        broken(&|g| g[1][7] *= 1.00001),
        "one element of the kernel slightly off"
    );
    assert!(
        broken(&|g| g[2].swap(0, 3)),
        "two gates of the recurrent kernel swapped"
    );
    assert!(
        broken(&|g| g[3].iter_mut().for_each(|x| *x = -*x)),
        "sign of the bias"
    );
}
