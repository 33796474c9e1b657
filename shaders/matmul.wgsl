// matmul: C = A·B (+ bias), or C = A·Bᵀ, summed over `terms`, for each of several batches.
//
// Math   C(z)[m, n] = bias(z)[n] + Σ_term Σ_k A(z, term)[m, k]·B(z, term)[k, n]
//        with B given row by row, [K, N], or (B transposed) column by column, [N, K].
// Shapes every matrix row-major; a_row, b_row, c_row numbers from one row to the next. All sizes, strides
//        and offsets but M are multiples of 4; they are in numbers, the arrays in vec4.
//   binding  name  access      shape                       holds
//   0        dims  uniform     struct                      sizes, strides and offsets, in numbers
//   1        a     read        [z, term, M, K]             A
//   2        b     read        [z, term, K, N] or [.., N, K]  B
//   3        bias  read        [z, N]                      added once, if has_bias
//   4        c     read_write  [z, M, N]                   C, written with `=`
// Grid   (⌈N / 4S⌉, ⌈M / R⌉, z) workgroups of one subgroup of S lanes; a workgroup makes R rows by 4·S columns,
//        a lane 4 columns of each row.
// Order  A lane loads four k of a row of A at once, the subgroup 4·S of them; each is then broadcast from
//        the lane that holds it. k runs upwards. No barrier, no workgroup memory.
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
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> c: array<vec4<f32>>;

const S = {{ S }}u;

@compute @workgroup_size({{ S }})
fn matmul(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let column = (group.x * S + lane) * 4u;
    let n = min(column, dims.n - 4u);
    let last_row = dims.m - 1u;
{% for r in range(R) %}
    let row_{{ r }} = min(group.y * {{ R }}u + {{ r }}u, last_row);
{% endfor %}
    var start = vec4(0.0);
    if dims.has_bias == 1u {
        start = bias[(group.z * dims.n + n) / 4u];
    }
{% for r in range(R) %}
    var c_{{ r }} = start;
{% endfor %}
    for (var term = 0u; term < dims.terms; term++) {
        let a_from = dims.a_offset + group.z * dims.a_batch + term * dims.a_term;
        let b_from = dims.b_offset + group.z * dims.b_batch + term * dims.b_term;
        for (var k0 = 0u; k0 < dims.k; k0 += 4u * S) {
            let k_lane = k0 + 4u * lane;
            let inside = k_lane < dims.k; // past the end a lane holds zeros, and B is read where it exists
            let a_k = a_from + min(k_lane, dims.k - 4u);
{% for r in range(R) %}
            let a_{{ r }} = select(vec4(0.0), a[(a_k + row_{{ r }} * dims.a_row) / 4u], inside);
{% endfor %}
{% macro products(l, source) %}
{% if transposed %}
                let t_{{ l }}_0 = b[(b_from + n * dims.b_row + k) / 4u];
                let t_{{ l }}_1 = b[(b_from + (n + 1u) * dims.b_row + k) / 4u];
                let t_{{ l }}_2 = b[(b_from + (n + 2u) * dims.b_row + k) / 4u];
                let t_{{ l }}_3 = b[(b_from + (n + 3u) * dims.b_row + k) / 4u];
{% for i in range(4) %}
                let b_{{ l }}_{{ i }} = vec4(t_{{ l }}_0.{{ component(i) }}, t_{{ l }}_1.{{ component(i) }}, t_{{ l }}_2.{{ component(i) }}, t_{{ l }}_3.{{ component(i) }});
{% endfor %}
{% else %}
{% for i in range(4) %}
                let b_{{ l }}_{{ i }} = b[(b_from + (k + {{ i }}u) * dims.b_row + n) / 4u];
{% endfor %}
{% endif %}
{% for r in range(R) %}
                let s_{{ l }}_{{ r }} = {{ source }}(a_{{ r }}, {{ l }});
{% for i in range(4) %}
                c_{{ r }} = fma(vec4(s_{{ l }}_{{ r }}.{{ component(i) }}), b_{{ l }}_{{ i }}, c_{{ r }});
{% endfor %}
{% endfor %}
{% endmacro %}
{% if S <= 8 %}
{% for l in range(S) %}
            {
                let k = min(k0 + {{ 4 * l }}u, dims.k - 4u);
{{ products(l ~ "u", "subgroupBroadcast") }}
            }
{% endfor %}
{% else %}
            // Unrolled over more than 8 lanes the kernel would be too long to compile in reasonable time.
            for (var l = 0u; l < S; l++) {
                let k = min(k0 + 4u * l, dims.k - 4u);
{{ products("l", "subgroupShuffle") }}
            }
{% endif %}
        }
    }
    if column < dims.n {
        let to = dims.c_offset + group.z * dims.c_batch + column;
{% for r in range(R) %}
        if group.y * {{ R }}u + {{ r }}u <= last_row {
            c[(to + row_{{ r }} * dims.c_row) / 4u] = c_{{ r }};
        }
{% endfor %}
    }
}
