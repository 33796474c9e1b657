// lstm_backward_portable: the backward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence
//
// Math, shapes and bindings are those of lstm_backward_subgroup.
// Grid   (N, D) workgroups of 4·H invocations. In the cell, invocation q·H + j owns unit j of the rows of
//        quad q (Q ≤ 4); while dz·Uᵀ is summed, invocation g·H + k owns unit k over the columns of gate g.
// Order  The H recurrent weights stay in registers; dz is read from workgroup memory, the same word by
//        all invocations of a gate, four rows a vec4. Sums run as in the subgroup form.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> gates: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> carry: array<vec4<f32>>;

const D = {{ D }}u;
const H = {{ H }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> dz: array<vec4<f32>, {{ 4 * Q * H }}>; // [4, Q, H]
var<workgroup> partials: array<vec4<f32>, {{ 4 * Q * H }}>; // [4, Q, H]

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
{% for l in range(4) %}
    let row_{{ l }} = min(first_row + {{ l }}u, last_row);
{% endfor %}
{% for k in range(H) %}
    let u_{{ k }} = recurrent[((direction * H + unit) * H + {{ k }}u) * 4u + gate];
{% endfor %}
    var dh_own = vec4(0.0);
    var dc_own = vec4(0.0);
    var c_own = vec4(0.0);
    if cell {
        let origin = timestep_of(dims.length - 1u - dims.first, direction, dims.length);
        c_own = c[(origin * tiles + tile) * Q * H + own];
        if dims.first > 0u {
            dh_own = carry[tile * Q * H + own];
            dc_own = carry[(tiles + tile) * Q * H + own];
{% if not sequences %}
        } else {
            dh_own = vec4(
{% for l in range(4) %}
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
            let c_before = select(c[(before * tiles + tile) * Q * H + own], vec4(0.0), s == 0u);
{% for l in range(4) %}
            let g_{{ l }} = gates[(position + row_{{ l }}) * D * H + column];
{% endfor %}
            let i = vec4(g_0.x, g_1.x, g_2.x, g_3.x);
            let f = vec4(g_0.y, g_1.y, g_2.y, g_3.y);
            let g = vec4(g_0.z, g_1.z, g_2.z, g_3.z);
            let o = vec4(g_0.w, g_1.w, g_2.w, g_3.w);
{% if sequences %}
            let dh = dh_own + vec4(
{% for l in range(4) %}
                d_h[(position + row_{{ l }}) * D * H + column],
{% endfor %}
            );
{% else %}
            let dh = dh_own;
{% endif %}
            let tanh_c = tanh4(c_own);
            let dc = fma(dh * o, 1.0 - tanh_c * tanh_c, dc_own);
            var dz_i = dc * g * i * (1.0 - i);
            var dz_f = dc * c_before * f * (1.0 - f);
            var dz_g = dc * i * (1.0 - g * g);
            var dz_o = dh * tanh_c * o * (1.0 - o);
{% if masked %}
            let masked = vec4(
{% for l in range(4) %}
                (slots[position + row_{{ l }}] & MASK) != 0u,
{% endfor %}
            );
            dz_i = select(dz_i, vec4(0.0), masked);
            dz_f = select(dz_f, vec4(0.0), masked);
            dz_g = select(dz_g, vec4(0.0), masked);
            dz_o = select(dz_o, vec4(0.0), masked);
            dc_own = select(dc * f, dc_own, masked);
            dh_own = select(vec4(0.0), dh, masked);
{% else %}
            dc_own = dc * f;
            dh_own = vec4(0.0);
{% endif %}
            c_own = c_before;
            dz[own] = dz_i;
            dz[Q * H + own] = dz_f;
            dz[2u * Q * H + own] = dz_g;
            dz[3u * Q * H + own] = dz_o;
            let at = (position + first_row) * D * H + column;
{% for l in range(4) %}
            if rows > {{ l }}u {
                gates[at + {{ l * D * H }}u] = vec4(dz_i.{{ component(l) }}, dz_f.{{ component(l) }}, dz_g.{{ component(l) }}, dz_o.{{ component(l) }});
            }
{% endfor %}
        }
        workgroupBarrier(); // all of dz is written before it is read; `partials` of the timestep before is read
{% for q in range(Q) %}
        {
            var sum = vec4(0.0);
            let origin = gate * Q * H + {{ q * H }}u;
{% for k in range(H) %}
            sum = fma(vec4(u_{{ k }}), dz[origin + {{ k }}u], sum);
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
