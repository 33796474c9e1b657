// attention_scores_backward: the gradient of what attention_scores_forward was given.
//
// Math   d_z[p, a] = d_scores[p]·v[a]·(1 - u[p, a]²)
// Shapes P positions, A units, bound as Element: vec4 where A is a multiple of 4.
//   binding  name      access      shape   holds
//   0        dims      uniform     struct  P, A in Elements
//   1        d_scores  read        [P]
//   2        context   read        [A]     v
//   3        u         read_write  [P, A]  replaced by d_z
// Grid   one invocation per Element of u; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier. The gradient of v needs u and is made before.
// Source Yang et al. (2016), equations 5 and 6.
// Twin   reference/attention.rs        Test  tests/gpu/attention.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_scores: array<f32>;
@group(0) @binding(2) var<storage, read> context: array<Element>;
@group(0) @binding(3) var<storage, read_write> u: array<Element>;

@compute @workgroup_size(64)
fn attention_scores_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows * dims.width {
        return;
    }
    u[i] = d_scores[i / dims.width] * context[i % dims.width] * (Element(1.0) - u[i] * u[i]);
}
