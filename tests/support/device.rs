//! The adapter that the tests run on.

use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::plan::Limits;

use super::faults;

/// Opens the adapter; panics with the remedy where there is none. Its kernels have the fault that is asked for.
///
/// Where `GATEFOLD_WEBGPU_LIMITS` is set, it has WebGPU's default limits alone; where `GATEFOLD_UNCHECKED` is,
/// kernels are compiled without wgpu's checks.
#[allow(unsafe_code)]
pub fn open() -> Gpu {
    let choice = AdapterChoice {
        webgpu_limits: std::env::var_os("GATEFOLD_WEBGPU_LIMITS").is_some(),
        ..AdapterChoice::default()
    };
    let gpu = Gpu::open(&choice).unwrap_or_else(|error| panic!("{error}"));
    if std::env::var_os("GATEFOLD_UNCHECKED").is_some() {
        // SAFETY: without a fault the kernels are the ones built in, which the lint follows access by access; the
        // tests run them with the library's plans.
        return unsafe { gpu.without_shader_checks() };
    }
    gpu.with_templates(faults::templates())
}

/// Limits for each form of the kernels that this adapter can run.
pub fn forms(gpu: &Gpu) -> Vec<Limits> {
    let forms = [
        KernelForm::Portable,
        KernelForm::Split,
        KernelForm::Subgroup,
    ];
    forms
        .iter()
        .filter_map(|&form| gpu.limits(form).ok())
        .collect()
}
