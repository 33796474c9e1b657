// gru_step_forward: one timestep of a GRU's forward recurrence, for any number of units.
// uses: common/activations, common/recurrence
//
// Math   that of gru_forward_portable, for the timestep t of each direction.
// Shapes T timesteps, B rows of the batch, D directions, H units; position p = t·B + b.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, H, D, the s-th timestep processed, flags
//   1        input      read        [rows, D, H] vec4  x·W + b; row slots[p] if gathered, else p
//   2        slots      read        [T, B]             row of input; bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U: from unit k (middle axis) to unit j (last)
//   4        bias       read        [2, D, H] vec4     b, which input holds already, then b_r
//   5        h          read_write  [T, B, D, H]       hidden state
//   6        gates      read_write  [T, B, D, H] vec4  z, r, g, i_g, kept for the backward pass
// Grid   one invocation per (direction, row, unit); 64 a workgroup, in two dimensions where one is not enough.
// Order  An invocation reads h of the timestep before, written by an earlier dispatch, and writes words
//        that no other touches: no barrier. The persistent form is many times faster; this one holds
//        no weights, so it has no limit on H.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

struct Dims { length: u32, batch: u32, units: u32, directions: u32, step: u32, gathered: u32, masked: u32, sequences: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> bias: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> h: array<f32>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<vec4<f32>>;
{% endif %}

@compute @workgroup_size(64)
fn gru_step_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let H = dims.units;
    let D = dims.directions;
    if n >= dims.batch * D * H {
        return;
    }
    let unit = n % H;
    let direction = (n / H) % D;
    let row = n / (H * D);
    let column = direction * H + unit;
    let position = timestep_of(dims.step, direction, dims.length) * dims.batch + row;
    let before = timestep_of(max(dims.step, 1u) - 1u, direction, dims.length) * dims.batch + row;
    let slot = slots[position];
    let at = position * D * H + column;

    let a = input[select(position, slot & ~MASK, dims.gathered == 1u) * D * H + column];
    var i = bias[D * H + column];
    var h_before = 0.0;
    if dims.step > 0u {
        for (var k = 0u; k < H; k++) {
            i = fma(recurrent[(direction * H + k) * H + unit], vec4(h[before * D * H + direction * H + k]), i);
        }
        h_before = h[before * D * H + column];
    }
    let z = sigmoid(a.x + i.x);
    let r = sigmoid(a.y + i.y);
    let g = tanh_safe(fma(r, i.z, a.z));
    let masked = dims.masked == 1u && (slot & MASK) != 0u;
    h[at] = select(fma(z, h_before, (1.0 - z) * g), h_before, masked);
{% if save %}
    gates[at] = vec4(z, r, g, i.z);
{% endif %}
}
