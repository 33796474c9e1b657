//! You should see the adapter's name, then [12.0, 15.0, 18.0, 21.0]: the columns of a matrix, summed by a kernel.
//!
//! A kernel of one's own on buffers of one's own, in three lines: `cargo run --example hello_gpu`. A
//! [`Plan`](gatefold::plan::Plan) takes several that work on buffers which stay on the device.

use gatefold::gpu::{AdapterChoice, Gpu, OwnBuffer};

const SUM_COLUMNS: &str = "
struct Dims { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn sum_columns(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= dims.columns { return; }
    var sum = 0.0;
    for (var row = 0u; row < dims.rows; row++) {
        sum += matrix[row * dims.columns + id.x];
    }
    sums[id.x] = sum;
}";

fn main() -> gatefold::Result<()> {
    let gpu = Gpu::open(&AdapterChoice::default())?;
    println!("adapter: {}", gpu.report().name);

    let matrix: [f32; 12] = std::array::from_fn(|n| n as f32);
    let mut buffers = [
        OwnBuffer::new(0, 0, &[3u32, 4]),
        OwnBuffer::new(0, 1, &matrix),
        OwnBuffer::zeros(0, 2, 16),
    ];
    gpu.run_shader(SUM_COLUMNS, [1, 1, 1], &mut buffers)?;
    println!("{:?}", buffers[2].numbers::<f32>());
    Ok(())
}
