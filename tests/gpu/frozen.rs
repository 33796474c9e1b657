//! A frozen embedding: no step changes a bit of it, whatever the optimiser, and norms and clipping leave it out. That the
//! others get what Keras gives them, the fixture `frozen_embedding` tells.

use gatefold::model::initialise;
use gatefold::plan::{Adam, Gradients, Optimiser, Sgd, names};
use gatefold::random::Philox;
use gatefold::reference::clip::global_norm;
use gatefold::train::Session;

use crate::support::device;
use crate::support::models::{other_optimisers, random_batch, recurrent};
use crate::support::numbers::double;

#[test]
fn no_optimiser_changes_it_and_norms_leave_it_out() {
    let random = &mut Philox::new(131, 0);
    let model = recurrent(6, false, &[(8, 2)]);
    let model = model.with_frozen_embedding().unwrap();
    let start = initialise(&model, 3);
    let batches: Vec<_> = (0..2).map(|_| random_batch(6, 3, random)).collect();
    let decay = Some(0.5);
    let mut optimisers = other_optimisers();
    optimisers.extend::<[Optimiser; 3]>([
        Adam::new(1e-3).into(),
        Adam {
            weight_decay: decay,
            ..Adam::new(1e-2)
        }
        .into(),
        Sgd {
            weight_decay: decay,
            ..Sgd::new(1e-2)
        }
        .into(),
    ]);
    for limits in device::forms(&device::open()) {
        for &optimiser in &optimisers {
            let limits = limits.clone();
            let mut session =
                Session::new(device::open(), model.clone(), limits, &start, optimiser, 5).unwrap();
            let gradients = Gradients {
                clip_norm: Some(0.01),
                measure_norm: true,
                measure_layer_norms: true,
            };
            session.set_gradients(gradients).unwrap();
            let layers: Vec<String> = session.trainable_layers().map(str::to_owned).collect();
            assert_eq!(layers, ["bidirectional", "dense", "dense_1"]);
            for batch in &batches {
                session.train(batch).unwrap();
                let found = session.drain().unwrap().remove(0);
                let read = session.tensors(names::GRADIENTS).unwrap();
                let read: Vec<_> = read.iter().map(|tensor| double(tensor)).collect();
                assert!(read[0].iter().all(|&number| number == 0.0));
                let norm = global_norm(&read);
                let told = f64::from(found.gradient_norm.unwrap());
                assert!((told - norm).abs() <= 1e-6 * norm, "{told} {norm}");
                assert_eq!(found.layer_norms.len(), layers.len());
            }
            let end = session.parameters().unwrap();
            assert_eq!(end[0], start[0], "{optimiser:?}");
            for (parameter, (end, start)) in model
                .parameters()
                .iter()
                .zip(end.iter().zip(&start))
                .skip(1)
            {
                assert_ne!(end, start, "{optimiser:?}: {}", parameter.name);
            }
        }
    }
}
