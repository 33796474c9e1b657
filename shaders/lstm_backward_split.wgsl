// lstm_backward_split: the backward recurrence of an LSTM, all its timesteps in one dispatch, made for GPUs.
// uses: common/activations, common/recurrence, common/storage
//
// Math   is that of lstm_backward_subgroup.
// Shapes as there, for one row of the batch a workgroup: c is [T, D, B, H], carry [2, D, B, H]. HP = H rounded up to 16.
// Grid   (B, D) workgroups of 4·HP invocations, in subgroups of at least 8 lanes, of any size, that are full. Eight
//        neighbouring lanes own two units. While dz·Uᵀ is summed, lane p of them takes the columns of units 8·i + p for
//        both; then the eighths are added so that the sum of a unit ends in the four lanes that own it. Each of these
//        four does the whole cell: it costs less than to exchange its results.
// Order  A lane's weights stay in registers, as far as there are registers: those of the first 8·K k. dz goes through
//        workgroup memory, a unit's four gates as one vec4, in two halves that alternate, so one barrier a timestep is
//        enough. What the cell needs is asked for a timestep ahead. Nested arrays, and loads that are written out: see
//        lstm_forward_split. The lanes of a unit read its gates a timestep before one of them replaces them, with a
//        barrier between; so T is at least 2. A sum takes k in order within an eighth, the gates in pairs, then the eighths in pairs.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro k(i) %}{{ 8 * i }}u + part{% endmacro %}
{% macro weight(i, units) %}recurrent[(direction * H + {{ units }}) * H + {% if 8 * i + 8 <= H %}{{ k(i) }}{% else %}min({{ k(i) }}, H - 1u){% endif %}]{% endmacro %}
{% macro own_c(t) %}{% if half %}half_of(c[({{ t }} * tiles + tile) * {{ (H + 1) // 2 }}u + own_unit / 2u], own_unit){% else %}c[({{ t }} * tiles + tile) * H + own_unit]{% endif %}{% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> c: array<{{ 'u32' if half else 'f32' }}>;
@group(0) @binding(5) var<storage, read_write> gates: array<Four>;
@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

const D = {{ D }}u;
const H = {{ H }}u;

// [2, HP / 8, 8]: the four gates of a unit, in two halves; 0 past H.
var<workgroup> dz: array<array<array<vec4<f32>, 8>, {{ (H + 15) // 16 * 2 }}>, 2>;

@compute @workgroup_size({{ (H + 15) // 16 * 64 }})
fn lstm_backward_split(
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
    let tiles = D * groups.x;
{% for i in range([K, (H + 15) // 16 * 2]|min) %}
{% for w in range(2) %}
    let u_{{ i }}_{{ w }} = {{ weight(i, ['first_unit', 'second_unit'][w]) }};
{% endfor %}
{% endfor %}
    let s_0 = dims.length - 1u - dims.first;
    let start = timestep_of(s_0, direction, dims.length);
    var dh_own = 0.0;
    var dc_own = 0.0;
    var c_own = {{ own_c('start') }};
    var c_next = {{ own_c('timestep_of(max(s_0, 1u) - 1u, direction, dims.length)') }};
    var g_next = loaded(gates[(start * dims.batch + row) * D * H + column]);
{% if sequences %}
    var d_next = d_h[(start * dims.batch + row) * D * H + column];
{% endif %}
{% if masked %}
    var masked_next = (slots[start * dims.batch + row] & MASK) != 0u;
{% endif %}
    if dims.first > 0u {
        dh_own = carry[tile * H + own_unit];
        dc_own = carry[(tiles + tile) * H + own_unit];
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
        let c_before = select(c_next, 0.0, s == 0u);
        let i = g_next.x;
        let f = g_next.y;
        let g = g_next.z;
        let o = g_next.w;
        let tanh_c = tanh_safe(c_own);
        // All that the gradient of h is multiplied by is there before that gradient is.
        let for_dc = o * (1.0 - tanh_c * tanh_c);
        let factors = vec4(g * i * (1.0 - i), c_before * f * (1.0 - f), i * (1.0 - g * g), tanh_c * o * (1.0 - o));
{% if sequences %}
        let dh = dh_own + d_next;
{% else %}
        let dh = dh_own;
{% endif %}
        let dc = fma(dh, for_dc, dc_own);
{% if masked %}
        let takes = live && !masked_next;
        dc_own = select(dc * f, dc_own, masked_next);
        let passed = select(0.0, dh, masked_next);
{% else %}
        let takes = live;
        dc_own = dc * f;
{% endif %}
        let dz_own = select(vec4(0.0), vec4(dc, dc, dc, dh) * factors, takes);
        c_own = c_before;
        if copy == 0u {
            dz[half][unit / 8u][unit % 8u] = dz_own;
        }
        if copy == 1u && live {
            gates[position * D * H + column] = stored_gradient(dz_own);
        }
        // After the last timestep any will do whose gates nobody replaces now.
        let before = timestep_of(select(s - 1u, 1u, s == 0u), direction, dims.length);
        g_next = loaded(gates[(before * dims.batch + row) * D * H + column]);
        c_next = {{ own_c('timestep_of(max(s, 2u) - 2u, direction, dims.length)') }};
{% if sequences %}
        d_next = d_h[(before * dims.batch + row) * D * H + column];
{% endif %}
{% if masked %}
        masked_next = (slots[before * dims.batch + row] & MASK) != 0u;
{% endif %}
        workgroupBarrier(); // this half is written before it is read; the other was read before it is written
        var a_0 = vec4(0.0);
        var a_1 = vec4(0.0);
{% for i in range((H + 15) // 16 * 2) %}
        {
            let d = dz[half][{{ i }}][part];
{% for w in range(2) %}
            a_{{ w }} = fma({% if i < K %}u_{{ i }}_{{ w }}{% else %}{{ weight(i, ['first_now', 'second_now'][w]) }}{% endif %}, d, a_{{ w }});
{% endfor %}
        }
{% endfor %}
        let sum_0 = (a_0.x + a_0.y) + (a_0.z + a_0.w);
        let sum_1 = (a_1.x + a_1.y) + (a_1.z + a_1.w);
        // Even lanes keep the first unit, odd ones the second.
        let two = select(sum_0, sum_1, odd) + subgroupShuffleXor(select(sum_1, sum_0, odd), 1u);
        let four = two + subgroupShuffleXor(two, 2u);
        let sum = four + subgroupShuffleXor(four, 4u);
{% if masked %}
        dh_own = passed + sum;
{% else %}
        dh_own = sum;
{% endif %}
    }
    if copy == 0u && live {
        carry[tile * H + unit] = dh_own;
        carry[(tiles + tile) * H + unit] = dc_own;
    }
}
