// matmul_transposed_a: C = Aᵀ·B, for each of several batches, split over the summed axis.
//
// Math   C(z, s)[m, n] = Σ_k A(z)[k, m]·B(z)[k, n]    over the k of split s, [s·chunk, (s + 1)·chunk)
// Shapes every matrix row-major; a_row, b_row, c_row numbers from one row to the next. All sizes, strides
//        and offsets but K are multiples of 4; they are in numbers, the arrays in vec4.
//   binding  name  access      shape         holds
//   0        dims  uniform     struct        sizes, strides and offsets, in numbers
//   1        a     read        [z, K, M]     A
//   2        b     read        [z, K, N]     B
//   3        c     read_write  [s, z, M, N]  partial sums, written with `=`; column_sums adds them up
// Grid   (⌈N / 4S⌉, ⌈M / R⌉, z·splits) workgroups of one subgroup of S lanes; a workgroup makes R rows by
//        4·S columns, a lane 4 columns of each row; R ≤ 4·S.
// Order  One load a lane brings 4·S columns of B for a k, another R columns of A, which are broadcast: R·4
//        products a lane for two loads. Four k are taken together, so that a sum is touched once for four
//        products. k runs upwards; the splits do not depend on the adapter. No barrier.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

struct Dims {
    m: u32, n: u32, k: u32, terms: u32,
    a_offset: u32, a_row: u32, a_column: u32, a_batch: u32,
    a_term: u32, b_offset: u32, b_row: u32, b_column: u32,
    b_batch: u32, b_term: u32, c_offset: u32, c_row: u32,
    c_batch: u32, has_bias: u32, chunk: u32, splits: u32,
    c_split: u32, pad0: u32, pad1: u32, pad2: u32,
}
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;

const S = {{ S }}u;

@compute @workgroup_size({{ S }})
fn matmul_transposed_a(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let batch = group.z / dims.splits;
    let part = group.z % dims.splits;
    let column = (group.x * S + lane) * 4u;
    let first_row = group.y * {{ R }}u;
    let a_from = dims.a_offset + batch * dims.a_batch + min(first_row + 4u * (lane % {{ R // 4 }}u), dims.m - 4u);
    let b_from = dims.b_offset + batch * dims.b_batch + min(column, dims.n - 4u);
    let end = min((part + 1u) * dims.chunk, dims.k);
{% for r in range(R) %}
    var c_{{ r }} = vec4(0.0);
{% endfor %}
    for (var k = part * dims.chunk; k < end; k += 4u) {
{% for i in range(4) %}
        // Past the end the last k is read again, times zero.
        let k_{{ i }} = min(k + {{ i }}u, end - 1u);
        let a_{{ i }} = {% if i > 0 %}select(vec4(0.0), {% endif %}a[(a_from + k_{{ i }} * dims.a_row) / 4u]{% if i > 0 %}, k + {{ i }}u < end){% endif %};
        let b_{{ i }} = b[(b_from + k_{{ i }} * dims.b_row) / 4u];
{% endfor %}
{% for r in range(R) %}
{% for i in range(4) %}
        c_{{ r }} = fma(vec4(subgroupBroadcast(a_{{ i }}.{{ component(r) }}, {{ r // 4 }}u)), b_{{ i }}, c_{{ r }});
{% endfor %}
{% endfor %}
    }
    if column < dims.n {
        let to = dims.c_offset + batch * dims.c_batch + part * dims.c_split + column;
{% for r in range(R) %}
        if first_row + {{ r }}u < dims.m {
            c[(to + (first_row + {{ r }}u) * dims.c_row) / 4u] = c_{{ r }};
        }
{% endfor %}
    }
}
