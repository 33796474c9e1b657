// matmul: C = A·B (+ bias), summed over `terms`, for each of several batches.
// uses: common/matmul_dims, common/storage
//
// Math   C(z)[m, n] = bias(z)[n] + Σ_term Σ_k A(z, term)[m, k]·B(z, term)[k, n]
// Shapes every matrix row-major; a_row, b_row, c_row numbers from one row to the next. All sizes, strides
//        and offsets but M are multiples of 4; they are in numbers, the arrays in vec4.
//   binding  name  access      shape                       holds
//   0        dims  uniform     struct                      sizes, strides and offsets, in numbers
//   1        a     read        [z, term, M, K]             A
//   2        b     read        [z, term, K, N]             B
//   3        bias  read        [z, N]                      added once, if has_bias
//   4        c     read_write  [z, M, N]                   C, written with `=`
//        With `half_a` A holds gradients as halves, with `half_c` C numbers as halves, `half` with either.
// Grid   (⌈N / C⌉, ⌈M / (R·S)⌉, z) workgroups of one subgroup of S lanes; a workgroup makes R·S rows by C columns,
//        a lane R rows of them, S apart.
// Order  A lane loads four k of a row of A at once; B is loaded by the subgroup together, four numbers a lane, and
//        broadcast from the lane that holds them, so that an element of B serves R products. Every sum takes
//        four k in a row, so that it is touched once for four products. k runs upwards. A loop over a lane's rows
//        stores them: written out, 128 stores would take a software adapter half its compile time. No barrier, no
//        workgroup memory.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

@group(0) @binding(0) var<uniform> dims: MatmulDims;
@group(0) @binding(1) var<storage, read> a: array<{{ 'Four' if half_a else 'vec4<f32>' }}>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> c: array<{{ 'Four' if half_c else 'vec4<f32>' }}>;

const S = {{ S }}u;
const C = {{ C }}u;

@compute @workgroup_size({{ S }})
fn matmul(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let first_row = group.y * {{ R * S }}u + lane;
    let first_column = group.x * C;
    let last_row = dims.m - 1u;
{% for r in range(R) %}
    let row_{{ r }} = min(first_row + {{ r * S }}u, last_row) * dims.a_row;
{% endfor %}
{% for v in range((C + 4 * S - 1) // (4 * S)) %}
    let column_{{ v }} = min(first_column + 4u * ({{ v * S }}u + lane), dims.n - 4u);
{% endfor %}
{% for v in range((C + 4 * S - 1) // (4 * S)) %}
    var bias_{{ v }} = vec4(0.0);
{% endfor %}
    if dims.has_bias == 1u {
{% for v in range((C + 4 * S - 1) // (4 * S)) %}
        bias_{{ v }} = bias[(group.z * dims.n + column_{{ v }}) / 4u];
{% endfor %}
    }
{% for q in range(C // 4) %}
    let start_{{ q }} = subgroupBroadcast(bias_{{ q // S }}, {{ q % S }}u);
{% endfor %}
{% for r in range(R) %}
{% for q in range(C // 4) %}
    var c_{{ r }}_{{ q }} = start_{{ q }};
{% endfor %}
{% endfor %}
    for (var term = 0u; term < dims.terms; term++) {
        let a_z = dims.a_offset + group.z * dims.a_batch + term * dims.a_term;
        let b_z = dims.b_offset + group.z * dims.b_batch + term * dims.b_term;
        for (var k = 0u; k < dims.k; k += 4u) {
{% for r in range(R) %}
            let a_{{ r }} = {{ 'loaded_gradient' if half_a else '' }}(a[(a_z + row_{{ r }} + k) / 4u]);
{% endfor %}
{% for i in range(4) %}
{% for v in range((C + 4 * S - 1) // (4 * S)) %}
            let b_{{ v }}_{{ i }} = b[(b_z + (k + {{ i }}u) * dims.b_row + column_{{ v }}) / 4u]; // four columns of k + {{ i }}
{% endfor %}
{% endfor %}
{% for q in range(C // 4) %}
            {
{% for i in range(4) %}
                let b_{{ i }} = subgroupBroadcast(b_{{ q // S }}_{{ i }}, {{ q % S }}u);
{% endfor %}
{% for r in range(R) %}
{% for i in range(4) %}
                c_{{ r }}_{{ q }} = fma(vec4(a_{{ r }}.{{ component(i) }}), b_{{ i }}, c_{{ r }}_{{ q }});
{% endfor %}
{% endfor %}
            }
{% endfor %}
        }
    }
    let c_z = dims.c_offset + group.z * dims.c_batch + first_column;
    for (var n = 0u; n < {{ R }}u; n++) {
        let row = first_row + n * S;
        if row <= last_row {
            let at = c_z + row * dims.c_row;
{% for q in range(C // 4) %}
            if first_column + {{ 4 * q }}u < dims.n {
                var quad = c_0_{{ q }};
{% for r in range(1, R) %}
                quad = select(quad, c_{{ r }}_{{ q }}, n == {{ r }}u);
{% endfor %}
                c[(at + {{ 4 * q }}u) / 4u] = {{ 'stored' if half_c else '' }}(quad);
            }
{% endfor %}
        }
    }
}
