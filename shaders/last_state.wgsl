// last_state: the last hidden state of each direction of a recurrent layer.
//
// Math   y[b, d, j] = h[t, b, d, j]   with t = T - 1 forward in time (d = 0), t = 0 backward (d = 1)
// Shapes T timesteps, B rows of the batch, D directions, H units.
//   binding  name  access      shape         holds
//   0        dims  uniform     struct        T, B, H, D
//   1        h     read        [T, B, D, H]  hidden state
//   2        y     read_write  [B, D, H]     written with `=`
// Grid   one invocation per number of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

struct Dims { length: u32, batch: u32, units: u32, directions: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn last_state(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let width = dims.directions * dims.units;
    if n >= dims.batch * width {
        return;
    }
    let backward = n % width >= dims.units;
    let t = select(dims.length - 1u, 0u, backward);
    y[n] = h[t * dims.batch * width + n];
}
