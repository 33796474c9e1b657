//! Timing a step's dispatches: by either clock a profile runs the step as it is, and knows what it timed.

use std::time::{Duration, Instant};

use gatefold::device::Device;
use gatefold::gpu::{Clock, Gpu, KernelForm};
use gatefold::model::{Model, initialise};
use gatefold::plan::Adam;
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::device;
use crate::support::models::{random_batch, recurrent, training_plan};

fn session(gpu: Device, model: &Model) -> Session {
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    let parameters = initialise(model, 3);
    Session::new(gpu, model.clone(), limits, &parameters, Adam::new(1e-2), 0).unwrap()
}

/// The clocks that can be tried on this device: a software adapter's timestamps tell nothing, but they come.
fn clocks(gpu: &Device) -> Vec<Clock> {
    let stamped = gpu.report().timestamps && std::env::var_os("GATEFOLD_WEBGPU_LIMITS").is_none();
    match stamped {
        true => vec![Clock::SubmitAndWait, Clock::Timestamps],
        false => vec![Clock::SubmitAndWait],
    }
}

#[test]
fn a_profiled_step_trains_as_any_other() {
    let model = recurrent(5, false, &[(8, 2)]);
    let batch = random_batch(9, 4, &mut Philox::new(141, 0));
    let mut plain = session(device::open(), &model);
    for _ in 0..2 {
        plain.train(&batch).unwrap();
    }
    let results = plain.drain().unwrap();
    for clock in clocks(&device::open()) {
        let mut timed = session(device::open(), &model);
        timed.train(&batch).unwrap();
        let start = Instant::now();
        let times = timed.profile_train(&batch, clock).unwrap();
        let end = Instant::now();
        assert_eq!(timed.drain().unwrap(), results, "{clock:?}");
        assert_eq!(timed.parameters().unwrap(), plain.parameters().unwrap());

        let limits = timed.device().limits(KernelForm::Automatic).unwrap();
        let plan = training_plan(&model, &limits, batch.shape());
        let labels: Vec<_> = plan.dispatches.iter().map(|d| d.label.as_str()).collect();
        let found: Vec<_> = times.iter().map(|time| time.label.as_str()).collect();
        assert_eq!(found, labels);
        if clock == Clock::SubmitAndWait {
            let mut before = start;
            for time in &times {
                assert!(time.begin >= before, "{}", time.label);
                assert!(time.time > Duration::ZERO, "{}", time.label);
                before = time.begin + time.time;
            }
            assert!(before <= end);
        }
        assert!(times.iter().all(|time| time.begin + time.time <= end));
    }
}

#[test]
fn an_evaluation_changes_nothing() {
    let model = recurrent(5, false, &[(8, 1)]);
    let batch = random_batch(7, 3, &mut Philox::new(142, 0));
    let mut session = session(device::open(), &model);
    let parameters = session.parameters().unwrap();
    session.evaluate(&batch).unwrap();
    let results = session.drain().unwrap();
    let times = session
        .profile_evaluate(&batch, Clock::SubmitAndWait)
        .unwrap();
    let timed = session.drain().unwrap();
    assert_eq!(timed[0].loss, results[0].loss);
    assert_eq!(session.parameters().unwrap(), parameters);
    assert!(times.iter().all(|time| !time.label.contains("backward")));
}

#[test]
fn a_device_without_timestamps_says_so() {
    let model = recurrent(5, false, &[(4, 1)]);
    let batch = random_batch(3, 2, &mut Philox::new(143, 0));
    let mut gpu = Gpu::noop();
    assert_eq!(gpu.clock(), Clock::SubmitAndWait);
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    let plan = training_plan(&model, &limits, batch.shape());
    let error = gpu.profile(&plan, &[], Clock::Timestamps).unwrap_err();
    assert!(error.to_string().contains("no timestamps"), "{error}");
}
