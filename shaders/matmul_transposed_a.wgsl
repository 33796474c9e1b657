// matmul_transposed_a: C = Aᵀ·B, for each of several batches, split over the summed axis.
// uses: common/matmul_dims, common/storage
//
// Math   C(z, s)[m, n] = Σ_k A(z)[k, m]·B(z)[k, n]    over the k of split s, [s·chunk, (s + 1)·chunk)
//        sums(z, s)[n] = Σ_k B(z)[k, n]
// Shapes every matrix row-major; a_row, b_row, c_row numbers from one row to the next. All sizes, strides
//        and offsets but K are multiples of 4; they are in numbers, the arrays in vec4.
//   binding  name  access      shape         holds
//   0        dims  uniform     struct        sizes, strides and offsets, in numbers
//   1        a     read        [z, K, M]     A
//   2        b     read        [z, K, N]     B
//   3        c     read_write  [s, z, M, N]  partial sums, written with `=`; column_sums adds them up
//   4        sums  read_write  [s, z, N]     the same of B's columns: the gradient of a bias
//        With `half` B holds gradients as halves.
// Grid   (⌈N / 4VS⌉, ⌈M / R⌉, z·splits) workgroups of one subgroup of S lanes; a workgroup makes R rows by
//        4·V·S columns, a lane 4·V columns of each row.
// Order  V loads a lane bring 4·V·S columns of B for a k, R / 4S more bring R columns of A, which are broadcast.
//        Four k are taken together, so that a sum is touched once for four products. k runs upwards; the splits
//        do not depend on the adapter. The workgroups of the first rows add B up as well, in the order of
//        column_sums, whether or not a bias wants it: a second kernel would take seconds to compile on a software
//        adapter. A loop stores eight rows a round, since that adapter's compile time grows with the stores written
//        out. No barrier.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

@group(0) @binding(0) var<uniform> dims: MatmulDims;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<Four>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec4<f32>>;

const S = {{ S }}u;

@compute @workgroup_size({{ S }})
fn matmul_transposed_a(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let batch = group.z / dims.splits;
    let part = group.z % dims.splits;
    let first_column = group.x * {{ 4 * V * S }}u + 4u * lane;
    let first_row = group.y * {{ R }}u;
    let a_z = dims.a_offset + batch * dims.a_batch;
    let b_z = dims.b_offset + batch * dims.b_batch;
{% for w in range((R + 4 * S - 1) // (4 * S)) %}
    let a_at_{{ w }} = a_z + min(first_row + {{ 4 * w * S }}u + 4u * (lane % {{ [S, R // 4]|min }}u), dims.m - 4u);
{% endfor %}
{% for v in range(V) %}
    let b_at_{{ v }} = b_z + min(first_column + {{ 4 * v * S }}u, dims.n - 4u);
{% endfor %}
    let end = min((part + 1u) * dims.chunk, dims.k);
{% for r in range(R) %}
{% for v in range(V) %}
    var c_{{ r }}_{{ v }} = vec4(0.0);
{% endfor %}
{% endfor %}
{% for v in range(V) %}
    var sum_{{ v }} = vec4(0.0);
{% endfor %}
    for (var k = part * dims.chunk; k < end; k += 4u) {
{% for i in range(4) %}
        // Past the end the last k is read again, times zero.
        let k_{{ i }} = min(k + {{ i }}u, end - 1u);
{% for w in range((R + 4 * S - 1) // (4 * S)) %}
        let a_{{ i }}_{{ w }} = select(vec4(0.0), a[(a_at_{{ w }} + k_{{ i }} * dims.a_row) / 4u], k + {{ i }}u < end);
{% endfor %}
{% for v in range(V) %}
        let b_{{ i }}_{{ v }} = loaded_gradient(b[(b_at_{{ v }} + k_{{ i }} * dims.b_row) / 4u]);
        sum_{{ v }} += select(vec4(0.0), b_{{ i }}_{{ v }}, k + {{ i }}u < end);
{% endfor %}
{% endfor %}
{% for r in range(R) %}
        {
{% for i in range(4) %}
            let s_{{ i }} = vec4(subgroupBroadcast(a_{{ i }}_{{ r // (4 * S) }}.{{ component(r) }}, {{ r // 4 % S }}u));
{% endfor %}
{% for v in range(V) %}
{% for i in range(4) %}
            c_{{ r }}_{{ v }} = fma(s_{{ i }}, b_{{ i }}_{{ v }}, c_{{ r }}_{{ v }});
{% endfor %}
{% endfor %}
        }
{% endfor %}
    }
    let c_z = dims.c_offset + batch * dims.c_batch + part * dims.c_split + first_column;
    for (var n = 0u; n < {{ R // 8 }}u; n++) {
{% for r in range(8) %}
        if first_row + 8u * n + {{ r }}u < dims.m {
            let at = c_z + (first_row + 8u * n + {{ r }}u) * dims.c_row;
{% for v in range(V) %}
            var quad_{{ v }} = c_{{ r }}_{{ v }};
{% for n in range(1, R // 8) %}
            quad_{{ v }} = select(quad_{{ v }}, c_{{ 8 * n + r }}_{{ v }}, n == {{ n }}u);
{% endfor %}
            if first_column + {{ 4 * v * S }}u < dims.n {
                c[(at + {{ 4 * v * S }}u) / 4u] = quad_{{ v }};
            }
{% endfor %}
        }
{% endfor %}
    }
    if first_row == 0u {
        let at = part * dims.sums_split + batch * dims.n + first_column;
{% for v in range(V) %}
        if first_column + {{ 4 * v * S }}u < dims.n {
            sums[(at + {{ 4 * v * S }}u) / 4u] = sum_{{ v }};
        }
{% endfor %}
    }
}
