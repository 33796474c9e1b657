//! Plans made by hand, on the processor: what is wrong with them is told, and the device stays usable.

use bytemuck::bytes_of;
use gatefold::model::Variant;
use gatefold::plan::dims::{RowsDims, SquareSumsDims};
use gatefold::plan::{Access, Adam, Kernel, Lifetime, Plan, Slice};
use gatefold::train::Session;
use gatefold::{Error, Result};

use super::native;

/// y = rows 2 and 0 of x, of two numbers.
fn gather() -> Plan {
    let mut plan = Plan::default();
    let x = plan.add_buffer("x", 24, Lifetime::Upload);
    let ids = plan.add_buffer("ids", 8, Lifetime::Upload);
    let y = plan.add_buffer("y", 16, Lifetime::Scratch);
    let (kernel, width) = Kernel::new("embedding_gather").element(2);
    let dims = RowsDims {
        rows: 2,
        width: width as u32,
        ..RowsDims::default()
    };
    plan.add_dispatch(kernel, bytes_of(&dims), &[x, ids, y], [1, 1, 1]);
    plan.clears.push(y);
    plan
}

fn uploads() -> (Vec<u8>, Vec<u8>) {
    let x = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    (
        bytemuck::cast_slice(&x).to_vec(),
        bytemuck::cast_slice(&[2_u32, 0]).to_vec(),
    )
}

fn run(device: &mut gatefold::native::Native, plan: &Plan) -> Result<Vec<f32>> {
    let (x, ids) = uploads();
    device.run(plan, &[("x", &x), ("ids", &ids)])?;
    device.read("y", 4)
}

#[test]
fn a_wrong_plan_is_told_and_the_device_stays_usable() {
    type Spoil = fn(&mut Plan);
    let cases: [(&str, Spoil); 6] = [
        ("lie outside buffer x", |plan| {
            plan.dispatches[0].bindings[0].bytes = 516
        }),
        ("read and to be written", |plan| {
            plan.dispatches[0].bindings[0] = plan.dispatches[0].bindings[2]
        }),
        ("reaches beyond what it is bound to", |plan| {
            plan.dispatches[0].dims[0] = 200
        }),
        ("uniform has 16 bytes, not 8", |plan| {
            plan.dispatches[0].dims.truncate(8)
        }),
        ("no native form", |plan| {
            let kernel = &mut plan.dispatches[0].kernel;
            *kernel = Kernel::new("transpose_matrix");
            plan.dispatches[0].bindings.truncate(2);
            plan.dispatches[0].bindings[1] = plan.clears[0];
        }),
        ("MiB of buffers", |plan| plan.buffers[0].bytes = 1 << 50),
    ];
    let mut device = native(2, None);
    for (expected, spoil) in cases {
        let mut plan = gather();
        spoil(&mut plan);
        let error = run(&mut device, &plan).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(run(&mut device, &gather()).unwrap(), [5.0, 6.0, 1.0, 2.0]);
    }
    assert!(device.read::<f32>("z", 1).is_err());
    assert!(device.read::<f32>("y", 1000).is_err());
    assert!(device.write("ids", &[1, 2, 3]).is_err());
}

#[test]
fn slices_that_are_written_may_touch_and_not_overlap() {
    let plan = |offset: u64| {
        let mut plan = Plan::default();
        let all = plan.add_buffer("all", 1024, Lifetime::Scratch);
        let part = |offset, bytes| Slice {
            offset,
            bytes,
            ..all
        };
        let x = plan.add_buffer("x", 16, Lifetime::Upload);
        // scale and norms are the same buffer's.
        let not_finite = plan.add_buffer("not_finite", 4, Lifetime::Persistent);
        let bindings = [x, part(offset, 4), not_finite, part(0, 260)];
        plan.add_dispatch(Kernel::new("clip_scale"), &[0; 16], &bindings, [1; 3]);
        plan
    };
    let mut device = native(1, None);
    device.run(&plan(512), &[]).unwrap();
    let error = device.run(&plan(256), &[]).unwrap_err();
    assert!(error.to_string().contains("overlaps"), "{error}");
}

#[test]
fn a_kernel_in_wgsl_does_not_run_here() {
    let text = "@group(0) @binding(1) var<storage, read_write> y: array<f32>;
        @compute @workgroup_size(64) fn mine() { y[0] = 1.0; }";
    let mut plan = Plan::default();
    let y = plan.add_buffer("y", 16, Lifetime::Scratch);
    let kernel = Kernel::custom("mine", text, &[Access::ReadWrite]).unwrap();
    plan.add_dispatch(kernel, &[], &[y], [1; 3]);
    let error = native(1, None).run(&plan, &[]).unwrap_err();
    assert!(
        matches!(&error, Error::Kernel { kernel, .. } if kernel == "mine"),
        "{error}"
    );
}

#[test]
fn buffers_grow_unless_they_are_kept() {
    let squares = |numbers: usize, lifetime: Lifetime| {
        let mut plan = Plan::default();
        let x = plan.add_buffer("x", 4 * numbers as u64, Lifetime::Upload);
        let y = plan.add_buffer("y", numbers as u64, lifetime);
        let dims = SquareSumsDims {
            count: numbers as u32 / 4,
            sums: numbers as u32 / 4,
            ..SquareSumsDims::default()
        };
        plan.add_dispatch(Kernel::new("square_sums"), bytes_of(&dims), &[x, y], [1; 3]);
        plan
    };
    let mut device = native(2, None);
    let mut bytes = 0;
    for numbers in [4, 400, 4000] {
        let x = vec![0.5_f32; numbers];
        let plan = squares(numbers, Lifetime::Scratch);
        device
            .run(&plan, &[("x", bytemuck::cast_slice(&x))])
            .unwrap();
        assert_eq!(
            device.read::<f32>("y", numbers / 4).unwrap(),
            vec![1.0; numbers / 4]
        );
        assert!(device.buffer_bytes() > bytes);
        bytes = device.buffer_bytes();
    }
    device.run(&squares(4, Lifetime::Scratch), &[]).unwrap();
    assert_eq!(device.buffer_bytes(), bytes);
    let mut device = native(2, None);
    device.run(&squares(4, Lifetime::Persistent), &[]).unwrap();
    let error = device
        .run(&squares(4000, Lifetime::Persistent), &[])
        .unwrap_err();
    assert!(error.to_string().contains("cannot grow"), "{error}");
}

#[test]
fn too_little_memory_is_told_before_any_training() {
    let model = Variant::Bidirectional.model(8185).unwrap();
    let device = native(1, None).with_memory(32 << 20);
    let limits = device.limits();
    let parameters = gatefold::model::initialise(&model, 0);
    let mut session = Session::new(device, model, limits, &parameters, Adam::new(1e-3), 0).unwrap();
    let shape = gatefold::batch::BatchShape {
        length: 3944,
        size: 64,
        unique: 8000,
        direct_runs: 8000,
        ..gatefold::batch::BatchShape::default()
    };
    let error = session.reserve(shape).unwrap_err().to_string();
    assert!(
        error.contains("MiB") && error.contains("`batch_size`"),
        "{error}"
    );
}
