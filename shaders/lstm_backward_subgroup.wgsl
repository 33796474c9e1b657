// lstm_backward_subgroup: the backward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence
//
// Math   dh_t = d_h_t + dz_{t+1}·Uᵀ      (t + 1: the timestep processed after t; 0 beyond the last)
//        dc_t = dc_{t+1}·f_{t+1} + dh_t·o·(1 - tanh²(c_t))
//        dz_i = dc·g·i·(1 - i)    dz_f = dc·c_{t-1}·f·(1 - f)
//        dz_g = dc·i·(1 - g²)     dz_o = dh·tanh(c_t)·o·(1 - o)
//        A masked timestep has dz = 0 and passes dh and dc on.
// Shapes as in lstm_forward_subgroup. `first` counts timesteps from the last processed one.
//   binding  name       access      shape             holds
//   0        dims       uniform     struct            T, B, and the segment [first, first + count)
//   1        d_h        read        [T, B, D, H], or [B, D, H] for a layer that gives its last state alone
//   2        slots      read        [T, B]            bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H, 4]      U
//   4        c          read        [T, D, N, Q, H] vec4  cell state, a quad a vec4
//   5        gates      read_write  [T, B, D, H] vec4 i, f, g, o; replaced by dz
//   6        carry      read_write  [2, D, N, Q, H] vec4  dz·Uᵀ and dc·f, from segment to segment
// Grid   (N, D) workgroups of H invocations; invocation (s, lane) owns unit s·S + lane in the cell.
// Order  dz·Uᵀ is a sum over 4·H gate columns for H units. A subgroup makes it for M·S units (`outputs`)
//        over 4 / M of the gates, so that a broadcast value serves M products; the partial sums of the
//        four gates meet in workgroup memory and are added in the order of the gates. Two barriers a timestep.
//        An invocation reads a word of `gates` before it replaces it, and no other touches that word.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro rows(q, before, after, fill) %}vec4({% for r in range(4 * q, 4 * q + 4) %}{% if r < R %}{{ before }}{{ r }}{{ after }}{% else %}{{ fill }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}){% endmacro %}

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
const S = {{ S }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;
const M = {{ M }}u;
const GATES = {{ 4 // M }}u; // gates a subgroup sums over
const OUTPUT_GROUPS = {{ H // (M * S) }}u;

var<workgroup> dz: array<vec4<f32>, {{ 4 * Q * H }}>; // [4, Q, H]
var<workgroup> partials: array<vec4<f32>, {{ 4 * Q * H }}>; // [4, Q, H]

@compute @workgroup_size({{ H }})
fn lstm_backward_subgroup(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let direction = group.y;
    let unit = subgroup * S + lane;
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let tiles = D * groups.x;
    let last_row = dims.batch - 1u;
    let output = (subgroup % OUTPUT_GROUPS) * M * S + lane;
    let first_gate = (subgroup / OUTPUT_GROUPS) * GATES;
{% for g in range(4 // M) %}
{% for m in range(M) %}
{% for k in range(H) %}
    let u_{{ g }}_{{ m }}_{{ k }} = recurrent[((direction * H + output + {{ m }}u * S) * H + {{ k }}u) * 4u + first_gate + {{ g }}u];
{% endfor %}
{% endfor %}
{% endfor %}
{% for r in range(R) %}
    let row_{{ r }} = min(group.x * R + {{ r }}u, last_row);
    let live_{{ r }} = group.x * R + {{ r }}u <= last_row;
{% endfor %}
    let origin = timestep_of(dims.length - 1u - dims.first, direction, dims.length);
{% for q in range(Q) %}
    var dh_{{ q }} = vec4(0.0);
    var dc_{{ q }} = vec4(0.0);
    var c_{{ q }} = c[(origin * tiles + tile) * Q * H + {{ q * H }}u + unit];
{% endfor %}
    if dims.first > 0u {
{% for q in range(Q) %}
        dh_{{ q }} = carry[tile * Q * H + {{ q * H }}u + unit];
        dc_{{ q }} = carry[(tiles + tile) * Q * H + {{ q * H }}u + unit];
{% endfor %}
{% if not sequences %}
    } else {
{% for r in range(R) %}
        dh_{{ r // 4 }}.{{ component(r) }} = d_h[row_{{ r }} * D * H + column];
{% endfor %}
{% endif %}
    }

    for (var n = 0u; n < dims.count; n++) {
        let s = dims.length - 1u - dims.first - n;
        let t = timestep_of(s, direction, dims.length);
        let position = t * dims.batch;
        let before = timestep_of(max(s, 1u) - 1u, direction, dims.length);
{% if masked %}
{% for v in range((R + S - 1) // S) %}
        let slots_{{ v }} = slots[position + min(group.x * R + {{ v * S }}u + lane, last_row)];
{% endfor %}
{% for r in range(R) %}
        let masked_{{ r }} = (subgroupBroadcast(slots_{{ r // S }}, {{ r % S }}u) & MASK) != 0u;
{% endfor %}
{% endif %}
{% for q in range(Q) %}
        let c_before_{{ q }} = select(c[(before * tiles + tile) * Q * H + {{ q * H }}u + unit], vec4(0.0), s == 0u);
        {
{% for r in rows_of(q) %}
            let g_{{ r }} = gates[(position + row_{{ r }}) * D * H + column];
{% endfor %}
            let i = {{ rows(q, "g_", ".x", "0.0") }};
            let f = {{ rows(q, "g_", ".y", "0.0") }};
            let g = {{ rows(q, "g_", ".z", "0.0") }};
            let o = {{ rows(q, "g_", ".w", "0.0") }};
{% if sequences %}
            let dh = dh_{{ q }} + {{ rows(q, "d_h[(position + row_", ") * D * H + column]", "0.0") }};
{% else %}
            let dh = dh_{{ q }};
{% endif %}
            let tanh_c = tanh4(c_{{ q }});
            let dc = fma(dh * o, 1.0 - tanh_c * tanh_c, dc_{{ q }});
            var dz_i = dc * g * i * (1.0 - i);
            var dz_f = dc * c_before_{{ q }} * f * (1.0 - f);
            var dz_g = dc * i * (1.0 - g * g);
            var dz_o = dh * tanh_c * o * (1.0 - o);
{% if masked %}
            let masked = {{ rows(q, "masked_", "", "false") }};
            dz_i = select(dz_i, vec4(0.0), masked);
            dz_f = select(dz_f, vec4(0.0), masked);
            dz_g = select(dz_g, vec4(0.0), masked);
            dz_o = select(dz_o, vec4(0.0), masked);
            dc_{{ q }} = select(dc * f, dc_{{ q }}, masked);
            dh_{{ q }} = select(vec4(0.0), dh, masked);
{% else %}
            dc_{{ q }} = dc * f;
            dh_{{ q }} = vec4(0.0);
{% endif %}
            c_{{ q }} = c_before_{{ q }};
            dz[{{ q * H }}u + unit] = dz_i;
            dz[{{ (Q + q) * H }}u + unit] = dz_f;
            dz[{{ (2 * Q + q) * H }}u + unit] = dz_g;
            dz[{{ (3 * Q + q) * H }}u + unit] = dz_o;
{% for r in rows_of(q) %}
            if live_{{ r }} {
                gates[(position + row_{{ r }}) * D * H + column] = vec4(dz_i.{{ component(r) }}, dz_f.{{ component(r) }}, dz_g.{{ component(r) }}, dz_o.{{ component(r) }});
            }
{% endfor %}
        }
{% endfor %}
        workgroupBarrier(); // all of dz is written before it is read; `partials` of the timestep before is read
        // A loop, because unrolled over the quads it takes twice as long to compile and runs no faster.
        for (var q = 0u; q < Q; q++) {
{% for g in range(4 // M) %}
            {
                let at = ((first_gate + {{ g }}u) * Q + q) * H;
{% for m in range(M) %}
                var sum_{{ m }} = vec4(0.0);
{% endfor %}
{% for i in range(H // S) %}
                let dz_{{ i }} = dz[at + {{ i * S }}u + lane];
{% for l in range(S) %}
                let b_{{ i * S + l }} = subgroupBroadcast(dz_{{ i }}, {{ l }}u);
{% for m in range(M) %}
                sum_{{ m }} = fma(vec4(u_{{ g }}_{{ m }}_{{ i * S + l }}), b_{{ i * S + l }}, sum_{{ m }});
{% endfor %}
{% endfor %}
{% endfor %}
{% for m in range(M) %}
                partials[at + output + {{ m }}u * S] = sum_{{ m }};
{% endfor %}
            }
{% endfor %}
        }
        workgroupBarrier(); // all partial sums are written; all of dz is read
{% for q in range(Q) %}
        dh_{{ q }} += partials[{{ q * H }}u + unit] + partials[{{ (Q + q) * H }}u + unit] + partials[{{ (2 * Q + q) * H }}u + unit] + partials[{{ (3 * Q + q) * H }}u + unit];
{% endfor %}
    }
{% for q in range(Q) %}
    carry[tile * Q * H + {{ q * H }}u + unit] = dh_{{ q }};
    carry[(tiles + tile) * Q * H + {{ q * H }}u + unit] = dc_{{ q }};
{% endfor %}
}
