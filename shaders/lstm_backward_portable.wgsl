// lstm_backward_portable: the backward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math, shapes and bindings are those of lstm_backward_subgroup, but c has a number a unit where R = 1, and is not halved.
// Grid   (N, D) workgroups of 4·H invocations. In the cell, invocation q·H + j owns unit j of the rows of
//        quad q (Q ≤ 4); while dz·Uᵀ is summed, invocation g·H + k owns unit k over the columns of gate g.
// Order  The H recurrent weights stay in registers; dz is read from workgroup memory, the same word by
//        all invocations of a gate, four rows a vec4, or the only row as a number (R = 1). Sums run as in the
//        subgroup form.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% set L = 1 if R == 1 else 4 %}
{% set tanhs = "tanh_safe" if L == 1 else "tanh4" %}
alias Quad = {{ "f32" if L == 1 else "vec4<f32>" }}; // a number for each row of a quad

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<Quad>;
@group(0) @binding(5) var<storage, read_write> gates: array<Four>;
@group(0) @binding(6) var<storage, read_write> carry: array<Quad>;

const D = {{ D }}u;
const H = {{ H }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> dz: array<array<Quad, H>, {{ 4 * Q }}>; // [4, Q, H]: an index that is known needs no check
var<workgroup> partials: array<Quad, {{ 4 * Q * H }}>; // [4, Q, H]

@compute @workgroup_size({{ 4 * H }})
fn lstm_backward_portable(
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
    let tiles = D * groups.x;
    let own = quad * H + unit;
    let first_row = group.x * R + quad * 4u;
    // Rows past the workgroup's own belong to the next workgroup: they are not stored here, and the last own row is
    // read in their place, for the next workgroup replaces theirs. A quad without a row of its own has nothing to do.
    let rows = select(0u, min(4u, min(R - min(R, quad * 4u), dims.batch - min(dims.batch, first_row))), quad < Q);
    let cell = rows > 0u;
    let last_row = first_row + max(rows, 1u) - 1u;
{% for l in range(L) %}
    let row_{{ l }} = min(first_row + {{ l }}u, last_row);
{% endfor %}
{% for k in range(H) %}
    let u_{{ k }} = recurrent[((direction * H + unit) * H + {{ k }}u) * 4u + gate];
{% endfor %}
    var dh_own = Quad();
    var dc_own = Quad();
    var c_own = Quad();
    if cell {
        let origin = timestep_of(dims.length - 1u - dims.first, direction, dims.length);
        c_own = c[(origin * tiles + tile) * Q * H + own];
        if dims.first > 0u {
            dh_own = carry[tile * Q * H + own];
            dc_own = carry[(tiles + tile) * Q * H + own];
{% if not sequences %}
        } else {
            dh_own = Quad(
{% for l in range(L) %}
                d_h[row_{{ l }} * D * H + column],
{% endfor %}
            );
{% endif %}
        }
    }

    for (var n = 0u; n < dims.count; n++) {
        let s = dims.length - 1u - dims.first - n;
        let t = timestep_of(s, direction, dims.length);
        let position = t * dims.batch;
        if cell {
            let before = timestep_of(max(s, 1u) - 1u, direction, dims.length);
            let c_before = select(c[(before * tiles + tile) * Q * H + own], Quad(), s == 0u);
{% for l in range(L) %}
            let g_{{ l }} = loaded(gates[(position + row_{{ l }}) * D * H + column]);
{% endfor %}
            let i = Quad({% for l in range(L) %}g_{{ l }}.x, {% endfor %});
            let f = Quad({% for l in range(L) %}g_{{ l }}.y, {% endfor %});
            let g = Quad({% for l in range(L) %}g_{{ l }}.z, {% endfor %});
            let o = Quad({% for l in range(L) %}g_{{ l }}.w, {% endfor %});
{% if sequences %}
            let dh = dh_own + Quad(
{% for l in range(L) %}
                d_h[(position + row_{{ l }}) * D * H + column],
{% endfor %}
            );
{% else %}
            let dh = dh_own;
{% endif %}
            let tanh_c = {{ tanhs }}(c_own);
            let dc = fma(dh * o, 1.0 - tanh_c * tanh_c, dc_own);
            var dz_i = dc * g * i * (1.0 - i);
            var dz_f = dc * c_before * f * (1.0 - f);
            var dz_g = dc * i * (1.0 - g * g);
            var dz_o = dh * tanh_c * o * (1.0 - o);
{% if masked %}
            let masked = {{ "bool" if L == 1 else "vec4" }}(
{% for l in range(L) %}
                (slots[position + row_{{ l }}] & MASK) != 0u,
{% endfor %}
            );
            dz_i = select(dz_i, Quad(), masked);
            dz_f = select(dz_f, Quad(), masked);
            dz_g = select(dz_g, Quad(), masked);
            dz_o = select(dz_o, Quad(), masked);
            dc_own = select(dc * f, dc_own, masked);
            dh_own = select(Quad(), dh, masked);
{% else %}
            dc_own = dc * f;
            dh_own = Quad();
{% endif %}
            c_own = c_before;
            dz[quad][unit] = dz_i;
            dz[Q + quad][unit] = dz_f;
            dz[2u * Q + quad][unit] = dz_g;
            dz[3u * Q + quad][unit] = dz_o;
            let at = (position + first_row) * D * H + column;
{% for l in range(L) %}
            if rows > {{ l }}u {
                gates[at + {{ l * D * H }}u] = stored_gradient(vec4(dz_i{{ part(l) }}, dz_f{{ part(l) }}, dz_g{{ part(l) }}, dz_o{{ part(l) }}));
            }
{% endfor %}
        }
        workgroupBarrier(); // all of dz is written before it is read; `partials` of the timestep before is read
{% for q in range(Q) %}
        {
            var sum = Quad();
            let origin = gate * Q * H + {{ q * H }}u;
{% for k in range(H) %}
            sum = fma(Quad(u_{{ k }}), dz[gate * Q + {{ q }}u][{{ k }}], sum);
{% endfor %}
            partials[origin + unit] = sum;
        }
{% endfor %}
        workgroupBarrier(); // all partial sums are written; all of dz is read
        if cell {
            dh_own += partials[own] + partials[Q * H + own] + partials[2u * Q * H + own] + partials[3u * Q * H + own];
        }
    }
    if cell {
        carry[tile * Q * H + own] = dh_own;
        carry[(tiles + tile) * Q * H + own] = dc_own;
    }
}
