// peak_copy: copies a long array, to tell how many bytes a second a kernel can move.
//
// Math   y[i] = x[i]
// Shapes n vec4.
//   binding  name  access      shape     holds
//   0        dims  uniform     struct    n
//   1        x     read        [n] vec4
//   2        y     read_write  [n] vec4  written with `=`
// Grid   one invocation per vec4 of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  Invocations share nothing: no barrier. Several vec4 an invocation, with a guard each, were slower on a software
//        adapter.
// Twin   in its test        Test  tests/gpu/peak.rs

struct Dims { count: u32, pad0: u32, pad1: u32, pad2: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn peak_copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.count {
        return;
    }
    y[i] = x[i];
}
