//! The processor as a device: every fixture, whole steps against the f64 network, and the same bytes however it computes.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::batch::Batch;
use gatefold::data::Dataset;
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, Clock, KernelForm};
use gatefold::model::{Bidirectional, Dense, Dropout, Embedding, Lstm, Model, Sequential};
use gatefold::model::{Variant, initialise};
use gatefold::native::Native;
use gatefold::plan::names;
use gatefold::random::Philox;
use gatefold::train::{Event, FitOptions, Session, SessionState, Snapshot, fit, resume};

use crate::support::device::{native, native_ways};
use crate::support::fixture::Fixture;
use crate::support::models::{
    all_pooled, batch_of_classes, classifier, gru, normalised, other_optimisers, random_batch,
    recurrent,
};
use crate::support::oracle;
use crate::support::steps::{check_odd_models, measuring_session};

mod kernels;
mod plans;
mod products;

#[test]
fn oracle_fixtures() {
    let mut failures = Vec::new();
    for fixture in Fixture::everywhere() {
        let native = native(2, None);
        let limits = native.limits();
        let check = oracle::run(native, &fixture, &limits);
        eprintln!(
            "{:<32} worst relative error {:.1e}",
            fixture.name, check.worst
        );
        failures.extend(check.failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn steps_of_odd_models_are_those_of_the_twin() {
    let native = native(2, None);
    let limits = native.limits();
    check_odd_models(native.into(), &limits, &mut Philox::new(81, 0));
}

/// Losses, norms, state, probabilities and contributions.
type Left = (Vec<u32>, SessionState, Vec<f32>, Vec<f64>);

fn left(native: Native, model: &Model, batches: &[Batch]) -> Left {
    let mut session = measuring_session(native, model);
    let mut figures = Vec::new();
    for batch in batches {
        session.train(batch).unwrap();
        let result = session.drain().unwrap().remove(0);
        figures.push(result.loss);
        figures.extend(result.gradient_norm);
        figures.extend(result.layer_norms);
    }
    let state = session.state().unwrap();
    let probabilities = session.predict(&batches[0]).unwrap();
    let contributions = session.explain(&batches[0], None).unwrap().contributions;
    let figures = figures.into_iter().map(f32::to_bits).collect();
    (figures, state, probabilities, contributions)
}

/// Models that have every kernel between them, of sizes that are not round.
fn varied() -> Vec<Model> {
    let mut models = vec![
        recurrent(12, true, &[(19, 2), (7, 1)]),
        recurrent(8, false, &[(33, 2)]),
        gru(12, true, &[(18, 2), (5, 1)]),
        normalised(10),
        classifier(3),
    ];
    models.extend(all_pooled(true));
    models
}

#[test]
fn threads_and_vectors_change_no_bit() {
    let random = &mut Philox::new(201, 0);
    for model in varied() {
        // More positions than a sum has parts.
        let batches = [(70, 11), (40, 1), (9, 23)]
            .map(|(length, size)| batch_of_classes(length, size, 2, random));
        let mut ways = native_ways().into_iter();
        let first = left(ways.next().unwrap(), &model, &batches);
        for way in ways {
            let what = format!("{} threads, {}", way.threads(), way.vectors());
            let other = left(way, &model, &batches);
            assert!(other == first, "{what}: {}", model.summary());
        }
    }
}

/// CRC-32C of the numbers that steps of each model leave.
///
/// They are those of an x86-64 and of an AArch64 processor. A change of a kernel's order of sums changes them, and is told in
/// the changelog: runs do not repeat across it.
#[test]
fn bytes_are_those_of_any_machine() {
    let random = &mut Philox::new(204, 0);
    let sums = varied().into_iter().map(|model| {
        let batches = [(40, 11), (9, 5)].map(|(t, b)| batch_of_classes(t, b, 2, random));
        let (figures, state, probabilities, _) = left(native(2, None), &model, &batches);
        let slots = state.slots.iter().flat_map(|slot| &slot.tensors);
        let numbers = state.parameters.iter().chain(slots).flatten();
        let bits = numbers.chain(&probabilities).map(|x| x.to_bits());
        let words = figures.into_iter().chain(bits).map(u32::to_le_bytes);
        words.fold(0, |sum, word| crc32c::crc32c_append(sum, &word))
    });
    let sums: Vec<u32> = sums.collect();
    let expected = [
        0x76df_69ea,
        0xc410_7712,
        0x589e_54f3,
        0x438b_7618,
        0x7699_c8fb,
        0xb839_65f8,
        0xd52c_925f,
        0xe78d_7ffd,
        0xdd53_bbaa,
        0x51f1_bc43,
        0x67ab_50d6,
        0xbc93_a642,
        0x23c4_a6ce,
        0x236b_9266,
    ];
    assert_eq!(sums, expected, "{sums:#010x?}");
}

#[test]
fn optimisers_are_the_same_whatever_computes() {
    let model = recurrent(6, false, &[(7, 2)]);
    let batch = random_batch(9, 4, &mut Philox::new(202, 0));
    for optimiser in other_optimisers() {
        let states = native_ways().into_iter().map(|native| {
            let limits = native.limits();
            let start = initialise(&model, 3);
            let mut session =
                Session::new(native, model.clone(), limits, &start, optimiser, 5).unwrap();
            for _ in 0..3 {
                session.train(&batch).unwrap();
            }
            session.drain().unwrap();
            session.state().unwrap()
        });
        let states: Vec<SessionState> = states.collect();
        assert!(
            states.iter().all(|state| *state == states[0]),
            "{optimiser:?}"
        );
    }
}

/// The start of the demo, and a small model of its words.
fn demo() -> (Arc<Dataset>, Model) {
    let mut demo = gatefold::data::demo().unwrap();
    demo.train.truncate(60);
    demo.test.truncate(20);
    let model = Sequential::new("small")
        .add(Embedding::new(demo.vocabulary.size(), 8))
        .add(Bidirectional::new(Lstm::new(8)))
        .add(Dropout::new(0.25))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    (Arc::new(demo), model)
}

#[test]
fn a_run_repeats_and_goes_on_from_any_snapshot() {
    let (data, model) = demo();
    let options = FitOptions::new()
        .epochs(2)
        .batch_size(10)
        .seed(3)
        .checkpoint_steps(4);
    let stop = AtomicBool::new(false);
    let run = |threads: u16| {
        let mut session = measuring_session(native(threads, None), &model);
        let mut snapshots: Vec<Arc<Snapshot>> = Vec::new();
        fit(&mut session, &data, &options, &stop, &mut |event| {
            if let Event::Snapshot(snapshot) = event {
                snapshots.push(Arc::clone(snapshot));
            }
        })
        .unwrap();
        (session.state().unwrap(), snapshots)
    };
    let (state, snapshots) = run(2);
    assert!(run(3).0 == state);
    assert_eq!(snapshots.len(), 5);
    for snapshot in &snapshots {
        let mut session = measuring_session(native(1, None), &model);
        resume(&mut session, &data, &options, snapshot, &stop, &mut |_| {}).unwrap();
        assert!(session.state().unwrap() == state);
    }
    // A device that is opened anew goes on as well.
    let mut again = measuring_session(native(2, None), &model);
    again.restore(&snapshots[0].state).unwrap();
    again.reopen().unwrap();
    again.restore(&snapshots[0].state).unwrap();
    assert!(again.state().unwrap() == snapshots[0].state);
}

#[test]
fn a_profile_times_every_dispatch_once() {
    let model = Variant::Bidirectional.model(300).unwrap();
    let mut session = measuring_session(native(2, None), &model);
    assert_eq!(session.device().clock(), Clock::Host);
    assert!(!session.calibrates());
    let batch = random_batch(20, 3, &mut Philox::new(203, 0));
    let times = session.profile_train(&batch, Clock::Host).unwrap();
    let forward = |time: &&gatefold::gpu::DispatchTime| time.kernel == "lstm_forward_portable";
    let [forward] = times.iter().filter(forward).collect::<Vec<_>>()[..] else {
        panic!("a recurrence is more than one dispatch");
    };
    assert!(forward.flops > 0 && forward.bytes > 0);
    assert!(times.is_sorted_by_key(|time| time.begin));
    assert_eq!(session.drain().unwrap().len(), 1);
    let peak = session.peak().unwrap();
    assert!(peak.gflops > 0.0 && peak.gbytes > 0.0);
}

#[test]
fn it_is_chosen_by_its_whole_name_alone() {
    let choice = |name: &str| AdapterChoice {
        name: Some(name.into()),
        threads: Some(3),
        ..AdapterChoice::default()
    };
    let device = Device::open(&choice("CPU")).unwrap();
    assert!(device.is_native() && device.is_software() && device.gpu().is_none());
    let report = device.report();
    assert_eq!((&report.name[..], &report.backend[..]), ("cpu", "native"));
    assert!(!report.driver.contains("thread") && !report.driver.contains("AVX"));
    let processor = report.processor.unwrap();
    assert_eq!(processor.threads, 3);
    assert!([1, 4, 8, 16].contains(&processor.lanes));
    assert!(
        gatefold::device::devices()
            .iter()
            .any(|device| device.name == "cpu")
    );

    let error = Device::open(&choice("Voodoo2")).err().unwrap().to_string();
    assert!(
        error.contains("Voodoo2") && error.contains("cpu (native"),
        "{error}"
    );
    for form in [
        KernelForm::Portable,
        KernelForm::Split,
        KernelForm::Subgroup,
    ] {
        let error = device.limits(form).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`KernelForm::{form:?}`")),
            "{error}"
        );
    }
    let limits = device.limits(KernelForm::Automatic).unwrap();
    assert!(limits.clone().with_row_tile(Some(4)).is_err());
    assert!(limits.with_row_tile(None).is_ok());
    let choice = AdapterChoice {
        webgpu_limits: true,
        ..choice("cpu")
    };
    assert!(Device::open(&choice).is_err());
    let choice = AdapterChoice {
        threads: Some(0),
        webgpu_limits: false,
        ..choice
    };
    let error = Device::open(&choice).err().unwrap().to_string();
    assert!(error.starts_with("`threads`: 0"), "{error}");
}

#[test]
fn buffers_are_named_as_on_an_adapter() {
    let model = recurrent(8, false, &[(8, 2)]);
    let mut session = measuring_session(native(1, None), &model);
    session
        .train(&random_batch(5, 3, &mut Philox::new(1, 0)))
        .unwrap();
    session.drain().unwrap();
    assert!(session.device().buffer_names().contains(&names::PARAMETERS));
    let mut device = session.into_device();
    assert_eq!(device.buffer_bytes(), 0);
    assert!(device.write(names::PARAMETERS, &[0; 4]).is_err());
}
