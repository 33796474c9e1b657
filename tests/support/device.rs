//! The adapter that the tests run on.

use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::plan::{Form, Limits};

/// Opens the adapter, with WebGPU's default limits alone where `GATEFOLD_WEBGPU_LIMITS` is set; panics with
/// the remedy where there is none.
pub fn open() -> Gpu {
    let choice = AdapterChoice {
        webgpu_limits: std::env::var_os("GATEFOLD_WEBGPU_LIMITS").is_some(),
        ..AdapterChoice::default()
    };
    Gpu::open(&choice).unwrap_or_else(|error| panic!("{error}"))
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
