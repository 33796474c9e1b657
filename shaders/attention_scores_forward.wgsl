// attention_scores_forward: how much a position counts in an attention pooling, before the softmax.
// uses: common/activations
//
// Math   u[p, a] = tanh(z[p, a])    scores[p] = Σ_a v[a]·u[p, a]
// Shapes P positions, A units, bound as Element: vec4 where A is a multiple of 4.
//   binding  name     access      shape   holds
//   0        dims     uniform     struct  P, A in Elements
//   1        context  read        [A]     v
//   2        u        read_write  [P, A]  z = x·W + b, replaced by its tanh
//   3        scores   read_write  [P]     written with `=`
// Grid   one invocation per position; 64 a workgroup, in two dimensions where one is not enough.
// Order  a sum is made by one invocation, upwards: no barrier, no atomics.
// Source Yang et al. (2016), equations 5 and 6.
// Twin   reference/attention.rs        Test  tests/gpu/attention.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> context: array<Element>;
@group(0) @binding(2) var<storage, read_write> u: array<Element>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(64)
fn attention_scores_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let p = id.y * groups.x * 64u + id.x;
    if p >= dims.rows {
        return;
    }
    var sum = Element();
    for (var a = 0u; a < dims.width; a++) {
        let at = p * dims.width + a;
        let value = {{ "tanh4" if element == "vec4<f32>" else "tanh_safe" }}(u[at]);
        u[at] = value;
        sum = fma(context[a], value, sum);
    }
    scores[p] = {{ "sum.x + sum.y + sum.z + sum.w" if element == "vec4<f32>" else "sum" }};
}
