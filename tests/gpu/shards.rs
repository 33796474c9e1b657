//! Steps in shards: the gradients of the whole batch, whatever they are cut into, and the same bytes each time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::batch::Batch;
use gatefold::data::{Dataset, Review};
use gatefold::device::Device;
use gatefold::gpu::KernelForm;
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, names};
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::{
    EarlyStopping, FitOptions, Session, ShardTree, Snapshot, Validation, fit, resume,
};

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{VOCABULARY, classifier, on_twin, recurrent};
use crate::support::numbers::double;
use crate::support::steps::measuring;

/// Relative to the twin, norm-wise for each tensor.
const TOLERANCE: f64 = 2e-5;

const SEED: u64 = 0x0123_4567_89ab_cdef;

fn session(model: &Model, device: Device) -> Session {
    let limits = device.limits(KernelForm::Automatic).unwrap();
    let parameters = initialise(model, 5);
    Session::new(
        device,
        model.clone(),
        limits,
        &parameters,
        Adam::new(1e-2),
        SEED,
    )
    .unwrap()
}

fn reviews(count: usize, classes: u32, random: &mut Philox) -> Vec<Review> {
    let review = |_| Review {
        ids: (0..1 + random.below(12))
            .map(|_| 1 + random.below(VOCABULARY as u32 - 1))
            .collect(),
        label: random.below(classes) as u8,
    };
    (0..count).map(review).collect()
}

/// Two classes with and without a mask, each with dropout, and several classes.
fn models() -> [Model; 3] {
    [
        recurrent(5, false, &[(4, 2)]),
        recurrent(5, true, &[(4, 1), (3, 1)]),
        classifier(5),
    ]
}

#[test]
fn gradients_are_those_of_the_whole_batch() {
    let mut random = Philox::new(23, 1);
    for model in models() {
        let rows = reviews(7, model.classes() as u32, &mut random);
        let mut batch = Batch::new(&rows.iter().collect::<Vec<_>>());
        batch.weights = (0..7).map(|row| 0.5 + row as f32 / 4.0).collect();
        let parameters = initialise(&model, 5);
        let doubles = parameters.iter().map(|tensor| double(tensor)).collect();
        let twin = Network::new(&model, doubles);
        // The masks are those that the whole batch would have.
        let masks = Masks::Drawn {
            seed: SEED,
            step: 1,
        };
        let forward = twin.forward(&on_twin(&batch), masks);
        let expected = twin.backward(&on_twin(&batch), &forward);
        // Of 7 rows, 8 shards leave one without any.
        for shards in [1, 2, 3, 4, 7, 8] {
            let mut session = session(&model, device::open());
            let result = session.train_sharded(&batch, shards).unwrap();
            let error = (f64::from(result.loss) - forward.loss).abs();
            assert!(
                error <= TOLERANCE * forward.loss,
                "loss of {shards} shards: {error:e}"
            );
            assert_eq!((result.reviews, session.steps()), (7, 1));
            let found = session.tensors(names::GRADIENTS).unwrap();
            for ((parameter, found), expected) in
                model.parameters().iter().zip(&found).zip(&expected)
            {
                let error = relative_error(found, expected);
                assert!(
                    error <= TOLERANCE,
                    "{} in {shards} shards: {error:e}",
                    parameter.name
                );
            }
        }
    }
}

#[test]
fn bytes_do_not_depend_on_who_computes_which_shard() {
    let mut random = Philox::new(23, 2);
    let model = recurrent(5, false, &[(4, 2)]);
    let rows = reviews(10, 2, &mut random);
    let batches = [&rows[..6], &rows[6..]].map(|rows| Batch::new(&rows.iter().collect::<Vec<_>>()));
    let mut alone = session(&model, device::open());
    for batch in &batches {
        alone.train_sharded(batch, 4).unwrap();
    }
    // Two that hold the same parameters, each with two of the four shards, in another order.
    let mut pair = [
        session(&model, device::open()),
        session(&model, device::open()),
    ];
    for batch in &batches {
        let mut sums = [None, None, None, None];
        for shard in [3, 0, 2, 1] {
            sums[shard] = pair[shard % 2].shard_sum(batch, shard, 4).unwrap();
        }
        let mut tree = ShardTree::default();
        sums.into_iter().for_each(|sum| tree.push(sum));
        let sum = tree.finish().unwrap();
        for session in &mut pair {
            session.apply(batch, &sum).unwrap();
        }
    }
    let expected = alone.state().unwrap();
    for session in &pair {
        let state = session.state().unwrap();
        assert_eq!(state.parameters, expected.parameters);
        assert_eq!(state.slots, expected.slots);
    }
}

fn dataset() -> Arc<Dataset> {
    let mut random = Philox::new(23, 3);
    let mut demo = gatefold::data::demo().unwrap();
    // Of another vocabulary than the demo's, which the model does not look at.
    demo.train = reviews(23, 2, &mut random);
    demo.test = reviews(11, 2, &mut random);
    Arc::new(demo)
}

/// Buckets, clipping, norms, class weights, early stopping, and a last batch of 3 rows: with 4 shards one has none.
fn options(shards: usize) -> FitOptions {
    FitOptions::new()
        .epochs(3)
        .batch_size(5)
        .shards(shards)
        .bucket(true)
        .seed(4)
        .validation(Validation::All)
        .checkpoint_steps(2)
        .class_weights(vec![1.0, 3.0])
        .early_stopping(Some(EarlyStopping {
            patience: 2,
            ..EarlyStopping::default()
        }))
}

fn clipped(model: &Model) -> Session {
    measuring(session(model, device::open()))
}

#[test]
fn a_run_in_shards_is_the_same_each_time_and_near_one_without() {
    let (model, dataset) = (recurrent(5, true, &[(4, 2)]), dataset());
    let stop = AtomicBool::new(false);
    let train = |shards: usize| {
        let mut session = clipped(&model);
        let mut snapshots: Vec<Arc<Snapshot>> = Vec::new();
        let history = fit(
            &mut session,
            &dataset,
            &options(shards),
            &stop,
            &mut |event| {
                if let gatefold::train::Event::Snapshot(snapshot) = event {
                    snapshots.push(Arc::clone(snapshot));
                }
            },
        );
        let epochs = history.unwrap().epochs;
        let epochs: Vec<[f64; 4]> = epochs
            .iter()
            .map(|epoch| {
                [
                    epoch.loss,
                    epoch.val_loss,
                    epoch.accuracy,
                    epoch.gradient_norm.unwrap(),
                ]
            })
            .collect();
        (epochs, session.parameters().unwrap(), snapshots)
    };
    let (once, parameters, snapshots) = train(4);
    let (again, same, _) = train(4);
    assert_eq!((&once, &parameters), (&again, &same));
    let (whole, others, _) = train(1);
    assert_ne!(parameters, others, "shards were not used");
    for (sharded, whole) in once.iter().flatten().zip(whole.iter().flatten()) {
        assert!(
            (sharded - whole).abs() <= 1e-3 * whole.abs(),
            "{sharded} {whole}"
        );
    }
    // In the middle of an epoch.
    let from = snapshots
        .iter()
        .find(|snapshot| snapshot.position.done == 2)
        .unwrap();
    let mut session = clipped(&model);
    resume(
        &mut session,
        &dataset,
        &options(4),
        from,
        &stop,
        &mut |_| (),
    )
    .unwrap();
    assert_eq!(session.parameters().unwrap(), parameters);
}

#[test]
fn results_of_other_steps_are_not_mixed_up() {
    let mut random = Philox::new(23, 4);
    let model = recurrent(5, false, &[(4, 1)]);
    let rows = reviews(4, 2, &mut random);
    let batch = Batch::new(&rows.iter().collect::<Vec<_>>());
    let mut session = session(&model, device::open());
    session.train(&batch).unwrap();
    for result in [
        session.train_sharded(&batch, 2),
        session.evaluate_sharded(&batch, 2),
    ] {
        assert!(result.unwrap_err().to_string().contains("Session::drain"));
    }
    session.drain().unwrap();
    let trained = session.train_sharded(&batch, 2).unwrap();
    let whole = session.evaluate_sharded(&batch, 1).unwrap();
    let parts = session.evaluate_sharded(&batch, 4).unwrap();
    assert_eq!(
        (trained.reviews, whole.right, whole.reviews),
        (4, parts.right, 4)
    );
    assert!((whole.loss - parts.loss).abs() < 1e-6 && whole.loss != trained.loss);
}
