// column_sums: sums the rows of a matrix, chunk by chunk: gradients that layers make of terms a row.
//
// Math   y[s, j] = Σ_i x[i, j]   over i in [s·chunk, (s + 1)·chunk)
// Shapes n rows, W numbers a row, bound as Element: vec4 where W is a multiple of 4; ⌈n / chunk⌉ rows of y.
//   binding  name  access      shape   holds
//   0        dims  uniform     struct  n, W in Elements, chunk
//   1        x     read        [n, W]
//   2        y     read_write  [s, W]  written with `=`
// Grid   one invocation per Element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  a sum is made by one invocation, upwards: no barrier, no atomics.
// Twin   reference/matmul.rs        Test  tests/gpu/layer_norm.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, chunk: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn column_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    if n >= dims.chunks * dims.width {
        return;
    }
    let first = (n / dims.width) * dims.chunk;
    let end = min(first + dims.chunk, dims.rows);
    var at = first * dims.width + n % dims.width;
    var sum = Element();
    for (var row = first; row < end; row++) {
        sum += x[at];
        at += dims.width;
    }
    y[n] = sum;
}
