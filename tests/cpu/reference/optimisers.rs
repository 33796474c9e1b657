//! The twins of the optimisers against Keras's numbers, made by `tests/peers/make_optimiser_fixtures.py`.

use gatefold::reference::rmsprop::RmsProp;
use gatefold::reference::sgd::Sgd;
use serde::Deserialize;

#[derive(Deserialize)]
struct Keras {
    start: Vec<f64>,
    /// A row a step.
    gradients: Vec<Vec<f64>>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    optimiser: String,
    learning_rate: f64,
    momentum: Option<f64>,
    nesterov: Option<bool>,
    rho: Option<f64>,
    epsilon: Option<f64>,
    weight_decay: Option<f64>,
    /// After each step.
    weights: Vec<Vec<f64>>,
}

impl Run {
    /// The twin's weights after each step.
    fn repeat(&self, start: &[f64], gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let learning_rate = self.learning_rate;
        let weight_decay = self.weight_decay.unwrap_or(0.0);
        let mut w = start.to_vec();
        let (mut m, mut v) = (vec![0.0; w.len()], vec![0.0; w.len()]);
        let mut weights = Vec::new();
        for g in gradients {
            match self.optimiser.as_str() {
                "SGD" => Sgd {
                    learning_rate,
                    momentum: self.momentum.unwrap(),
                    nesterov: self.nesterov.unwrap(),
                    weight_decay,
                }
                .update(&mut w, g, &mut m),
                "RMSprop" => RmsProp {
                    learning_rate,
                    rho: self.rho.unwrap(),
                    momentum: self.momentum.unwrap(),
                    epsilon: self.epsilon.unwrap(),
                    weight_decay,
                }
                .update(&mut w, g, &mut v, &mut m),
                other => panic!("{other}"),
            }
            weights.push(w.clone());
        }
        weights
    }
}

fn keras() -> Keras {
    serde_json::from_str(include_str!("../../peers/optimisers.json")).unwrap()
}

#[test]
fn weights_after_every_step_are_kerass() {
    let Keras {
        start,
        gradients,
        runs,
    } = keras();
    assert_eq!(runs.len(), 7);
    for run in runs {
        let found = run.repeat(&start, &gradients);
        for (step, (found, expected)) in found.iter().zip(&run.weights).enumerate() {
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() <= 1e-14 * expected.abs(),
                    "{} {:?}, step {step}: {found} {expected}",
                    run.optimiser,
                    run.momentum
                );
            }
        }
    }
}

#[test]
fn defaults_are_kerass() {
    let runs = keras().runs;
    let first = |name: &str| runs.iter().find(|run| run.optimiser == name).unwrap();
    let (run, sgd) = (first("SGD"), Sgd::default());
    assert_eq!(run.learning_rate, sgd.learning_rate);
    assert_eq!(run.momentum, Some(sgd.momentum));
    assert_eq!(run.nesterov, Some(sgd.nesterov));
    let planned = gatefold::plan::Sgd::new(sgd.learning_rate);
    assert_eq!(
        (planned.momentum, planned.nesterov),
        (sgd.momentum, sgd.nesterov)
    );
    let (run, rmsprop) = (first("RMSprop"), RmsProp::default());
    assert_eq!(run.learning_rate, rmsprop.learning_rate);
    assert_eq!(run.rho, Some(rmsprop.rho));
    assert_eq!(run.momentum, Some(rmsprop.momentum));
    assert_eq!(run.epsilon, Some(rmsprop.epsilon));
    let planned = gatefold::plan::RmsProp::new(rmsprop.learning_rate);
    assert_eq!(
        (planned.rho, planned.momentum, planned.epsilon),
        (rmsprop.rho, rmsprop.momentum, rmsprop.epsilon)
    );
}
