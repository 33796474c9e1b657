// gru_forward_split: the forward recurrence of a GRU, all its timesteps in one dispatch, made for GPUs.
// uses: common/activations, common/recurrence, common/storage
//
// Math   is that of gru_forward_portable.
// Shapes as there, for one row of the batch a workgroup; input and gates are bound as single numbers, [.., H, 4], or
//        with `half` as words of two halves.
//        HP = H rounded up to 16.
// Grid   (B, D) workgroups of 4·HP invocations, in subgroups of at least 4 lanes, of any size, that are full. Four
//        neighbouring lanes own a unit. While h·U is summed, lane q of them takes a quarter of k for all gates: of each
//        16 k, four. Then the quarters are added so that gate q ends in lane q: z, r and i_g; the last lane has none.
// Order  That of lstm_forward_split. A sum takes k in order within a quarter, the quarters in pairs, and b_r at the end.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

{% macro k(i, e) %}{{ 16 * i + e }}u + 4u * part{% endmacro %}
{% macro weight(i, e, unit) %}recurrent[(direction * H + {% if 16 * i + 16 <= H %}{{ k(i, e) }}{% else %}min({{ k(i, e) }}, H - 1u){% endif %}) * H + {{ unit }}].xyz{% endmacro %}
{% set number = 'u32' if half else 'f32' %}
{% macro own_input(row) %}{% if half %}half_of(input[({{ row }} * D * H + column) * 2u + part / 2u], part){% else %}input[({{ row }} * D * H + column) * 4u + part]{% endif %}{% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> input: array<{{ number }}>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> h: array<f32>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<{{ number }}>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;

// [2, HP / 16, 4, 4]: h of the timestep before, in two halves; of each 16 units, four a lane.
var<workgroup> state: array<array<array<array<f32, 4>, 4>, {{ (H + 15) // 16 }}>, 2>;

@compute @workgroup_size({{ (H + 15) // 16 * 64 }})
fn gru_forward_split(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_size) size: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let index = subgroup * size + lane;
    let part = index % 4u;
    let odd = (part & 1u) != 0u;
    let high = (part & 2u) != 0u;
    let unit = index / 4u;
    // Units past H stay 0, and so do their products.
    let live = {{ 'unit < H' if H % 16 else 'true' }};
    let own_unit = {{ 'min(unit, H - 1u)' if H % 16 else 'unit' }};
    let row = group.x;
    let direction = group.y;
    let column = direction * H + own_unit;
    let b = bias[(D * H + column) * 4u + part];
{% for i in range([K, (H + 15) // 16]|min) %}
{% for e in range(4) %}
    let u_{{ i }}_{{ e }} = {{ weight(i, e, 'own_unit') }};
{% endfor %}
{% endfor %}
    var h_own = 0.0;
    if dims.first > 0u && live {
        let before = timestep_of(dims.first - 1u, direction, dims.length) * dims.batch + row;
        h_own = h[before * D * H + column];
    }
    if part == 0u {
        state[0][unit / 16u][unit / 4u % 4u][unit % 4u] = h_own;
    }
    let last_n = dims.count - 1u;
    let start = timestep_of(dims.first, direction, dims.length) * dims.batch + row;
{% if gathered or masked %}
    var slot = slots[start];
    var slot_next = slots[timestep_of(dims.first + min(1u, last_n), direction, dims.length) * dims.batch + row];
{% endif %}
    var a_next = {{ own_input('(slot & ~MASK)' if gathered else 'start') }};
    workgroupBarrier(); // the first h stands in the first half before anyone reads it

    for (var n = 0u; n < dims.count; n++) {
        let position = timestep_of(dims.first + n, direction, dims.length) * dims.batch + row;
        let a = a_next;
{% if masked %}
        let masked = (slot & MASK) != 0u;
{% endif %}
{% if gathered or masked %}
        slot = slot_next;
        slot_next = slots[timestep_of(dims.first + min(n + 2u, last_n), direction, dims.length) * dims.batch + row];
{% endif %}
{% if not gathered %}
        let next = timestep_of(dims.first + min(n + 1u, last_n), direction, dims.length) * dims.batch + row;
{% endif %}
        a_next = {{ own_input('(slot & ~MASK)' if gathered else 'next') }};
        let half = n & 1u;
{% if 16 * K < H %}
        let unit_now = own_unit + (n >> 31u); // own_unit, which no compiler knows: it would load before the loop, and spill
{% endif %}
        var sums = vec3(0.0);
{% for i in range((H + 15) // 16) %}
        {
            let s = vec4(state[half][{{ i }}][part][0], state[half][{{ i }}][part][1], state[half][{{ i }}][part][2], state[half][{{ i }}][part][3]);
{% for e in range(4) %}
            sums = fma({% if i < K %}u_{{ i }}_{{ e }}{% else %}{{ weight(i, e, 'unit_now') }}{% endif %}, vec3(s.{{ component(e) }}), sums);
{% endfor %}
        }
{% endfor %}
        // Lanes exchange what they do not keep: gates 0 and 2 stay in even lanes, then 0 and 1 in the lower two.
        let pair = select(sums.xz, vec2(sums.y, 0.0), odd) + quadSwapX(select(vec2(sums.y, 0.0), sums.xz, odd));
        let own = select(pair.x, pair.y, high) + quadSwapY(select(pair.y, pair.x, high)) + b;
        let sigmoids = sigmoid(a + own);
        let z = quadBroadcast(sigmoids, 0u);
        let r = quadBroadcast(sigmoids, 1u);
        let i_g = quadBroadcast(own, 2u);
        let g = tanh_safe(fma(r, i_g, quadBroadcast(a, 2u)));
        let h_new = fma(z, h_own, (1.0 - z) * g);
{% if masked %}
        h_own = select(h_own, h_new, live && !masked);
{% else %}
        h_own = select(h_own, h_new, live);
{% endif %}
        if part == 0u {
            state[1u - half][unit / 16u][unit / 4u % 4u][unit % 4u] = h_own;
        }
        if live {
{% if not last %}
            if part == 0u {
                h[position * D * H + column] = h_own;
            }
{% endif %}
{% if half %}
            if part < 2u {
                gates[(position * D * H + column) * 2u + part] = two_halves(select(vec2(z, r), vec2(g, i_g), odd));
            }
{% elif save %}
            gates[(position * D * H + column) * 4u + part] = select(select(sigmoids, g, high), i_g, part == 3u);
{% endif %}
        }
        workgroupBarrier(); // the new half is written before it is read, the old one read before it is written
    }
{% if last %}
    let final_position = timestep_of(dims.first + last_n, direction, dims.length) * dims.batch + row;
    if part == 0u && live {
        h[final_position * D * H + column] = h_own;
    }
{% endif %}
}
