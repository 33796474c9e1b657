// peak_copy: copies a long array, to tell how many bytes a second a kernel can move.
//
// Math   y[i] = x[i]
// Shapes n vec4.
//   binding  name  access      shape     holds
//   0        dims  uniform     struct    n
//   1        x     read        [n] vec4
//   2        y     read_write  [n] vec4  written with `=`
// Grid   an invocation copies four vec4, 64 apart, a workgroup 256; workgroups in two dimensions where one is not enough.
// Order  All loads of an invocation are on their way before its first store. Invocations share nothing: no barrier.
// Twin   in its test        Test  tests/gpu/peak.rs

struct Dims { count: u32, pad0: u32, pad1: u32, pad2: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn peak_copy(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let first = (group.y * groups.x + group.x) * 256u + index;
{% for n in range(4) %}
    let x_{{ n }} = x[min(first + {{ 64 * n }}u, dims.count - 1u)];
{% endfor %}
{% for n in range(4) %}
    if first + {{ 64 * n }}u < dims.count {
        y[first + {{ 64 * n }}u] = x_{{ n }};
    }
{% endfor %}
}
