// zero_masked: sets the rows of masked positions to 0; on a gradient, the same once more.
// uses: common/recurrence
//
// Math   y[p] = 0 where p is masked, else x[p]
// Shapes P positions, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name   access      shape   holds
//   0        dims   uniform     struct  P, W in Elements
//   1        slots  read        [P]     bit 31 set where the token is masked
//   2        x      read        [P, W]
//   3        y      read_write  [P, W]  written with `=`
// Grid   one invocation per Element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Source Keras 3, Bidirectional(return_sequences), which zeroes what it gives at masked timesteps.
// Twin   reference/network.rs        Test  tests/gpu/pooling.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<Element>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn zero_masked(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows * dims.width {
        return;
    }
    let masked = (slots[i / dims.width] & MASK) != 0u;
    y[i] = select(x[i], Element(), masked);
}
