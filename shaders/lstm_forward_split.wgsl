// lstm_forward_split: the forward recurrence of an LSTM, all its timesteps in one dispatch, made for GPUs.
// uses: common/activations, common/recurrence, common/storage
//
// Math   is that of lstm_forward_subgroup.
// Shapes as there, for one row of the batch a workgroup: c is [T, D, B, H], without the T axis where nothing is kept for
//        a backward pass; z and gates are bound as single numbers, [.., H, 4]. HP = H rounded up to 16. With `half` z, c
//        and gates are words of two halves, of c those of two units, [T, D, B, ⌈H / 2⌉], and carry has c itself.
// Grid   (B, D) workgroups of 4·HP invocations, in subgroups of at least 4 lanes (`half`: 8), of any size, that are full. Four
//        neighbouring lanes own a unit. While h·U is summed, lane q of them takes a quarter of k for all four gates: of
//        each 16 k, four. Then the quarters are added so that gate q ends in lane q, which applies its activation.
// Order  A lane's weights stay in registers for the whole sequence, as far as there are registers: those of the first
//        16·K k. The rest is loaded each timestep, from a cache. h alternates between two halves of workgroup memory, so
//        one barrier a timestep is enough; lanes of the same place in their fours load the same of it, which is broadcast.
//        z, and the slot that says where it is, are asked for a timestep ahead: a GPU waits hundreds of cycles for them.
//        Arrays of workgroup memory are nested, so that few indices of an access are not constants: wgpu checks these
//        alone. Loads of weights are written out, for compilers do not unroll a loop whose end wgpu guards.
//        A sum takes k in order within a quarter, then the quarters in pairs, whatever the size of a subgroup.
//        A segment starts from the h and c that the one before it left in the buffers.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

{% macro k(i, e) %}{{ 16 * i + e }}u + 4u * part{% endmacro %}
{% macro weight(i, e, unit) %}recurrent[(direction * H + {% if 16 * i + 16 <= H %}{{ k(i, e) }}{% else %}min({{ k(i, e) }}, H - 1u){% endif %}) * H + {{ unit }}]{% endmacro %}
{% set number = 'u32' if half else 'f32' %}
{% macro own_z(row) %}{% if half %}half_of(z[({{ row }} * D * H + column) * 2u + part / 2u], part){% else %}z[({{ row }} * D * H + column) * 4u + part]{% endif %}{% endmacro %}

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<{{ number }}>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<{{ number }}>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<{{ number }}>;
{% endif %}
{% if half %}
@group(0) @binding(7) var<storage, read_write> carry: array<f32>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;

// [2, HP / 16, 4, 4]: h of the timestep before, in two halves; of each 16 units, four a lane.
var<workgroup> state: array<array<array<array<f32, 4>, 4>, {{ (H + 15) // 16 }}>, 2>;

@compute @workgroup_size({{ (H + 15) // 16 * 64 }})
fn lstm_forward_split(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
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
    let tile = direction * groups.x + row;
{% for i in range([K, (H + 15) // 16]|min) %}
{% for e in range(4) %}
    let u_{{ i }}_{{ e }} = {{ weight(i, e, 'own_unit') }};
{% endfor %}
{% endfor %}
    var c_own = 0.0;
    var h_own = 0.0;
    if dims.first > 0u && live {
        let before = timestep_of(dims.first - 1u, direction, dims.length);
{% if half %}
        c_own = carry[tile * H + unit];
{% else %}
        c_own = c[({% if save %}before * D * groups.x + {% endif %}tile) * H + unit];
{% endif %}
        h_own = h[(before * dims.batch + row) * D * H + column];
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
    var z_next = {{ own_z('(slot & ~MASK)' if gathered else 'start') }};
    workgroupBarrier(); // the first h stands in the first half before anyone reads it

    for (var n = 0u; n < dims.count; n++) {
        let t = timestep_of(dims.first + n, direction, dims.length);
        let position = t * dims.batch + row;
        let z_now = z_next;
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
        z_next = {{ own_z('(slot & ~MASK)' if gathered else 'next') }};
        let half = n & 1u;
{% if 16 * K < H %}
        let unit_now = own_unit + (n >> 31u); // own_unit, which no compiler knows: it would load before the loop, and spill
{% endif %}
        var a = vec4(0.0);
{% for i in range((H + 15) // 16) %}
        {
            let s = vec4(state[half][{{ i }}][part][0], state[half][{{ i }}][part][1], state[half][{{ i }}][part][2], state[half][{{ i }}][part][3]);
{% for e in range(4) %}
            a = fma({% if i < K %}u_{{ i }}_{{ e }}{% else %}{{ weight(i, e, 'unit_now') }}{% endif %}, vec4(s.{{ component(e) }}), a);
{% endfor %}
        }
{% endfor %}
        // Lanes exchange what they do not keep: gates 0 and 2 stay in even lanes, then 0 and 1 in the lower two.
        let pair = select(a.xz, a.yw, odd) + quadSwapX(select(a.yw, a.xz, odd));
        let sum = select(pair.x, pair.y, high) + quadSwapY(select(pair.y, pair.x, high));
        let own = sum + z_now;
        let gate = select(sigmoid(own), tanh_safe(own), part == 2u);
        let i = quadBroadcast(gate, 0u);
        let f = quadBroadcast(gate, 1u);
        let g = quadBroadcast(gate, 2u);
        let o = quadBroadcast(gate, 3u);
        let c_new = fma(f, c_own, i * g);
        let h_new = o * tanh_safe(c_new);
{% if masked %}
        let takes = live && !masked;
{% else %}
        let takes = live;
{% endif %}
        c_own = select(c_own, c_new, takes);
        h_own = select(h_own, h_new, takes);
        if part == 0u {
            state[1u - half][unit / 16u][unit / 4u % 4u][unit % 4u] = h_own;
        }
{% if half %}
        let c_other = subgroupShuffleXor(c_own, 4u); // of the next unit where this is even, 0 past H
{% endif %}
        if live {
{% if not last %}
            if part == 0u {
                h[position * D * H + column] = h_own;
            }
{% endif %}
{% if half %}
            if part == 1u && unit % 2u == 0u {
                c[(t * D * groups.x + tile) * {{ (H + 1) // 2 }}u + unit / 2u] = two_halves(vec2(c_own, c_other));
            }
            if part < 2u {
                gates[(position * D * H + column) * 2u + part] = two_halves(select(vec2(i, f), vec2(g, o), odd));
            }
{% elif save %}
            if part == 1u {
                c[(t * D * groups.x + tile) * H + unit] = c_own;
            }
            gates[(position * D * H + column) * 4u + part] = gate;
{% endif %}
        }
        workgroupBarrier(); // the new half is written before it is read, the old one read before it is written
    }
    if live {
{% if last %}
        let final_position = timestep_of(dims.first + last_n, direction, dims.length) * dims.batch + row;
        if part == 0u {
            h[final_position * D * H + column] = h_own;
        }
{% endif %}
{% if half or not save %}
        if part == 1u {
            {{ "carry" if half else "c" }}[tile * H + unit] = c_own;
        }
{% endif %}
    }
}
