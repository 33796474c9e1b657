//! The device that the tests run on: an adapter, or the processor's own kernels.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::native::{Native, NativeChoice, Vectors};
use gatefold::plan::{Form, Limits};

use super::{faults, skipped};

/// Opens the device; panics with the remedy where there is none. An adapter's kernels have the fault that is asked for.
///
/// Where `WGPU_ADAPTER_NAME` is `cpu` it is the processor. Where `GATEFOLD_WEBGPU_LIMITS` is set, the adapter has WebGPU's
/// default limits alone; where `GATEFOLD_UNCHECKED` is, kernels are compiled without wgpu's checks.
pub fn open() -> Device {
    match is_native() {
        true => native(2, None).into(),
        false => open_adapter().into(),
    }
}

/// The adapter; none, said loudly, where the tests run on the processor: for what adapters alone have.
pub fn adapter() -> Option<Gpu> {
    is_adapter().then(open_adapter)
}

/// Whether the tests run on an adapter; said loudly if not.
pub fn is_adapter() -> bool {
    if is_native() {
        skipped("needs an adapter");
    }
    !is_native()
}

fn is_native() -> bool {
    std::env::var("WGPU_ADAPTER_NAME").is_ok_and(|name| name.eq_ignore_ascii_case(Native::NAME))
}

#[allow(unsafe_code)]
fn open_adapter() -> Gpu {
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

/// Limits for each form of the kernels that this device can run.
pub fn forms(device: &Device) -> Vec<Limits> {
    let automatic = device.limits(KernelForm::Automatic).unwrap();
    if automatic.form == Form::Native {
        return vec![automatic];
    }
    let forms = [
        KernelForm::Portable,
        KernelForm::Split,
        KernelForm::Subgroup,
    ];
    let limits = forms.iter().filter_map(|&form| device.limits(form).ok());
    limits.collect()
}

/// The processor with so many threads, and with these vectors or the widest.
pub fn native(threads: u16, vectors: Option<Vectors>) -> Native {
    let threads = Some(threads);
    Native::open(NativeChoice { threads, vectors }).unwrap()
}

/// Every number of threads that tests try, and every kind of vector that this processor has.
pub fn native_ways() -> Vec<Native> {
    let threads = [1, 2, 3, 8].map(|threads| native(threads, None));
    threads.into_iter().chain(native_vectors()).collect()
}

/// Every kind of vector that this processor has, each with another number of threads.
pub fn native_vectors() -> Vec<Native> {
    let vectors = [
        (Vectors::Plain, 1),
        (Vectors::Neon, 3),
        (Vectors::Avx2, 3),
        (Vectors::Avx512, 8),
    ];
    let open = |(vectors, threads)| {
        let choice = NativeChoice {
            threads: Some(threads),
            vectors: Some(vectors),
        };
        Native::open(choice).ok()
    };
    vectors.into_iter().filter_map(open).collect()
}
