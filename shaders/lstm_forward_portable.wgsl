// lstm_forward_portable: the forward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math, shapes and bindings are those of lstm_forward_subgroup, but z, U and gates are bound as single
// numbers: [.., H, 4]; c has a number a unit where R = 1. With `half` z and gates are halves, two a word; c is not, for
// two units of an only row would share one.
// Grid   (N, D) workgroups of 4·H invocations. While the sums are made, invocation g·H + j owns gate g
//        of unit j; in the cell, invocation q·H + j owns unit j of the rows of quad q (Q ≤ 4).
// Order  The H recurrent weights of a gate stay in registers for the whole sequence; h is read from
//        workgroup memory, the same word by all invocations, which every GPU broadcasts, four rows a vec4, or the
//        only row as a number (R = 1). No subgroup operation, no more than WebGPU's default limits. Sums run
//        over k as in the subgroup form.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% set L = 1 if R == 1 else 4 %}
{% set sigmoids = "sigmoid" if L == 1 else "sigmoid4" %}
{% set tanhs = "tanh_safe" if L == 1 else "tanh4" %}
alias Quad = {{ "f32" if L == 1 else "vec4<f32>" }}; // a number for each row of a quad

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<{{ 'u32' if half else 'f32' }}>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<f32>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<Quad>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<Four>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> state: array<Quad, {{ Q * H }}>; // [Q, H]: h of the timestep before
var<workgroup> sums: array<Quad, {{ 4 * Q * H }}>; // [4, Q, H]: a, gate by gate

@compute @workgroup_size({{ 4 * H }})
fn lstm_forward_portable(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let direction = group.y;
    let unit = index % H;
    let gate = index / H;
    let quad = gate; // this invocation's quad in the cell
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let last_row = dims.batch - 1u;
    let cell = quad < Q;
    let first_row = group.x * R + quad * 4u;
    // Rows past the workgroup's own belong to the next workgroup, and are not stored here.
    let rows = select(0u, min(4u, min(R - min(R, quad * 4u), dims.batch - min(dims.batch, first_row))), cell);
{% for k in range(H) %}
    let u_{{ k }} = recurrent[((direction * H + {{ k }}u) * H + unit) * 4u + gate];
{% endfor %}
    var c_own = Quad();
    var h_own = Quad();
    if dims.first > 0u && cell {
        let before = timestep_of(dims.first - 1u, direction, dims.length);
        c_own = c[({% if save %}before * D * groups.x + {% endif %}tile) * Q * H + quad * H + unit];
        let origin = before * dims.batch;
        h_own = Quad(
{% for l in range(L) %}
            h[(origin + min(first_row + {{ l }}u, last_row)) * D * H + column],
{% endfor %}
        );
    }
    if cell {
        state[quad * H + unit] = h_own;
    }
    workgroupBarrier(); // the first h is written before it is read

    for (var n = 0u; n < dims.count; n++) {
        let t = timestep_of(dims.first + n, direction, dims.length);
        let position = t * dims.batch;
{% for q in range(Q) %}
        var a_{{ q }} = Quad();
{% for r in rows_of(q) %}
        {
            let row = position + min(group.x * R + {{ r }}u, last_row);
{% set from = "(slots[row] & ~MASK)" if gathered else "row" %}
{% if half %}
            a_{{ q }}{{ part(r) }} = half_of(z[({{ from }} * D * H + column) * 2u + gate / 2u], gate);
{% else %}
            a_{{ q }}{{ part(r) }} = z[({{ from }} * D * H + column) * 4u + gate];
{% endif %}
        }
{% endfor %}
{% for k in range(H) %}
        a_{{ q }} = fma(Quad(u_{{ k }}), state[{{ q * H + k }}u], a_{{ q }});
{% endfor %}
        sums[gate * Q * H + {{ q * H }}u + unit] = a_{{ q }};
{% endfor %}
        workgroupBarrier(); // all sums are written, and all of `state` is read

        if cell {
            let own = quad * H + unit;
            let i = {{ sigmoids }}(sums[own]);
            let f = {{ sigmoids }}(sums[Q * H + own]);
            let g = {{ tanhs }}(sums[2u * Q * H + own]);
            let o = {{ sigmoids }}(sums[3u * Q * H + own]);
            let c_new = fma(f, c_own, i * g);
            let h_new = o * {{ tanhs }}(c_new);
{% if masked %}
            let masked = {{ "bool" if L == 1 else "vec4" }}(
{% for l in range(L) %}
                (slots[position + min(first_row + {{ l }}u, last_row)] & MASK) != 0u,
{% endfor %}
            );
            c_own = select(c_new, c_own, masked);
            h_own = select(h_new, h_own, masked);
{% else %}
            c_own = c_new;
            h_own = h_new;
{% endif %}
            state[own] = h_own;
{% if not last %}
            let at = (position + first_row) * D * H + column;
{% for l in range(L) %}
            if rows > {{ l }}u {
                h[at + {{ l * D * H }}u] = h_own{{ part(l) }};
{% if save %}
                gates[at + {{ l * D * H }}u] = stored(vec4(i{{ part(l) }}, f{{ part(l) }}, g{{ part(l) }}, o{{ part(l) }}));
{% endif %}
            }
{% endfor %}
{% endif %}
{% if save %}
            c[(t * D * groups.x + tile) * Q * H + own] = c_own;
{% endif %}
        }
        workgroupBarrier(); // the new `state` is written, and all sums are read
    }
{% if last %}
    let final_position = timestep_of(dims.first + dims.count - 1u, direction, dims.length) * dims.batch;
{% for l in range(L) %}
    if rows > {{ l }}u {
        h[(final_position + first_row + {{ l }}u) * D * H + column] = h_own{{ part(l) }};
    }
{% endfor %}
{% endif %}
{% if not save %}
    if cell {
        c[tile * Q * H + quad * H + unit] = c_own;
    }
{% endif %}
}
