//! You should see the adapter's name, then [12.0, 15.0, 18.0, 21.0]: the columns of a matrix, summed by a kernel.
//!
//! A kernel of one's own on buffers of one's own: `cargo run --example hello_gpu`

use gatefold::gpu::{AdapterChoice, Gpu};
use gatefold::plan::{Access, Kernel, Lifetime, Plan};

/// `dims` is what the dispatch brings, at binding 0; the buffers follow.
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
    let matrix: Vec<f32> = (0..12u8).map(f32::from).collect();

    let mut plan = Plan::default();
    let input = plan.add_buffer("matrix", 48, Lifetime::Upload);
    let output = plan.add_buffer("sums", 16, Lifetime::Scratch);
    let kernel = Kernel::custom(
        "sum_columns",
        SUM_COLUMNS,
        &[Access::Read, Access::ReadWrite],
    )?;
    let dims = bytemuck::bytes_of(&[3u32, 4]);
    plan.add_dispatch(kernel, dims, &[input, output], [1, 1, 1]);

    let mut gpu = Gpu::open(&AdapterChoice::default())?;
    println!("adapter: {}", gpu.report().name);
    gpu.run(&plan, &[("matrix", bytemuck::cast_slice(&matrix))])?;
    println!("{:?}", gpu.read::<f32>("sums", 4)?);
    Ok(())
}
