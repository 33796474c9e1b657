//! WebGPU's default limits, alone.

use gatefold::Error;
use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, Form, Limits};
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::device;
use crate::support::models::{random_batch, recurrent};

fn bare() -> Option<Gpu> {
    device::adapter()?;
    let choice = AdapterChoice {
        webgpu_limits: true,
        ..AdapterChoice::default()
    };
    Some(Gpu::open(&choice).unwrap())
}

/// Bits of the losses and of the parameters after them.
fn train(
    device: impl Into<Device>,
    limits: &Limits,
    model: &Model,
    batches: &[Batch],
) -> (Vec<u32>, Vec<Vec<u32>>) {
    let (start, adam) = (initialise(model, 5), Adam::new(1e-2));
    let mut session = Session::new(device, model.clone(), limits.clone(), &start, adam, 5).unwrap();
    for batch in batches {
        session.train(batch).unwrap();
    }
    let steps = session.drain().unwrap();
    let tensors = session.parameters().unwrap();
    (
        steps.iter().map(|step| step.loss.to_bits()).collect(),
        tensors
            .iter()
            .map(|tensor| tensor.iter().map(|x| x.to_bits()).collect())
            .collect(),
    )
}

#[test]
fn a_device_may_be_opened_with_no_more() {
    let Some(gpu) = bare() else { return };
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    assert_eq!(limits.form, Form::Portable);
    assert_eq!(limits.binding_bytes, Limits::WEBGPU.binding_bytes);
    assert_eq!(limits.workgroup_bytes, Limits::WEBGPU.workgroup_bytes);
    assert_eq!(
        limits.workgroup_invocations,
        Limits::WEBGPU.workgroup_invocations
    );
    assert!(matches!(
        gpu.limits(KernelForm::Subgroup),
        Err(Error::Adapter(_))
    ));
    assert_eq!(gpu.report(), &device::open().report());
}

#[test]
fn a_device_with_no_more_trains_as_one_with_all() {
    let random = &mut Philox::new(121, 0);
    let batches = [21, 4, 13].map(|length| random_batch(length, 11, random));
    // Persistent recurrences, and one wider than they hold.
    for layers in [&[(64, 2), (32, 2)][..], &[(96, 1)]] {
        let model = recurrent(64, false, layers);
        let Some(gpu) = bare() else { return };
        let limits = gpu.limits(KernelForm::Automatic).unwrap();
        let found = train(gpu, &limits, &model, &batches);
        let all = device::open().limits(KernelForm::Portable).unwrap();
        assert!(
            found == train(device::open(), &all, &model, &batches),
            "{layers:?}"
        );
    }
}
