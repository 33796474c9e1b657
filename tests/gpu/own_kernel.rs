//! Kernels of one's own, on buffers of one's own.

use gatefold::Error;
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
