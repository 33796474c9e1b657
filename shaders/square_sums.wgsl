// square_sums: sums the squares of all gradients, or of a layer's, in partial sums that clip_scale adds up.
//
// Math   y[p] = Σ_k |x[p + k·P]|²
// Shapes n numbers in vec4, P partial sums.
//   binding  name  access      shape   holds
//   0        dims  uniform     struct  n / 4, P
//   1        x     read        [n]     gradients; the gaps between two tensors hold 0
//   2        y     read_write  [P]     written with `=`
// Grid   one invocation per partial sum; 64 a workgroup, in two dimensions where one is not enough.
// Order  a sum is made by one invocation, upwards, and P depends on n alone: no barrier, no atomics.
// Twin   reference/clip.rs        Test  tests/gpu/clip.rs

struct Dims { count: u32, sums: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn square_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let p = id.y * groups.x * 64u + id.x;
    if p >= dims.sums {
        return;
    }
    var sum = vec4(0.0);
    for (var i = p; i < dims.count; i += dims.sums) {
        sum += x[i] * x[i];
    }
    y[p] = sum.x + sum.y + sum.z + sum.w;
}
