//! The activations that kernels share, alone: over all magnitudes, and what is not a number.

use gatefold::gpu::{AdapterChoice, Gpu};
use gatefold::plan::dims::ColumnSumsDims;
use gatefold::plan::{BufferId, BufferSpec, Dispatch, Kernel, Lifetime, Plan, Slice};
use gatefold::random::Philox;
use gatefold::reference::activations;

use crate::support::numbers::{sigmoid_error, tanh_error, uniform};
use crate::support::{device, faults};

/// A kernel in the place of column_sums, whose bindings it takes: y[2·i] = σ(x[i]), y[2·i + 1] = tanh(x[i]).
const TEXT: &str = "\
// uses: common/activations
alias Element = {{ element }};
struct Dims { rows: u32, width: u32, chunk: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
@compute @workgroup_size(64)
fn column_sums(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < dims.rows {
        y[2u * id.x] = sigmoid4(vec4(x[id.x], 0.0, 0.0, 0.0)).x;
        y[2u * id.x + 1u] = tanh4(vec4(0.0, x[id.x], 0.0, 0.0)).y;
    }
}
";

/// σ and tanh of each number, as the device has them.
fn on_device(x: &[f32]) -> Option<Vec<[f32; 2]>> {
    device::adapter()?; // the processor's are tested beside them, in src/native/math.rs
    let bytes = |numbers: usize| (4 * numbers as u64).next_multiple_of(16);
    let buffer = |name: &str, numbers, lifetime| BufferSpec {
        name: name.into(),
        bytes: bytes(numbers),
        lifetime,
    };
    let slice = |index, numbers| Slice {
        buffer: BufferId(index),
        offset: 0,
        bytes: bytes(numbers),
    };
    let dims = ColumnSumsDims {
        rows: x.len() as u32,
        width: 1,
        chunk: 1,
        chunks: 1,
    };
    let plan = Plan {
        buffers: vec![
            buffer("x", x.len(), Lifetime::Upload),
            buffer("y", 2 * x.len(), Lifetime::Scratch),
        ],
        clears: Vec::new(),
        dispatches: vec![Dispatch {
            label: "activations".into(),
            kernel: Kernel::new("column_sums").element(1).0,
            dims: bytemuck::bytes_of(&dims).to_vec(),
            bindings: vec![slice(0, x.len()), slice(1, 2 * x.len())],
            groups: [x.len().div_ceil(64) as u32, 1, 1],
            flops: 0,
        }],
    };
    let templates = faults::templates()
        .replace("column_sums", TEXT.to_owned())
        .unwrap();
    let mut gpu = Gpu::open(&AdapterChoice::default())
        .unwrap_or_else(|error| panic!("{error}"))
        .with_templates(templates);
    gpu.run(&plan, &[("x", bytemuck::cast_slice(x))]).unwrap();
    let y = gpu.read::<f32>("y", 2 * x.len()).unwrap();
    Some(y.chunks(2).map(|pair| [pair[0], pair[1]]).collect())
}

fn check(x: &[f32]) {
    let Some(found) = on_device(x) else { return };
    for (&x, [sigmoid, tanh]) in x.iter().zip(found) {
        let x = f64::from(x);
        // Where σ is too small to matter it stays at σ(-80), lest e^-x overflow.
        let bounded = x.max(-80.0);
        for (name, found, expected, bound) in [
            (
                "σ",
                sigmoid,
                activations::sigmoid(bounded),
                sigmoid_error(bounded),
            ),
            ("tanh", tanh, activations::tanh(x), tanh_error(x)),
        ] {
            let error = (f64::from(found) - expected).abs();
            assert!(
                error <= bound * expected.abs(),
                "{name}({x:e}) is {found:e}, not {expected:e}"
            );
        }
    }
}

#[test]
fn activations_are_accurate_at_all_magnitudes() {
    let random = &mut Philox::new(91, 0);
    let mut x = Vec::new();
    for limit in [1e-30, 1e-6, 0.01, 0.25, 1.0, 5.0, 20.0, 100.0, 1e4, 3e38] {
        x.extend(uniform(random, 200, limit));
    }
    let places = [
        0.0,
        0.25,
        0.249_999_99,
        15.0,
        15.000_001,
        79.9,
        80.0,
        80.1,
        88.8,
        1e30,
    ];
    x.extend(places.iter().flat_map(|&x: &f32| [x, -x]));
    check(&x);
}

#[test]
fn what_is_not_finite_gives_limits_or_stays_a_nan() {
    let Some(found) = on_device(&[f32::INFINITY, f32::NEG_INFINITY, f32::NAN]) else {
        return;
    };
    assert_eq!(found[0], [1.0, 1.0]);
    assert!(found[1][0] > 0.0 && found[1][0] < 1e-34, "{found:?}");
    assert_eq!(found[1][1], -1.0);
    assert!(found[2].iter().all(|y| y.is_nan()), "{found:?}");
}
