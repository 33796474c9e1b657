// lstm_forward_subgroup: the forward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence
//
// Math   a_t = z_t + h_{t-1}·U          z_t = x_t·W + b is made by a matrix product before
//        i, f, o = σ(a_i, a_f, a_o)     g = tanh(a_c)
//        c_t = f·c_{t-1} + i·g          h_t = o·tanh(c_t)
//        A masked timestep copies h and c from the one before it.
// Shapes T timesteps, B rows of the batch, D directions, H units, S lanes a subgroup; position
//        p = t·B + b. The four gates of a unit lie side by side, in the order i, f, c, o, as one vec4.
//        A workgroup's R rows are handled four at a time, a quad; Q = ⌈R / 4⌉ quads, N workgroups a direction.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, and the segment [first, first + count)
//   1        z          read        [rows, D, H] vec4  x·W + b; row slots[p] if gathered, else p
//   2        slots      read        [T, B]             row of z; bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U: from unit k (middle axis) to unit j (last)
//   4        h          read_write  [T, B, D, H]       hidden state
//   5        c          read_write  [T, D, N, Q, H] vec4  cell state, a quad a vec4; without the T axis
//                                                      where nothing is kept for a backward pass
//   6        gates      read_write  [T, B, D, H] vec4  i, f, g, o, kept for the backward pass
// Grid   (N, D) workgroups of H invocations; invocation (s, lane) owns unit s·S + lane.
// Order  The recurrent weights of a unit stay in registers for the whole sequence. h is exchanged
//        through workgroup memory, in two halves that alternate, so that one barrier a timestep is
//        enough. A subgroup loads S units of four rows with one vec4 a lane and broadcasts them:
//        on a software adapter a load costs as much as some hundred multiplications, whatever its width.
//        A segment starts from the h and c that the one before it left in the buffers.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<vec4<f32>>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<vec4<f32>>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;
const S = {{ S }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> exchange: array<vec4<f32>, {{ 2 * Q * H }}>; // [2, Q, H]

@compute @workgroup_size({{ H }})
fn lstm_forward_subgroup(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let direction = group.y;
    let unit = subgroup * S + lane;
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let last_row = dims.batch - 1u;
{% for k in range(H) %}
    let u_{{ k }} = recurrent[(direction * H + {{ k }}u) * H + unit];
{% endfor %}
{% for r in range(R) %}
    let row_{{ r }} = min(group.x * R + {{ r }}u, last_row);
    let live_{{ r }} = group.x * R + {{ r }}u <= last_row;
{% endfor %}
{% for q in range(Q) %}
    var c_{{ q }} = vec4(0.0);
    var h_{{ q }} = vec4(0.0);
{% endfor %}
    if dims.first > 0u {
        let before = timestep_of(dims.first - 1u, direction, dims.length);
{% for q in range(Q) %}
        c_{{ q }} = c[({% if save %}before * D * groups.x + {% endif %}tile) * Q * H + {{ q * H }}u + unit];
{% for r in rows_of(q) %}
        h_{{ q }}.{{ component(r) }} = h[(before * dims.batch + row_{{ r }}) * D * H + column];
{% endfor %}
{% endfor %}
    }
{% for q in range(Q) %}
    exchange[{{ q * H }}u + unit] = h_{{ q }};
{% endfor %}
    workgroupBarrier(); // the first h stands in the first half before anyone reads it

    for (var n = 0u; n < dims.count; n++) {
        let t = timestep_of(dims.first + n, direction, dims.length);
        let position = t * dims.batch;
        let read_half = (n & 1u) * Q * H;
        let write_half = Q * H - read_half;
{% if gathered or masked %}
{% for v in range((R + S - 1) // S) %}
        let slots_{{ v }} = slots[position + min(group.x * R + {{ v * S }}u + lane, last_row)];
{% endfor %}
{% for r in range(R) %}
        let slot_{{ r }} = subgroupBroadcast(slots_{{ r // S }}, {{ r % S }}u);
{% endfor %}
{% endif %}
{% for q in range(Q) %}
{% for r in rows_of(q) %}
{% if gathered %}
        var a_{{ r }} = z[(slot_{{ r }} & ~MASK) * D * H + column];
{% else %}
        var a_{{ r }} = z[(position + row_{{ r }}) * D * H + column];
{% endif %}
{% endfor %}
{% for i in range(H // S) %}
        let h_{{ q }}_{{ i }} = exchange[read_half + {{ q * H + i * S }}u + lane];
{% for l in range(S) %}
{% for r in rows_of(q) %}
        a_{{ r }} = fma(u_{{ i * S + l }}, vec4(subgroupBroadcast(h_{{ q }}_{{ i }}.{{ component(r) }}, {{ l }}u)), a_{{ r }});
{% endfor %}
{% endfor %}
{% endfor %}
{% for r in rows_of(q) %}
        let g_{{ r }} = vec4(sigmoid(a_{{ r }}.x), sigmoid(a_{{ r }}.y), tanh_safe(a_{{ r }}.z), sigmoid(a_{{ r }}.w));
        {
            let c_new = fma(g_{{ r }}.y, c_{{ q }}.{{ component(r) }}, g_{{ r }}.x * g_{{ r }}.z);
            let h_new = g_{{ r }}.w * tanh_safe(c_new);
{% if masked %}
            let masked = (slot_{{ r }} & MASK) != 0u;
            c_{{ q }}.{{ component(r) }} = select(c_new, c_{{ q }}.{{ component(r) }}, masked);
            h_{{ q }}.{{ component(r) }} = select(h_new, h_{{ q }}.{{ component(r) }}, masked);
{% else %}
            c_{{ q }}.{{ component(r) }} = c_new;
            h_{{ q }}.{{ component(r) }} = h_new;
{% endif %}
        }
        if live_{{ r }} {
            h[(position + row_{{ r }}) * D * H + column] = h_{{ q }}.{{ component(r) }};
{% if save %}
            gates[(position + row_{{ r }}) * D * H + column] = g_{{ r }};
{% endif %}
        }
{% endfor %}
        exchange[write_half + {{ q * H }}u + unit] = h_{{ q }};
{% if save %}
        c[(t * D * groups.x + tile) * Q * H + {{ q * H }}u + unit] = c_{{ q }};
{% endif %}
{% endfor %}
        workgroupBarrier(); // the new half is written before it is read, the old one read before it is written
    }
{% if not save %}
{% for q in range(Q) %}
    c[tile * Q * H + {{ q * H }}u + unit] = c_{{ q }};
{% endfor %}
{% endif %}
}
