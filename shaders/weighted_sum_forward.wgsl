// weighted_sum_forward: a sum over time with a weight for each position.
//
// Math   y[b, j] = Σ_t weights[t, b]·x[t, b, j]
// Shapes T timesteps, B rows of the batch, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape      holds
//   0        dims     uniform     struct     T, B, W in Elements
//   1        weights  read        [T, B]
//   2        x        read        [T, B, W]
//   3        y        read_write  [B, W]     written with `=`
// Grid   one invocation per Element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  a sum is made by one invocation, upwards in time: no barrier, no atomics.
// Twin   reference/pooling.rs        Test  tests/gpu/pooling.rs

alias Element = {{ element }};
struct Dims { length: u32, batch: u32, width: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<Element>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn weighted_sum_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let size = dims.batch * dims.width;
    if n >= size {
        return;
    }
    let row = n / dims.width;
    var sum = Element();
    for (var t = 0u; t < dims.length; t++) {
        sum = fma(Element(weights[t * dims.batch + row]), x[t * size + n], sum);
    }
    y[n] = sum;
}
