//! The adapter that the tests run on.

use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::plan::{Form, Limits};

use super::faults;

/// Opens the adapter, with WebGPU's default limits alone where `GATEFOLD_WEBGPU_LIMITS` is set; panics with
/// the remedy where there is none. Its kernels have the fault that is asked for.
pub fn open() -> Gpu {
    let choice = AdapterChoice {
        webgpu_limits: std::env::var_os("GATEFOLD_WEBGPU_LIMITS").is_some(),
        ..AdapterChoice::default()
    };
    Gpu::open(&choice)
        .unwrap_or_else(|error| panic!("{error}"))
        .with_templates(faults::templates())
}

/// Limits for each form of the kernels that this adapter can run.
pub fn forms(gpu: &Gpu) -> Vec<Limits> {
    let portable = gpu.limits(KernelForm::Portable).unwrap();
    match gpu.limits(KernelForm::Automatic).unwrap() {
        Limits {
            form: Form::Portable,
            ..
        } => vec![portable],
        subgroup => vec![portable, subgroup],
    }
}
