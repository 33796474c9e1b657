// weighted_sum_backward: the gradient of the summed rows of weighted_sum_forward.
//
// Math   d_x[t, b, j] = weights[t, b]·d_y[b, j], or += that if `add`
// Shapes T timesteps, B rows of the batch, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape      holds
//   0        dims     uniform     struct     T, B, W in Elements
//   1        weights  read        [T, B]
//   2        d_y      read        [B, W]
//   3        d_x      read_write  [T, B, W]  written with `=`; with `+=` if `add`, after the scores' share of it
// Grid   one invocation per Element of d_x; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Twin   reference/pooling.rs        Test  tests/gpu/pooling.rs

alias Element = {{ element }};
struct Dims { length: u32, batch: u32, width: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> d_y: array<Element>;
@group(0) @binding(3) var<storage, read_write> d_x: array<Element>;

@compute @workgroup_size(64)
fn weighted_sum_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    let size = dims.batch * dims.width;
    if i >= dims.length * size {
        return;
    }
    let d = weights[i / dims.width] * d_y[i % size];
{% if add %}
    d_x[i] += d;
{% else %}
    d_x[i] = d;
{% endif %}
}
