// lstm_step_forward: one timestep of an LSTM's forward recurrence, for any number of units.
// uses: common/activations, common/recurrence
//
// Math   that of lstm_forward_subgroup, for the timestep t of each direction.
// Shapes T timesteps, B rows of the batch, D directions, H units; position p = t·B + b.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, H, D, the s-th timestep processed, flags
//   1        z          read        [rows, D, H] vec4  x·W + b; row slots[p] if gathered, else p
//   2        slots      read        [T, B]             row of z; bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U: from unit k (middle axis) to unit j (last)
//   4        h          read_write  [T, B, D, H]       hidden state
//   5        c          read_write  [T, B, D, H]       cell state
//   6        gates      read_write  [T, B, D, H] vec4  i, f, g, o
// Grid   one invocation per (direction, row, unit); 64 a workgroup, in two dimensions where one is not enough.
// Order  An invocation reads h of the timestep before, written by an earlier dispatch, and writes words
//        that no other touches: no barrier. The persistent forms are many times faster; this one holds
//        no weights, so it has no limit on H.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

struct Dims { length: u32, batch: u32, units: u32, directions: u32, step: u32, gathered: u32, masked: u32, sequences: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;
@group(0) @binding(6) var<storage, read_write> gates: array<vec4<f32>>;

@compute @workgroup_size(64)
fn lstm_step_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
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

    var a = z[select(position, slot & ~MASK, dims.gathered == 1u) * D * H + column];
    var h_before = 0.0;
    var c_before = 0.0;
    if dims.step > 0u {
        for (var k = 0u; k < H; k++) {
            a = fma(recurrent[(direction * H + k) * H + unit], vec4(h[before * D * H + direction * H + k]), a);
        }
        h_before = h[before * D * H + column];
        c_before = c[before * D * H + column];
    }
    let g = vec4(sigmoid(a.x), sigmoid(a.y), tanh_safe(a.z), sigmoid(a.w));
    let c_new = fma(g.y, c_before, g.x * g.z);
    let masked = dims.masked == 1u && (slot & MASK) != 0u;
    c[at] = select(c_new, c_before, masked);
    h[at] = select(g.w * tanh_safe(c_new), h_before, masked);
    gates[at] = g;
}
