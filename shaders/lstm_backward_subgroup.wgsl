// lstm_backward_subgroup: the backward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math   dh_t = d_h_t + dz_{t+1}·Uᵀ      (t + 1: the timestep processed after t; 0 beyond the last)
//        dc_t = dc_{t+1}·f_{t+1} + dh_t·o·(1 - tanh²(c_t))
//        dz_i = dc·g·i·(1 - i)    dz_f = dc·c_{t-1}·f·(1 - f)
//        dz_g = dc·i·(1 - g²)     dz_o = dh·tanh(c_t)·o·(1 - o)
//        A masked timestep has dz = 0 and passes dh and dc on.
// Shapes as in lstm_forward_subgroup. `first` counts timesteps from the last processed one.
//   binding  name       access      shape             holds
//   0        dims       uniform     struct            T, B, and the segment [first, first + count)
//   1        d_h        read        [T, B, D, H], or [B, D, H] for a layer that gives its last state alone; vec2
//                                                     where W = 2
//   2        slots      read        [T, B]            bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4    U
//   4        c          read        [T, D, N, P, H / W] vec4  cell state, packs
//   5        gates      read_write  [T, B, D, H] vec4 i, f, g, o; replaced by dz
//   6        carry      read_write  [2, D, N, P, H / W] vec4  dz·Uᵀ and dc·f, from segment to segment
//        With `half` c and gates are halves.
// Grid   (N, D) workgroups of H / W invocations; invocation (s, lane) owns the W units from (s·S + lane)·W on.
// Order  dz·Uᵀ is a sum over 4·H gate columns for H units. A subgroup adds up the columns of its own S·W units,
//        which its lanes hold in registers and broadcast, for all H units; the partial sums of the subgroups
//        meet in workgroup memory, in two halves that alternate, and are added in the order of the
//        subgroups; what a subgroup has summed for its own units it keeps. So dz never passes through memory, and
//        one barrier a timestep is enough. Weights are loaded as in lstm_forward_subgroup.
//        An invocation reads a word of `gates` before it replaces it, and no other touches that word.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro pack(r, w) %}{{ (r * W + w) // 4 }}.{{ component(r * W + w) }}{% endmacro %}
{% macro numbers(p, before, after, between, fill) %}vec4({% for e in range(4 * p, 4 * p + 4) %}{% if e < R * W %}{{ before }}{{ e // W }}{{ between }}{% if between %}{{ e % W }}{% endif %}{{ after }}{% else %}{{ fill }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}){% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<{{ 'f32' if W == 1 else 'vec2<f32>' }}>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> c: array<Four>;
@group(0) @binding(5) var<storage, read_write> gates: array<Four>;
@group(0) @binding(6) var<storage, read_write> carry: array<vec4<f32>>;

const D = {{ D }}u;
const H = {{ H }}u;
const S = {{ S }}u;
const R = {{ R }}u;
const P = {{ P }}u;
const W = {{ W }}u;
const OWNERS = {{ H // W }}u; // lanes that own units
const SUBGROUPS = {{ H // (S * W) }}u;
alias Own = {{ 'f32' if W == 1 else 'vec2<f32>' }}; // a number for each own unit

var<workgroup> partials: array<vec4<f32>, {{ 2 * H // (S * W) * P * (H // W) }}>; // [2, SUBGROUPS, P, OWNERS]

@compute @workgroup_size({{ H // W }})
fn lstm_backward_subgroup(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let direction = group.y;
    let owner = subgroup * S + lane;
    let unit = owner * W;
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let tiles = D * groups.x;
    let last_row = dims.batch - 1u;
    // The gates' weights from unit k of the subgroup back to unit w of owner v·S + lane, four k a round.
{% for v in range(H // (S * W)) %}
{% for w in range(W) %}
{% for k in range(S * W) %}
    var u_{{ v }}_{{ w }}_{{ k }} = vec4(0.0);
{% endfor %}
{% endfor %}
{% endfor %}
    for (var n = 0u; n < H / 4u; n++) {
        let target_owner = n / {{ S * W // 4 }}u * S + lane;
        let first_k = subgroup * {{ S * W }}u + 4u * (n % {{ S * W // 4 }}u);
{% for w in range(W) %}
{% for k in range(4) %}
        let next_{{ w }}_{{ k }} = recurrent[(direction * H + target_owner * W + {{ w }}u) * H + first_k + {{ k }}u];
{% endfor %}
{% endfor %}
{% for v in range(H // (S * W)) %}
{% for w in range(W) %}
{% for k in range(S * W) %}
        u_{{ v }}_{{ w }}_{{ k }} = select(u_{{ v }}_{{ w }}_{{ k }}, next_{{ w }}_{{ k % 4 }}, n == {{ v * (S * W // 4) + k // 4 }}u);
{% endfor %}
{% endfor %}
{% endfor %}
    }
{% for r in range(R) %}
    let row_{{ r }} = min(group.x * R + {{ r }}u, last_row);
    let live_{{ r }} = group.x * R + {{ r }}u <= last_row;
{% endfor %}
    let origin = timestep_of(dims.length - 1u - dims.first, direction, dims.length);
{% for p in range(P) %}
    var dh_{{ p }} = vec4(0.0);
    var dc_{{ p }} = vec4(0.0);
    var c_{{ p }} = loaded(c[((origin * tiles + tile) * P + {{ p }}u) * OWNERS + owner]);
{% endfor %}
    if dims.first > 0u {
{% for p in range(P) %}
        dh_{{ p }} = carry[(tile * P + {{ p }}u) * OWNERS + owner];
        dc_{{ p }} = carry[((tiles + tile) * P + {{ p }}u) * OWNERS + owner];
{% endfor %}
{% if not sequences %}
    } else {
{% for r in range(R) %}
        {
            let d = d_h[(row_{{ r }} * D * H + column) / W];
{% for w in range(W) %}
            dh_{{ pack(r, w) }} = d{% if W > 1 %}.{{ component(w) }}{% endif %};
{% endfor %}
        }
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
        let half = (n & 1u) * SUBGROUPS * P * OWNERS;
{% for r in range(R) %}
{% for w in range(W) %}
        let g_{{ r }}_{{ w }} = loaded(gates[(position + row_{{ r }}) * D * H + column + {{ w }}u]);
{% endfor %}
{% if sequences %}
        let d_{{ r }} = d_h[((position + row_{{ r }}) * D * H + column) / W];
{% for w in range(W) %}
        let d_{{ r }}_{{ w }} = d_{{ r }}{% if W > 1 %}.{{ component(w) }}{% endif %};
{% endfor %}
{% endif %}
{% endfor %}
{% for p in range(P) %}
        let c_before_{{ p }} = select(loaded(c[((before * tiles + tile) * P + {{ p }}u) * OWNERS + owner]), vec4(0.0), s == 0u);
{% for gate in range(4) %}
        var dz_{{ p }}_{{ component(gate) }}: vec4<f32>;
{% endfor %}
        {
            let i = {{ numbers(p, "g_", ".x", "_", "0.0") }};
            let f = {{ numbers(p, "g_", ".y", "_", "0.0") }};
            let g = {{ numbers(p, "g_", ".z", "_", "0.0") }};
            let o = {{ numbers(p, "g_", ".w", "_", "0.0") }};
{% if sequences %}
            let dh = dh_{{ p }} + {{ numbers(p, "d_", "", "_", "0.0") }};
{% else %}
            let dh = dh_{{ p }};
{% endif %}
            let tanh_c = tanh4(c_{{ p }});
            let dc = fma(dh * o, 1.0 - tanh_c * tanh_c, dc_{{ p }});
            dz_{{ p }}_x = dc * g * i * (1.0 - i);
            dz_{{ p }}_y = dc * c_before_{{ p }} * f * (1.0 - f);
            dz_{{ p }}_z = dc * i * (1.0 - g * g);
            dz_{{ p }}_w = dh * tanh_c * o * (1.0 - o);
{% if masked %}
            let masked = {{ numbers(p, "masked_", "", "", "false") }};
{% for gate in range(4) %}
            dz_{{ p }}_{{ component(gate) }} = select(dz_{{ p }}_{{ component(gate) }}, vec4(0.0), masked);
{% endfor %}
            dc_{{ p }} = select(dc * f, dc_{{ p }}, masked);
            dh_{{ p }} = select(vec4(0.0), dh, masked);
{% else %}
            dc_{{ p }} = dc * f;
            dh_{{ p }} = vec4(0.0);
{% endif %}
            c_{{ p }} = c_before_{{ p }};
        }
{% endfor %}
{% for r in range(R) %}
        if live_{{ r }} {
{% for w in range(W) %}
            gates[(position + row_{{ r }}) * D * H + column + {{ w }}u] = stored_gradient(vec4({% for gate in range(4) %}dz_{{ (r * W + w) // 4 }}_{{ component(gate) }}.{{ component(r * W + w) }}{% if not loop.last %}, {% endif %}{% endfor %}));
{% endfor %}
        }
{% endfor %}
{% for p in range(P) %}
        var own_{{ p }} = vec4(0.0);
{% endfor %}
{% for v in range(H // (S * W)) %}
        {
{% for r in range(R) %}
            var sum_{{ r }} = Own();
{% endfor %}
{% for l in range(S) %}
{% for k in range(W) %}
{% for gate in range(4) %}
            {
                let u = Own({% for w in range(W) %}u_{{ v }}_{{ w }}_{{ l * W + k }}.{{ component(gate) }}{% if not loop.last %}, {% endif %}{% endfor %});
{% for r in range(R) %}
                sum_{{ r }} = fma(u, Own(subgroupBroadcast(dz_{{ (r * W + k) // 4 }}_{{ component(gate) }}.{{ component(r * W + k) }}, {{ l }}u)), sum_{{ r }});
{% endfor %}
            }
{% endfor %}
{% endfor %}
{% endfor %}
{% for p in range(P) %}
            let sums_{{ p }} = vec4({% for e in range(4 * p, 4 * p + 4) %}{% if e < R * W %}sum_{{ e // W }}{% if W > 1 %}.{{ component(e % W) }}{% endif %}{% else %}0.0{% endif %}{% if not loop.last %}, {% endif %}{% endfor %});
            own_{{ p }} = select(own_{{ p }}, sums_{{ p }}, subgroup == {{ v }}u);
{% endfor %}
            if subgroup != {{ v }}u {
{% for p in range(P) %}
                partials[half + (subgroup * P + {{ p }}u) * OWNERS + {{ v * S }}u + lane] = sums_{{ p }};
{% endfor %}
            }
        }
{% endfor %}
        workgroupBarrier(); // the half is written before it is read; the other is read before it is written again
{% for s in range(H // (S * W)) %}
{% for p in range(P) %}
        var partial_{{ s }}_{{ p }} = own_{{ p }};
{% endfor %}
        if subgroup != {{ s }}u {
{% for p in range(P) %}
            partial_{{ s }}_{{ p }} = partials[half + {{ s * P + p }}u * OWNERS + owner];
{% endfor %}
        }
{% endfor %}
{% for p in range(P) %}
        dh_{{ p }} += {% for s in range(H // (S * W)) %}partial_{{ s }}_{{ p }}{% if not loop.last %} + {% endif %}{% endfor %};
{% endfor %}
    }
{% for p in range(P) %}
    carry[(tile * P + {{ p }}u) * OWNERS + owner] = dh_{{ p }};
    carry[((tiles + tile) * P + {{ p }}u) * OWNERS + owner] = dc_{{ p }};
{% endfor %}
}
