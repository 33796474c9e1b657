//! The adapter beside the processor's own kernels: one step, an explanation and training agree to rounding.

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::gpu::KernelForm;
use gatefold::model::{Model, Variant, initialise};
use gatefold::native::{Native, NativeChoice};
use gatefold::plan::{Adam, Gradients};
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{all_pooled, gru, normalised, random_batch, recurrent};
use crate::support::numbers::double;

fn session(device: impl Into<Device>, model: &Model) -> Session {
    let device = device.into();
    let limits = device.limits(KernelForm::Automatic).unwrap();
    let start = initialise(model, 7);
    let adam = Adam::new(1e-3);
    let mut session = Session::new(device, model.clone(), limits, &start, adam, 7).unwrap();
    let gradients = Gradients {
        measure_norm: true,
        measure_layer_norms: true,
        ..Gradients::default()
    };
    session.set_gradients(gradients).unwrap();
    session
}

fn both(model: &Model) -> Option<[Session; 2]> {
    let native = Native::open(NativeChoice::default()).unwrap();
    Some([session(device::adapter()?, model), session(native, model)])
}

#[test]
fn steps_and_explanations_agree() {
    let random = &mut Philox::new(211, 0);
    let mut models = vec![
        recurrent(8, true, &[(8, 2), (12, 1)]),
        gru(6, true, &[(9, 2)]),
        normalised(8),
    ];
    models.extend(all_pooled(true));
    for model in models {
        let batch = random_batch(17, 5, random);
        let Some(both) = both(&model) else { return };
        let [adapter, native] = both.map(|mut session| {
            session.train(&batch).unwrap();
            let result = session.drain().unwrap().remove(0);
            let mut figures = vec![result.loss];
            figures.extend(result.gradient_norm);
            figures.extend(result.layer_norms);
            let explained = session.explain(&batch, None).unwrap();
            (figures, explained.contributions)
        });
        let error = relative_error(&native.0, &double(&adapter.0));
        assert!(error < 1e-5, "{error:.1e}: {}", model.summary());
        let contributions: Vec<f32> = native.1.iter().map(|&x| x as f32).collect();
        let error = relative_error(&contributions, &adapter.1);
        assert!(error < 1e-4, "{error:.1e}: {}", model.summary());
    }
}

#[test]
fn a_training_agrees() {
    let mut demo = gatefold::data::demo().unwrap();
    demo.train.truncate(100);
    let model = Variant::Dropout.model(demo.vocabulary.size()).unwrap();
    let batches: Vec<Batch> = demo
        .train
        .chunks(10)
        .map(|reviews| Batch::new(&reviews.iter().collect::<Vec<_>>()))
        .collect();
    let Some(both) = both(&model) else { return };
    let [adapter, native] = both.map(|mut session| {
        let losses = batches.iter().map(|batch| {
            session.train(batch).unwrap();
            session.drain().unwrap()[0].loss
        });
        losses.collect::<Vec<f32>>()
    });
    let error = relative_error(&native, &double(&adapter));
    assert!(error < 1e-4, "{error:.1e}: {native:?} {adapter:?}");
}
