//! You should see the adapter's name, then [12.0, 15.0, 18.0, 21.0]: the columns of a matrix, summed by a kernel.
//!
//! The smallest plan there is, one dispatch on two buffers: `cargo run --example hello_gpu`

use gatefold::gpu::{AdapterChoice, Gpu};
use gatefold::plan::dims::ColumnSumsDims;
use gatefold::plan::{BufferId, BufferSpec, Dispatch, Kernel, Lifetime, Plan, Slice};

fn main() -> anyhow::Result<()> {
    let matrix = [
        [0f32, 1.0, 2.0, 3.0],
        [4.0, 5.0, 6.0, 7.0],
        [8.0, 9.0, 10.0, 11.0],
    ];

    let buffer = |name: &str, bytes, lifetime| BufferSpec {
        name: name.into(),
        bytes,
        lifetime,
    };
    let (kernel, columns) = Kernel::new("column_sums").element(4); // four numbers are one vec4
    let dims = ColumnSumsDims {
        rows: 3,
        width: columns as u32,
        chunk: 3,
        chunks: 1,
    };
    let slice = |index, bytes| Slice {
        buffer: BufferId(index),
        offset: 0,
        bytes,
    };
    let plan = Plan {
        buffers: vec![
            buffer("matrix", 48, Lifetime::Upload),
            buffer("sums", 16, Lifetime::Scratch),
        ],
        clears: Vec::new(),
        dispatches: vec![Dispatch {
            label: "hello".into(),
            kernel,
            dims: bytemuck::bytes_of(&dims).to_vec(),
            bindings: vec![slice(0, 48), slice(1, 16)],
            groups: [1, 1, 1],
            flops: 12,
        }],
    };

    let mut gpu = Gpu::open(&AdapterChoice::default())?;
    println!("adapter: {}", gpu.report().name);
    gpu.run(&plan, &[("matrix", bytemuck::bytes_of(&matrix))])?;
    println!("{:?}", gpu.read::<f32>("sums", 4)?);
    Ok(())
}
