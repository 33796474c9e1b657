// matmul_portable: any product of two matrices: A·B (+ bias), Aᵀ·B or A·Bᵀ, batched, summed over terms, split over k.
// uses: common/matmul_dims, common/storage
//
// Math   C(z, s)[m, n] = bias(z)[n] + Σ_term Σ_k A(z, term)[m, k]·B(z, term)[k, n]
//        over the k of split s, [s·chunk, (s + 1)·chunk)
// Shapes an element of A lies at a_offset + m·a_row + k·a_column, of B at b_offset + k·b_row + n·b_column,
//        of C at c_offset + m·c_row + n, all in numbers. a_column is 1, or a_row where A is transposed (`across_a`);
//        b_column is 1, or b_row where B is (`across_b`). With `fours` all sizes and strides along which four numbers
//        are taken together are multiples of 4, and the arrays are vec4.
//   binding  name  access      holds
//   0        dims  uniform     sizes, strides and offsets
//   1        a     read        A
//   2        b     read        B
//   3        bias  read        [z, N], added once, if has_bias
//   4        c     read_write  C, written with `=`
//        With `half_a` and `half_b` A and B hold gradients as halves, with `half_c` C numbers as halves, of which N is a
//        multiple of 4; `half` with any.
//   5        sums  read_write  with `sums`: [s, z, N], the sums of B's columns over the k of a split: the gradient of a bias
// Grid   (⌈N / 32Q⌉, ⌈M / 32Q⌉, z·splits) workgroups of 8 × 8 invocations; a workgroup makes 32Q × 32Q elements,
//        an invocation 4Q × 4Q: Q quads of rows, 8 quads apart, by as many of columns.
// Order  32 / Q of k of both matrices are brought to workgroup memory, 4 × 4 numbers of each an invocation, zeros past the
//        end of k; then every invocation multiplies. Each number in workgroup memory serves 32Q products. Those of the
//        next round are asked for before this one multiplies, since memory answers late. k runs upwards,
//        then the bias is added: Q changes no bit. Past the last row or column the last is read again, and not stored.
//        The workgroups of the first rows add B up as well, four columns an invocation.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

{% set quads = 8 * Q %}
{% set depth = 32 // Q %}
{% set type = "vec4<f32>" if fours else "f32" %}
{% set kept = "Four" if fours else "u32" %}
{% macro number(name, halves, at) %}{% if halves %}gradient_of({{ name }}[({{ at }}) / 2u], {{ at }}){% else %}{{ name }}[{{ at }}]{% endif %}{% endmacro %}
@group(0) @binding(0) var<uniform> dims: MatmulDims;
@group(0) @binding(1) var<storage, read> a: array<{{ kept if half_a else type }}>;
@group(0) @binding(2) var<storage, read> b: array<{{ kept if half_b else type }}>;
@group(0) @binding(3) var<storage, read> bias: array<{{ type }}>;
@group(0) @binding(4) var<storage, read_write> c: array<{{ 'Four' if half_c else type }}>;
{% if sums %}
@group(0) @binding(5) var<storage, read_write> sums: array<{{ type }}>;
{% endif %}

const DEPTH = {{ depth }}u;
const QUADS = {{ quads }}u;
// A row, a k of the tile, has a vec4 more than it holds: lanes that store other k then meet other banks of memory.
const ROW = {{ quads + 1 }}u;
var<workgroup> a_tile: array<vec4<f32>, {{ depth * (quads + 1) }}>; // [k, row / 4]
var<workgroup> b_tile: array<vec4<f32>, {{ depth * (quads + 1) }}>; // [k, column / 4]

{% for name, across, halves in [("a", across_a, half_a), ("b", not across_b, half_b)] %}
{% set wide = "m" if name == "a" else "n" %}
{% set step = "k * dims." ~ name ~ ("_column" if name == "a" else "_row") if across else wide ~ " * dims." ~ name ~ ("_row" if name == "a" else "_column") %}
{% if across %}
// {{ name | upper }}: four {{ wide }} from {{ wide }} on, at k.
{% else %}
// {{ name | upper }}: four k from k on, at {{ wide }}.
{% endif %}
fn {{ name }}_four(origin: u32, {{ wide }}_asked: u32, k_asked: u32, end: u32) -> vec4<f32> {
{% if across and fours %}
    let {{ wide }} = min({{ wide }}_asked, dims.{{ wide }} - 4u);
    let k = min(k_asked, end - 1u);
    return select(vec4(0.0), {{ 'loaded_gradient' if halves else '' }}({{ name }}[(origin + {{ step }} + {{ wide }}) / 4u]), k_asked < end);
{% elif fours %}
    let {{ wide }} = min({{ wide }}_asked, dims.{{ wide }} - 1u);
    let k = min(k_asked, end - 4u);
    return select(vec4(0.0), {{ 'loaded_gradient' if halves else '' }}({{ name }}[(origin + {{ step }} + k) / 4u]), k_asked < end);
{% elif across %}
    let k = min(k_asked, end - 1u);
    let first = origin + {{ step }};
    let last = dims.{{ wide }} - 1u;
    let four = vec4({% for e in range(4) %}{{ number(name, halves, "first + min(" ~ wide ~ "_asked + " ~ e ~ "u, last)") }}{% if not loop.last %}, {% endif %}{% endfor %});
    return select(vec4(0.0), four, k_asked < end);
{% else %}
    let {{ wide }} = min({{ wide }}_asked, dims.{{ wide }} - 1u);
    let first = origin + {{ step }};
    let last = end - 1u;
    let four = vec4({% for e in range(4) %}{{ number(name, halves, "first + min(k_asked + " ~ e ~ "u, last)") }}{% if not loop.last %}, {% endif %}{% endfor %});
    return select(vec4(0.0), four, vec4(k_asked) + vec4(0u, 1u, 2u, 3u) < vec4(end));
{% endif %}
}

{% endfor %}
@compute @workgroup_size(8, 8)
fn matmul_portable(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let batch = group.z / dims.splits;
    let part = group.z % dims.splits;
    let m0 = group.y * {{ 4 * quads }}u;
    let n0 = group.x * {{ 4 * quads }}u;
    let begin = part * dims.chunk;
    let end = min(begin + dims.chunk, dims.k);
    // The 4 × 4 numbers that an invocation brings: neighbours bring what lies side by side.
{% for name, across in [("a", across_a), ("b", not across_b)] %}
{% if across %}
    let {{ name }}_quad = index % QUADS;
    let {{ name }}_k = 4u * (index / QUADS);
{% else %}
    let {{ name }}_quad = index / {{ depth // 4 }}u;
    let {{ name }}_k = 4u * (index % {{ depth // 4 }}u);
{% endif %}
{% endfor %}
    let a_m = m0 + 4u * a_quad;
    let b_n = n0 + 4u * b_quad;
    var a_from = dims.a_offset + batch * dims.a_batch;
    var b_from = dims.b_offset + batch * dims.b_batch;
{% for j in range(4) %}
    var a_{{ j }} = a_four(a_from, a_m{{ "" if across_a else " + " ~ j ~ "u" }}, begin + a_k{{ " + " ~ j ~ "u" if across_a else "" }}, end);
    var b_{{ j }} = b_four(b_from, b_n{{ " + " ~ j ~ "u" if across_b else "" }}, begin + b_k{{ "" if across_b else " + " ~ j ~ "u" }}, end);
{% endfor %}
{% for i in range(4 * Q) %}
{% for q in range(Q) %}
    var c_{{ i }}_{{ q }} = vec4(0.0);
{% endfor %}
{% endfor %}
{% if sums %}
    var four_sums = vec4(0.0);
{% endif %}
    let rounds = dims.terms * ((end - begin + DEPTH - 1u) / DEPTH);
    var k0 = begin;
    for (var round = 0u; round < rounds; round++) {
{% for name, across in [("a", across_a), ("b", not across_b)] %}
{% for j in range(4) %}
{% if across %}
        {{ name }}_tile[({{ name }}_k + {{ j }}u) * ROW + {{ name }}_quad] = {{ name }}_{{ j }};
{% else %}
        {{ name }}_tile[({{ name }}_k + {{ j }}u) * ROW + {{ name }}_quad] = vec4({{ name }}_0.{{ component(j) }}, {{ name }}_1.{{ component(j) }}, {{ name }}_2.{{ component(j) }}, {{ name }}_3.{{ component(j) }});
{% endif %}
{% endfor %}
{% endfor %}
        // Of the next round, or after the last zeros.
        k0 += DEPTH;
        if k0 >= end && round + 1u < rounds {
            k0 = begin;
            a_from += dims.a_term;
            b_from += dims.b_term;
        }
{% for j in range(4) %}
        a_{{ j }} = a_four(a_from, a_m{{ "" if across_a else " + " ~ j ~ "u" }}, k0 + a_k{{ " + " ~ j ~ "u" if across_a else "" }}, end);
        b_{{ j }} = b_four(b_from, b_n{{ " + " ~ j ~ "u" if across_b else "" }}, k0 + b_k{{ "" if across_b else " + " ~ j ~ "u" }}, end);
{% endfor %}
        workgroupBarrier(); // the tiles are written before they are read
        for (var k = 0u; k < DEPTH; k += 4u) {
{% for i in range(4) %}
            {
                let x_at = (k + {{ i }}u) * ROW + local.y;
                let y_at = (k + {{ i }}u) * ROW + local.x;
{% for q in range(Q) %}
                let x_{{ q }} = a_tile[x_at + {{ 8 * q }}u];
                let y_{{ q }} = b_tile[y_at + {{ 8 * q }}u];
{% endfor %}
{% for row in range(4 * Q) %}
{% for q in range(Q) %}
                c_{{ row }}_{{ q }} = fma(vec4(x_{{ row // 4 }}.{{ component(row) }}), y_{{ q }}, c_{{ row }}_{{ q }});
{% endfor %}
{% endfor %}
            }
{% endfor %}
        }
{% if sums %}
        if group.y == 0u && index < QUADS {
            for (var k = 0u; k < DEPTH; k++) {
                four_sums += b_tile[k * ROW + index];
            }
        }
{% endif %}
        workgroupBarrier(); // the tiles are read before the next ones replace them
    }
    let to = dims.c_offset + batch * dims.c_batch + part * dims.c_split;
{% for q in range(Q) %}
    {
        let n = n0 + 4u * local.x + {{ 32 * q }}u;
{% if fours or half_c %}
        var start = vec4(0.0);
        if dims.has_bias == 1u {
            let at = batch * dims.n + min(n, dims.n - 4u);
            start = {% if fours %}bias[at / 4u]{% else %}vec4(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]){% endif %};
        }
{% for row in range(4 * Q) %}
        {
            let m = m0 + 4u * local.y + {{ row // 4 * 32 + row % 4 }}u;
            if m < dims.m && n < dims.n {
                c[(to + m * dims.c_row + n) / 4u] = {{ 'stored' if half_c else '' }}(c_{{ row }}_{{ q }} + start);
            }
        }
{% endfor %}
{% else %}
{% for j in range(4) %}
        if n + {{ j }}u < dims.n {
            var start = 0.0;
            if dims.has_bias == 1u {
                start = bias[batch * dims.n + n + {{ j }}u];
            }
{% for row in range(4 * Q) %}
            {
                let m = m0 + 4u * local.y + {{ row // 4 * 32 + row % 4 }}u;
                if m < dims.m {
                    c[to + m * dims.c_row + n + {{ j }}u] = c_{{ row }}_{{ q }}.{{ component(j) }} + start;
                }
            }
{% endfor %}
        }
{% endfor %}
{% endif %}
    }
{% endfor %}
{% if sums %}
    let n = n0 + 4u * index;
    if group.y == 0u && index < QUADS && n < dims.n {
        let at = part * dims.sums_split + batch * dims.n + n;
{% if fours %}
        sums[at / 4u] = four_sums;
{% else %}
{% for j in range(4) %}
        if n + {{ j }}u < dims.n {
            sums[at + {{ j }}u] = four_sums.{{ component(j) }};
        }
{% endfor %}
{% endif %}
    }
{% endif %}
}
