//! Kernels of one's own, on buffers of one's own.

use gatefold::Error;
use gatefold::gpu::{OwnBuffer, OwnShader};
use gatefold::plan::{Access, Kernel, Lifetime, Plan};

use crate::support::device;

const TEXT: &str = "
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(SIZE)
fn add_one(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&x) { y[id.x] = x[id.x] + 1.0; }
}";

fn plan(size: usize) -> Plan {
    let text = TEXT.replace("SIZE", &size.to_string());
    let kernel = Kernel::custom("add_one", &text, &[Access::Read, Access::ReadWrite]).unwrap();
    let mut plan = Plan::default();
    let x = plan.add_buffer("x", 400, Lifetime::Upload);
    let y = plan.add_buffer("y", 400, Lifetime::Scratch);
    plan.add_dispatch(kernel, &[], &[x, y], [2, 1, 1]);
    plan
}

#[test]
fn a_kernel_without_a_uniform_runs() {
    let x: Vec<f32> = (0..100u8).map(f32::from).collect();
    let expected: Vec<f32> = (1..101u8).map(f32::from).collect();
    let Some(mut gpu) = device::adapter() else {
        return;
    };
    gpu.run(&plan(64), &[("x", bytemuck::cast_slice(&x))])
        .unwrap();
    assert_eq!(gpu.read::<f32>("y", 100).unwrap(), expected);
}

#[test]
fn more_invocations_than_the_adapter_has_are_told() {
    let Some(mut gpu) = device::adapter() else {
        return;
    };
    let told = gpu.run(&plan(4096), &[]).unwrap_err();
    assert!(matches!(told, Error::Kernel { .. }), "{told}");
    gpu.run(&plan(64), &[]).unwrap();
}

const SCALE: &str = "
override FACTOR: f32;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(2) @binding(5) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(4)
fn scale(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = FACTOR * x[id.x]; }
@compute @workgroup_size(4)
fn clear(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = 0.0; }";

fn scale<'a>(entry: Option<&'a str>, constants: &'a [(&'a str, f64)]) -> OwnShader<'a> {
    OwnShader {
        wgsl: SCALE,
        entry,
        constants,
    }
}

#[test]
fn a_shader_runs_on_buffers_of_ones_own() {
    let Some(gpu) = device::adapter() else {
        return;
    };
    let mut buffers = [
        OwnBuffer::new(0, 0, &[1.0f32, 2.0, 3.0, 4.0]),
        OwnBuffer::zeros(2, 5, 16),
        OwnBuffer::new(1, 1, b"odd"),
    ];
    let factor = [("FACTOR", 2.5)];
    gpu.run_shader(scale(Some("scale"), &factor), [1, 1, 1], &mut buffers)
        .unwrap();
    assert_eq!(buffers[1].numbers::<f32>(), [2.5, 5.0, 7.5, 10.0]);
    assert_eq!(buffers[0].numbers::<f32>(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(buffers[2].bytes, b"odd");
    gpu.run_shader(scale(Some("clear"), &[]), [1, 1, 1], &mut buffers)
        .unwrap();
    assert_eq!(buffers[1].numbers::<f32>(), [0.0; 4]);
}

#[test]
fn a_shader_that_does_not_fit_is_refused() {
    let Some(gpu) = device::adapter() else {
        return;
    };
    let both = || vec![OwnBuffer::zeros(0, 0, 16), OwnBuffer::zeros(2, 5, 16)];
    let (one, empty) = (both()[1..].to_vec(), vec![OwnBuffer::zeros(2, 5, 0)]);
    let factor = [("FACTOR", 2.5)];
    for (shader, groups, mut buffers, told) in [
        (scale(None, &[]), 1, both(), "2 compute entry points"),
        (
            scale(Some("no"), &[]),
            1,
            both(),
            "no compute entry point no",
        ),
        (scale(Some("scale"), &[]), 1, both(), "FACTOR"),
        (
            scale(Some("scale"), &factor),
            1,
            one,
            "@group(0) @binding(0) needs one buffer",
        ),
        (scale(Some("clear"), &[]), 1, empty, "clear"),
        (scale(Some("clear"), &[]), 70_000, both(), "65535"),
        (OwnShader::from("fn f( {"), 1, both(), "expected"),
    ] {
        let error = gpu
            .run_shader(shader, [groups, 1, 1], &mut buffers)
            .unwrap_err();
        assert!(matches!(error, Error::Kernel { .. }), "{told}: {error}");
        assert!(
            error.to_string().contains(told),
            "{told} is not in: {error}"
        );
    }
    let mut buffers = both();
    gpu.run_shader(scale(Some("clear"), &[]), [1, 1, 1], &mut buffers)
        .unwrap();
}
