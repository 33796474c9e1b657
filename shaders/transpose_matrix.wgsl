// transpose_matrix: exchanges rows and columns of one matrix or several.
//
// Math   y[z][j, i] = x[z][i, j]
// Shapes z matrices of m rows and n columns, one behind the other.
//   binding  name  access      shape      holds
//   0        dims  uniform     struct     m, n, z
//   1        x     read        [z, m, n]
//   2        y     read_write  [z, n, m]  written with `=`
// Grid   one invocation per number of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier. A layer's weights are small, so reading across rows does not matter;
//        it spares a form of the product that takes as long to compile as the product itself.
// Twin   in its test        Test  tests/gpu/matmul.rs

struct Dims { rows: u32, columns: u32, count: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn transpose_matrix(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let size = dims.rows * dims.columns;
    if n >= dims.count * size {
        return;
    }
    let i = n % dims.rows;
    let j = (n % size) / dims.rows;
    y[n] = x[n - n % size + i * dims.columns + j];
}
