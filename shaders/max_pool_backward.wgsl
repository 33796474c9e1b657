// max_pool_backward: the gradient of the input of max_pool_forward.
//
// Math   d_x[t, b, j] = d_y[b, j] / ties[b, j] where x[t, b, j] = y[b, j], else 0
// Shapes T timesteps, B rows of the batch, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name  access      shape      holds
//   0        dims  uniform     struct     T, B, W in Elements
//   1        x     read        [T, B, W]  input of the forward pass
//   2        y     read        [B, W]     its result
//   3        ties  read        [B, W]     timesteps that have it
//   4        d_y   read        [B, W]
//   5        d_x   read_write  [T, B, W]  written with `=`
// Grid   one invocation per Element of d_x; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Twin   reference/pooling.rs        Test  tests/gpu/pooling.rs

alias Element = {{ element }};
struct Dims { length: u32, batch: u32, width: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> y: array<Element>;
@group(0) @binding(3) var<storage, read> ties: array<Element>;
@group(0) @binding(4) var<storage, read> d_y: array<Element>;
@group(0) @binding(5) var<storage, read_write> d_x: array<Element>;

@compute @workgroup_size(64)
fn max_pool_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    let size = dims.batch * dims.width;
    if i >= dims.length * size {
        return;
    }
    let n = i % size;
    d_x[i] = select(Element(), d_y[n] / ties[n], x[i] == y[n]);
}
