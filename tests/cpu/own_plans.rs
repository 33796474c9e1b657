//! Plans and kernels made by hand: what is wrong with them is told, and the device stays usable.

use gatefold::Error;
use gatefold::gpu::Gpu;
use gatefold::plan::{Access, BufferId, Kernel, Lifetime, Plan};

const TEXT: &str = "\
struct Dims { count: u32, factor: f32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn scale(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < dims.count { y[id.x] = dims.factor * x[id.x]; }
}";

const BINDINGS: [Access; 2] = [Access::Read, Access::ReadWrite];

fn plan() -> Plan {
    let mut plan = Plan::default();
    let x = plan.add_buffer("x", 512, Lifetime::Upload);
    let y = plan.add_buffer("y", 512, Lifetime::Scratch);
    let kernel = Kernel::custom("scale", TEXT, &BINDINGS).unwrap();
    plan.add_dispatch(kernel, &[0; 8], &[x, y], [2, 1, 1]);
    plan.clears.push(y);
    plan
}

#[test]
fn a_wrong_plan_is_told_and_the_device_stays_usable() {
    type Spoil = fn(&mut Plan);
    let cases: [(&str, Spoil); 18] = [
        ("no buffer 7", |plan| {
            plan.dispatches[0].bindings[1].buffer = BufferId(7)
        }),
        ("no buffer 2", |plan| plan.clears[0].buffer = BufferId(2)),
        ("lie outside buffer x", |plan| {
            plan.dispatches[0].bindings[0].bytes = 516
        }),
        ("lie outside buffer y", |plan| {
            plan.dispatches[0].bindings[1].offset = 256
        }),
        ("lie outside", |plan| {
            plan.dispatches[0].bindings[1].offset = u64::MAX - 255
        }),
        ("lie outside", |plan| plan.clears[0].offset = 4),
        ("no multiple of 256", |plan| {
            plan.dispatches[0].bindings[0].offset = 16
        }),
        ("0 bytes of buffer x", |plan| {
            plan.dispatches[0].bindings[0].bytes = 0
        }),
        ("6 bytes of buffer x", |plan| {
            plan.dispatches[0].bindings[0].bytes = 6
        }),
        ("has 2 storage bindings, the dispatch 1", |plan| {
            plan.dispatches[0].bindings.truncate(1)
        }),
        ("read and to be written", |plan| {
            plan.dispatches[0].bindings[0] = plan.dispatches[0].bindings[1]
        }),
        ("at most 256 bytes", |plan| {
            plan.dispatches[0].dims = vec![0; 260]
        }),
        ("uniform has 8 bytes, not 4", |plan| {
            plan.dispatches[0].dims = vec![0; 4]
        }),
        ("two of that name", |plan| plan.buffers[1].name = "x".into()),
        ("0 bytes are not", |plan| plan.buffers[1].bytes = 0),
        ("no such kernel", |plan| {
            plan.dispatches[0].kernel = Kernel::new("nonsense")
        }),
        ("max_compute_workgroups_per_dimension", |plan| {
            plan.dispatches[0].groups[1] = 70_000
        }),
        ("max_buffer_size", |plan| plan.buffers[1].bytes = 1 << 40),
    ];
    let mut gpu = Gpu::noop();
    for (expected, spoil) in cases {
        let mut plan = plan();
        spoil(&mut plan);
        let told = gpu.run(&plan, &[]).unwrap_err();
        assert!(
            matches!(
                told,
                Error::Plan { .. } | Error::Kernel { .. } | Error::Limit { .. }
            ),
            "{told}"
        );
        assert!(told.to_string().contains(expected), "{told}");
        assert!(gpu.reserve(&plan).is_err());
        gpu.check().unwrap();
    }
    gpu.run(&plan(), &[("x", &[0; 512])]).unwrap();
    for upload in [("z", &[0; 8][..]), ("x", &[0; 6]), ("x", &[0; 1024])] {
        assert!(gpu.run(&plan(), &[upload]).is_err(), "{}", upload.0);
        gpu.check().unwrap();
    }
}

#[test]
fn a_wrong_text_is_told_with_its_line() {
    let told = |name: &str, text: &str, bindings: &[Access]| {
        let error = Kernel::custom(name, text, bindings).unwrap_err();
        assert!(matches!(error, Error::Kernel { .. }));
        error.to_string()
    };
    for (from, to, line) in [
        ("array<f32>", "array<f33>", 3),
        ("dims.factor *", "dims.factor * / ", 7),
        ("dims.factor *", "dims.count *", 7),
        ("fn scale(", "fn scale((", 6),
    ] {
        let told = told("scale", &TEXT.replacen(from, to, 1), &BINDINGS);
        let expected = format!("kernel scale: line {line}: ");
        assert!(told.starts_with(&expected), "{told}");
    }
    for (name, bindings, expected) in [
        ("scales", &BINDINGS[..], "no @compute fn scales"),
        ("scale", &[Access::Read; 2], "@binding(2) is ReadWrite"),
        ("scale", &[Access::Read], "@binding(2) is beyond the 1"),
        (
            "scale",
            &[Access::Read, Access::ReadWrite, Access::Read],
            "no @group(0) @binding(3)",
        ),
    ] {
        let told = told(name, TEXT, bindings);
        assert!(told.contains(expected), "{told}");
    }
    let elsewhere = TEXT.replace("@group(0) @binding(2)", "@group(1) @binding(2)");
    assert!(told("scale", &elsewhere, &BINDINGS).contains("only group 0"));
    let first = TEXT.replace("@binding(0) var<uniform>", "@binding(3) var<uniform>");
    assert!(told("scale", &first, &BINDINGS).contains("a uniform is at binding 0"));
}
