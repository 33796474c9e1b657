// lstm_forward_subgroup: the forward recurrence of an LSTM, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math   a_t = z_t + h_{t-1}·U          z_t = x_t·W + b is made by a matrix product before
//        i, f, o = σ(a_i, a_f, a_o)     g = tanh(a_c)
//        c_t = f·c_{t-1} + i·g          h_t = o·tanh(c_t)
//        A masked timestep copies h and c from the one before it.
// Shapes T timesteps, B rows of the batch, D directions, H units, S lanes a subgroup; position
//        p = t·B + b. The four gates of a unit lie side by side, in the order i, f, c, o, as one vec4.
//        A lane owns W units of R rows. Its R·W states lie row by row in P = ⌈R·W / 4⌉ vec4, packs, so that only
//        the last can have gaps: unit w of row r is number r·W + w. N workgroups a direction.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, and the segment [first, first + count)
//   1        z          read        [rows, D, H] vec4  x·W + b; row slots[p] if gathered, else p
//   2        slots      read        [T, B]             row of z; bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U: from unit k (middle axis) to unit j (last)
//   4        h          read_write  [T, B, D, H]       hidden state; vec2 where W = 2; of a segment's last
//                                                      timestep alone where `last` says so
//   5        c          read_write  [T, D, N, P, H / W] vec4  cell state, packs; without the T axis where nothing
//                                                      is kept for a backward pass
//   6        gates      read_write  [T, B, D, H] vec4  i, f, g, o, kept for the backward pass
//   7        carry      read_write  [D, N, P, H / W] vec4  with `half`: c from segment to segment
//        With `half` z, c and gates are halves.
// Grid   (N, D) workgroups of H / W invocations; invocation (s, lane) owns the W units from (s·S + lane)·W on.
// Order  The recurrent weights of a unit stay in registers for the whole sequence. A loop loads those of four k a
//        round, and selects put them where they belong: a software adapter takes half its compile time for loads
//        that are written out. h is exchanged
//        through workgroup memory, in two halves that alternate, so that one barrier a timestep is
//        enough. A subgroup loads the packs of S lanes at a time and broadcasts them: on a software adapter each
//        number of a load costs as much as some hundred multiplications, so packs have few gaps, and the more
//        units a lane owns, the fewer subgroups load all of h. Four rows at a time, whose states are whole packs, go
//        from z to h, so that few sums are alive at once.
//        A segment starts from the h and c that the one before it left in the buffers.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro pack(r, w) %}{{ (r * W + w) // 4 }}.{{ component(r * W + w) }}{% endmacro %}
{% macro own(r) %}{% if W == 1 %}h_{{ pack(r, 0) }}{% else %}vec2(h_{{ pack(r, 0) }}, h_{{ pack(r, 1) }}){% endif %}{% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<Four>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<{{ 'f32' if W == 1 else 'vec2<f32>' }}>;
@group(0) @binding(5) var<storage, read_write> c: array<Four>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<Four>;
{% endif %}
{% if half %}
@group(0) @binding(7) var<storage, read_write> carry: array<vec4<f32>>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;
const S = {{ S }}u;
const R = {{ R }}u;
const P = {{ P }}u;
const W = {{ W }}u;
const OWNERS = {{ H // W }}u; // lanes that own units

var<workgroup> exchange: array<vec4<f32>, {{ 2 * P * (H // W) }}>; // [2, P, OWNERS]

@compute @workgroup_size({{ H // W }})
fn lstm_forward_subgroup(
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
    let last_row = dims.batch - 1u;
{% for k in range(H) %}
{% for w in range(W) %}
    var u_{{ k }}_{{ w }} = vec4(0.0);
{% endfor %}
{% endfor %}
    for (var n = 0u; n < H / 4u; n++) {
{% for k in range(4) %}
{% for w in range(W) %}
        let next_{{ k }}_{{ w }} = recurrent[(direction * H + 4u * n + {{ k }}u) * H + unit + {{ w }}u];
{% endfor %}
{% endfor %}
{% for k in range(H) %}
{% for w in range(W) %}
        u_{{ k }}_{{ w }} = select(u_{{ k }}_{{ w }}, next_{{ k % 4 }}_{{ w }}, n == {{ k // 4 }}u);
{% endfor %}
{% endfor %}
    }
{% for r in range(R) %}
    let row_{{ r }} = min(group.x * R + {{ r }}u, last_row);
    let live_{{ r }} = group.x * R + {{ r }}u <= last_row;
{% endfor %}
{% for p in range(P) %}
    var c_{{ p }} = vec4(0.0);
    var h_{{ p }} = vec4(0.0);
{% endfor %}
    if dims.first > 0u {
        let before = timestep_of(dims.first - 1u, direction, dims.length);
{% for p in range(P) %}
{% if half %}
        c_{{ p }} = carry[(tile * P + {{ p }}u) * OWNERS + owner];
{% else %}
        c_{{ p }} = loaded(c[(({% if save %}before * D * groups.x + {% endif %}tile) * P + {{ p }}u) * OWNERS + owner]);
{% endif %}
{% endfor %}
{% for r in range(R) %}
        {
            let h_before = h[((before * dims.batch + row_{{ r }}) * D * H + column) / W];
{% for w in range(W) %}
            h_{{ pack(r, w) }} = h_before{% if W > 1 %}.{{ component(w) }}{% endif %};
{% endfor %}
        }
{% endfor %}
    }
{% for p in range(P) %}
    exchange[{{ p }}u * OWNERS + owner] = h_{{ p }};
{% endfor %}
    workgroupBarrier(); // the first h stands in the first half before anyone reads it

    for (var n = 0u; n < dims.count; n++) {
        let t = timestep_of(dims.first + n, direction, dims.length);
        let position = t * dims.batch;
        let read_half = (n & 1u) * P * OWNERS;
        let write_half = P * OWNERS - read_half;
{% if gathered or masked %}
{% for v in range((R + S - 1) // S) %}
        let slots_{{ v }} = slots[position + min(group.x * R + {{ v * S }}u + lane, last_row)];
{% endfor %}
{% for r in range(R) %}
        let slot_{{ r }} = subgroupBroadcast(slots_{{ r // S }}, {{ r % S }}u);
{% endfor %}
{% endif %}
{% for q in range((R + 3) // 4) %}
{% for r in rows_of(q) %}
{% for w in range(W) %}
{% if gathered %}
        var a_{{ r }}_{{ w }} = loaded(z[(slot_{{ r }} & ~MASK) * D * H + column + {{ w }}u]);
{% else %}
        var a_{{ r }}_{{ w }} = loaded(z[(position + row_{{ r }}) * D * H + column + {{ w }}u]);
{% endif %}
{% endfor %}
{% endfor %}
{% for i in range(H // (S * W)) %}
        {
{% for p in range(q * W, [(q + 1) * W, P]|min) %}
            let h_{{ p }} = exchange[read_half + {{ p }}u * OWNERS + {{ i * S }}u + lane];
{% endfor %}
{% for l in range(S) %}
{% for v in range(W) %}
{% for r in rows_of(q) %}
            {
                let h_k = vec4(subgroupBroadcast(h_{{ pack(r, v) }}, {{ l }}u)); // of unit k = {{ (i * S + l) * W + v }}
{% for w in range(W) %}
                a_{{ r }}_{{ w }} = fma(u_{{ (i * S + l) * W + v }}_{{ w }}, h_k, a_{{ r }}_{{ w }});
{% endfor %}
            }
{% endfor %}
{% endfor %}
{% endfor %}
        }
{% endfor %}
{% for r in rows_of(q) %}
{% if masked %}
        let masked_{{ r }} = (slot_{{ r }} & MASK) != 0u;
{% endif %}
{% for w in range(W) %}
        let g_{{ r }}_{{ w }} = vec4(sigmoid(a_{{ r }}_{{ w }}.x), sigmoid(a_{{ r }}_{{ w }}.y), tanh_safe(a_{{ r }}_{{ w }}.z), sigmoid(a_{{ r }}_{{ w }}.w));
        {
            let c_new = fma(g_{{ r }}_{{ w }}.y, c_{{ pack(r, w) }}, g_{{ r }}_{{ w }}.x * g_{{ r }}_{{ w }}.z);
            let h_new = g_{{ r }}_{{ w }}.w * tanh_safe(c_new);
{% if masked %}
            c_{{ pack(r, w) }} = select(c_new, c_{{ pack(r, w) }}, masked_{{ r }});
            h_{{ pack(r, w) }} = select(h_new, h_{{ pack(r, w) }}, masked_{{ r }});
{% else %}
            c_{{ pack(r, w) }} = c_new;
            h_{{ pack(r, w) }} = h_new;
{% endif %}
        }
{% endfor %}
{% if not last %}
        if live_{{ r }} {
            let at = (position + row_{{ r }}) * D * H + column;
            h[at / W] = {{ own(r) }};
{% if save %}
{% for w in range(W) %}
            gates[at + {{ w }}u] = stored(g_{{ r }}_{{ w }});
{% endfor %}
{% endif %}
        }
{% endif %}
{% endfor %}
{% endfor %}
{% for p in range(P) %}
        exchange[write_half + {{ p }}u * OWNERS + owner] = h_{{ p }};
{% if save %}
        c[((t * D * groups.x + tile) * P + {{ p }}u) * OWNERS + owner] = stored(c_{{ p }});
{% endif %}
{% endfor %}
        workgroupBarrier(); // the new half is written before it is read, the old one read before it is written
    }
{% if last %}
    let final_position = timestep_of(dims.first + dims.count - 1u, direction, dims.length) * dims.batch;
{% for r in range(R) %}
    if live_{{ r }} {
        h[((final_position + row_{{ r }}) * D * H + column) / W] = {{ own(r) }};
    }
{% endfor %}
{% endif %}
{% for p in range(P) %}
{% if half %}
    carry[(tile * P + {{ p }}u) * OWNERS + owner] = c_{{ p }};
{% elif not save %}
    c[(tile * P + {{ p }}u) * OWNERS + owner] = stored(c_{{ p }});
{% endif %}
{% endfor %}
}
