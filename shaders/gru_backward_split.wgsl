// gru_backward_split: the backward recurrence of a GRU, all its timesteps in one dispatch, made for GPUs.
// uses: common/activations, common/recurrence, common/storage
//
// Math   is that of gru_backward_portable.
// Shapes as there, for one row of the batch a workgroup: carry is [D, B, H]. HP = H rounded up to 16.
// Grid   (B, D) workgroups of 4·HP invocations, in subgroups of at least 8 lanes, of any size, that are full. Eight
//        neighbouring lanes own two units. While di·Uᵀ is summed, lane p of them takes the columns of units 8·i + p for
//        both; then the eighths are added so that the sum of a unit ends in the four lanes that own it.
// Order  That of lstm_backward_split, T is at least 2. A sum takes k in order within an eighth, z, r and g in this order, then the eighths
//        in pairs.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

{% macro k(i) %}{{ 8 * i }}u + part{% endmacro %}
{% macro weight(i, units) %}recurrent[(direction * H + {{ units }}) * H + {% if 8 * i + 8 <= H %}{{ k(i) }}{% else %}min({{ k(i) }}, H - 1u){% endif %}].xyz{% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<Four>;
@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

const D = {{ D }}u;
const H = {{ H }}u;

// [2, HP / 8, 8]: di of a unit's three gates, in two halves; 0 past H.
var<workgroup> di: array<array<array<vec4<f32>, 8>, {{ (H + 15) // 16 * 2 }}>, 2>;

@compute @workgroup_size({{ (H + 15) // 16 * 64 }})
fn gru_backward_split(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_size) size: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let index = subgroup * size + lane;
    let part = index % 8u;
    let odd = (part & 1u) != 0u;
    let copy = part / 2u; // which of the four lanes that own this unit
    let unit = index / 8u * 2u + (part & 1u);
    // Units past H have no gradient.
    let live = {{ 'unit < H' if H % 16 else 'true' }};
    let own_unit = {{ 'min(unit, H - 1u)' if H % 16 else 'unit' }};
    let first_unit = {{ 'min(index / 8u * 2u, H - 1u)' if H % 16 else 'index / 8u * 2u' }};
    let second_unit = {{ 'min(first_unit + 1u, H - 1u)' if H % 16 else 'first_unit + 1u' }};
    let row = group.x;
    let direction = group.y;
    let column = direction * H + own_unit;
    let tile = direction * groups.x + row;
{% for i in range([K, (H + 15) // 16 * 2]|min) %}
{% for w in range(2) %}
    let u_{{ i }}_{{ w }} = {{ weight(i, ['first_unit', 'second_unit'][w]) }};
{% endfor %}
{% endfor %}
    let s_0 = dims.length - 1u - dims.first;
    let start = timestep_of(s_0, direction, dims.length) * dims.batch + row;
    var dh_own = 0.0;
    var g_next = loaded(gates[start * D * H + column]);
    var h_next = h[(timestep_of(max(s_0, 1u) - 1u, direction, dims.length) * dims.batch + row) * D * H + column];
{% if sequences %}
    var d_next = d_h[start * D * H + column];
{% endif %}
{% if masked %}
    var masked_next = (slots[start] & MASK) != 0u;
{% endif %}
    if dims.first > 0u {
        dh_own = carry[tile * H + own_unit];
{% if not sequences %}
    } else {
        dh_own = d_h[row * D * H + column];
{% endif %}
    }
    workgroupBarrier(); // all lanes of a unit have read its gates and what is carried before one replaces them

    for (var n = 0u; n < dims.count; n++) {
        let s = s_0 - n;
        let position = timestep_of(s, direction, dims.length) * dims.batch + row;
        let half = n & 1u;
{% if 8 * K < H %}
        // The same units, which no compiler knows: it would load their weights before the loop, and spill.
        let first_now = first_unit + (n >> 31u);
        let second_now = second_unit + (n >> 31u);
{% endif %}
        let h_before = select(h_next, 0.0, s == 0u);
        let z = g_next.x;
        let r = g_next.y;
        let g = g_next.z;
        let i_g = g_next.w;
{% if sequences %}
        let dh = dh_own + d_next;
{% else %}
        let dh = dh_own;
{% endif %}
{% if masked %}
        let takes = live && !masked_next;
        let passed = select(dh * z, dh, masked_next);
{% else %}
        let takes = live;
        let passed = dh * z;
{% endif %}
        let da_z = dh * ((h_before - g) * z * (1.0 - z));
        let da_g = dh * ((1.0 - z) * (1.0 - g * g));
        let da_r = da_g * (i_g * r * (1.0 - r));
        let da = select(vec4(0.0), vec4(da_z, da_r, da_g, da_g * r), takes);
        if copy == 0u {
            di[half][unit / 8u][unit % 8u] = da.xyww;
        }
        if copy == 1u && live {
            gates[position * D * H + column] = stored_gradient(da);
        }
        // After the last timestep any will do whose gates nobody replaces now.
        let before = timestep_of(select(s - 1u, 1u, s == 0u), direction, dims.length) * dims.batch + row;
        g_next = loaded(gates[before * D * H + column]);
        h_next = h[(timestep_of(max(s, 2u) - 2u, direction, dims.length) * dims.batch + row) * D * H + column];
{% if sequences %}
        d_next = d_h[before * D * H + column];
{% endif %}
{% if masked %}
        masked_next = (slots[before] & MASK) != 0u;
{% endif %}
        workgroupBarrier(); // this half is written before it is read; the other was read before it is written
        var a_0 = vec3(0.0);
        var a_1 = vec3(0.0);
{% for i in range((H + 15) // 16 * 2) %}
        {
            let d = di[half][{{ i }}][part].xyz;
{% for w in range(2) %}
            a_{{ w }} = fma({% if i < K %}u_{{ i }}_{{ w }}{% else %}{{ weight(i, ['first_now', 'second_now'][w]) }}{% endif %}, d, a_{{ w }});
{% endfor %}
        }
{% endfor %}
        let sum_0 = a_0.x + a_0.y + a_0.z;
        let sum_1 = a_1.x + a_1.y + a_1.z;
        // Even lanes keep the first unit, odd ones the second.
        let two = select(sum_0, sum_1, odd) + subgroupShuffleXor(select(sum_1, sum_0, odd), 1u);
        let four = two + subgroupShuffleXor(two, 2u);
        dh_own = passed + (four + subgroupShuffleXor(four, 4u));
    }
    if copy == 0u && live {
        carry[tile * H + unit] = dh_own;
    }
}
