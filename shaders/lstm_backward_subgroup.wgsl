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
//   3        recurrent  read        [D, H, H] vec4    U
//   4        c          read        [T, D, N, Q, H] vec4  cell state, a quad a vec4
//   5        gates      read_write  [T, B, D, H] vec4 i, f, g, o; replaced by dz
//   6        carry      read_write  [2, D, N, Q, H] vec4  dz·Uᵀ and dc·f, from segment to segment
// Grid   (N, D) workgroups of H / W invocations; invocation (s, lane) owns the W units from (s·S + lane)·W on.
// Order  dz·Uᵀ is a sum over 4·H gate columns for H units. A subgroup adds up the columns of its own S·W units,
//        which its lanes hold in registers and broadcast, for all H units; the partial sums of the subgroups
//        meet in workgroup memory, in two halves that alternate, and are added in the order of the
//        subgroups. So dz never passes through memory, and one barrier a timestep is enough.
//        An invocation reads a word of `gates` before it replaces it, and no other touches that word.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro rows(q, before, after, fill) %}vec4({% for r in range(4 * q, 4 * q + 4) %}{% if r < R %}{{ before }}{{ r }}{{ after }}{% else %}{{ fill }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}){% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> c: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> gates: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> carry: array<vec4<f32>>;

const D = {{ D }}u;
const H = {{ H }}u;
const S = {{ S }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;
const W = {{ W }}u;
const SUBGROUPS = {{ H // (S * W) }}u;

var<workgroup> partials: array<vec4<f32>, {{ 2 * H // (S * W) * Q * H }}>; // [2, SUBGROUPS, Q, H]

@compute @workgroup_size({{ H // W }})
fn lstm_backward_subgroup(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let direction = group.y;
    let unit = (subgroup * S + lane) * W;
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let tiles = D * groups.x;
    let last_row = dims.batch - 1u;
    // The gates' weights from own unit (l, w) back to unit v·S + lane.
{% for v in range(H // S) %}
{% for k in range(S * W) %}
    let u_{{ v }}_{{ k }} = recurrent[(direction * H + {{ v * S }}u + lane) * H + subgroup * {{ S * W }}u + {{ k }}u];
{% endfor %}
{% endfor %}
{% for r in range(R) %}
    let row_{{ r }} = min(group.x * R + {{ r }}u, last_row);
    let live_{{ r }} = group.x * R + {{ r }}u <= last_row;
{% endfor %}
    let origin = timestep_of(dims.length - 1u - dims.first, direction, dims.length);
{% for q in range(Q) %}
{% for w in range(W) %}
    var dh_{{ q }}_{{ w }} = vec4(0.0);
    var dc_{{ q }}_{{ w }} = vec4(0.0);
    var c_{{ q }}_{{ w }} = c[(origin * tiles + tile) * Q * H + {{ q * H + w }}u + unit];
{% endfor %}
{% endfor %}
    if dims.first > 0u {
{% for q in range(Q) %}
{% for w in range(W) %}
        dh_{{ q }}_{{ w }} = carry[tile * Q * H + {{ q * H + w }}u + unit];
        dc_{{ q }}_{{ w }} = carry[(tiles + tile) * Q * H + {{ q * H + w }}u + unit];
{% endfor %}
{% endfor %}
{% if not sequences %}
    } else {
{% for r in range(R) %}
{% for w in range(W) %}
        dh_{{ r // 4 }}_{{ w }}.{{ component(r) }} = d_h[row_{{ r }} * D * H + column + {{ w }}u];
{% endfor %}
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
        let half = (n & 1u) * SUBGROUPS * Q * H;
{% for q in range(Q) %}
{% for w in range(W) %}
        let c_before_{{ q }}_{{ w }} = select(c[(before * tiles + tile) * Q * H + {{ q * H + w }}u + unit], vec4(0.0), s == 0u);
{% for r in rows_of(q) %}
        let g_{{ r }}_{{ w }} = gates[(position + row_{{ r }}) * D * H + column + {{ w }}u];
{% endfor %}
        var dz_{{ q }}_{{ w }}_x: vec4<f32>;
        var dz_{{ q }}_{{ w }}_y: vec4<f32>;
        var dz_{{ q }}_{{ w }}_z: vec4<f32>;
        var dz_{{ q }}_{{ w }}_w: vec4<f32>;
        {
            let i = {{ rows(q, "g_", "_" ~ w ~ ".x", "0.0") }};
            let f = {{ rows(q, "g_", "_" ~ w ~ ".y", "0.0") }};
            let g = {{ rows(q, "g_", "_" ~ w ~ ".z", "0.0") }};
            let o = {{ rows(q, "g_", "_" ~ w ~ ".w", "0.0") }};
{% if sequences %}
            let dh = dh_{{ q }}_{{ w }} + {{ rows(q, "d_h[(position + row_", ") * D * H + column + " ~ w ~ "u]", "0.0") }};
{% else %}
            let dh = dh_{{ q }}_{{ w }};
{% endif %}
            let tanh_c = tanh4(c_{{ q }}_{{ w }});
            let dc = fma(dh * o, 1.0 - tanh_c * tanh_c, dc_{{ q }}_{{ w }});
            dz_{{ q }}_{{ w }}_x = dc * g * i * (1.0 - i);
            dz_{{ q }}_{{ w }}_y = dc * c_before_{{ q }}_{{ w }} * f * (1.0 - f);
            dz_{{ q }}_{{ w }}_z = dc * i * (1.0 - g * g);
            dz_{{ q }}_{{ w }}_w = dh * tanh_c * o * (1.0 - o);
{% if masked %}
            let masked = {{ rows(q, "masked_", "", "false") }};
{% for gate in range(4) %}
            dz_{{ q }}_{{ w }}_{{ component(gate) }} = select(dz_{{ q }}_{{ w }}_{{ component(gate) }}, vec4(0.0), masked);
{% endfor %}
            dc_{{ q }}_{{ w }} = select(dc * f, dc_{{ q }}_{{ w }}, masked);
            dh_{{ q }}_{{ w }} = select(vec4(0.0), dh, masked);
{% else %}
            dc_{{ q }}_{{ w }} = dc * f;
            dh_{{ q }}_{{ w }} = vec4(0.0);
{% endif %}
            c_{{ q }}_{{ w }} = c_before_{{ q }}_{{ w }};
{% for r in rows_of(q) %}
            if live_{{ r }} {
                gates[(position + row_{{ r }}) * D * H + column + {{ w }}u] = vec4({% for gate in range(4) %}dz_{{ q }}_{{ w }}_{{ component(gate) }}.{{ component(r) }}{% if not loop.last %}, {% endif %}{% endfor %});
            }
{% endfor %}
        }
{% endfor %}
{% for v in range(H // S) %}
        {
            var sum = vec4(0.0);
{% for l in range(S) %}
{% for w in range(W) %}
{% for gate in range(4) %}
            sum = fma(vec4(u_{{ v }}_{{ l * W + w }}.{{ component(gate) }}), subgroupBroadcast(dz_{{ q }}_{{ w }}_{{ component(gate) }}, {{ l }}u), sum);
{% endfor %}
{% endfor %}
{% endfor %}
            partials[half + (subgroup * Q + {{ q }}u) * H + {{ v * S }}u + lane] = sum;
        }
{% endfor %}
{% endfor %}
        workgroupBarrier(); // the half is written before it is read; the other is read before it is written again
{% for q in range(Q) %}
{% for w in range(W) %}
        dh_{{ q }}_{{ w }} += {% for s in range(H // (S * W)) %}partials[half + {{ (s * Q + q) * H + w }}u + unit]{% if not loop.last %} + {% endif %}{% endfor %};
{% endfor %}
{% endfor %}
    }
{% for q in range(Q) %}
{% for w in range(W) %}
    carry[tile * Q * H + {{ q * H + w }}u + unit] = dh_{{ q }}_{{ w }};
    carry[(tiles + tile) * Q * H + {{ q * H + w }}u + unit] = dc_{{ q }}_{{ w }};
{% endfor %}
{% endfor %}
}
