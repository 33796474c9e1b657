// lstm_step_backward: one timestep of an LSTM's backward recurrence, for any number of units.
// uses: common/activations, common/recurrence
//
// Math   that of lstm_backward_subgroup, for the s-th timestep processed in each direction.
// Shapes as in lstm_step_forward.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, H, D, s, flags
//   1        d_h        read        [T, B, D, H], or [B, D, H] if not `sequences`
//   2        slots      read        [T, B]             bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U
//   4        c          read        [T, B, D, H]       cell state
//   5        gates      read_write  [T, B, D, H] vec4  i, f, g, o; replaced by dz
//   6        carry      read_write  [2, B, D, H]       dh and dc·f of the timestep processed after this
// Grid   one invocation per (direction, row, unit); 64 a workgroup, in two dimensions where one is not enough.
// Order  dz of the timestep processed after this one was written by an earlier dispatch. An invocation
//        reads its own word of `gates` and of `carry` before it replaces it: no barrier.
// Twin   reference/lstm.rs        Test  tests/gpu/lstm.rs

struct Dims { length: u32, batch: u32, units: u32, directions: u32, step: u32, gathered: u32, masked: u32, sequences: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> c: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

@compute @workgroup_size(64)
fn lstm_step_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let H = dims.units;
    let D = dims.directions;
    let size = dims.batch * D * H;
    if n >= size {
        return;
    }
    let unit = n % H;
    let direction = (n / H) % D;
    let row = n / (H * D);
    let column = direction * H + unit;
    let position = timestep_of(dims.step, direction, dims.length) * dims.batch + row;
    let at = position * D * H + column;
    let is_last = dims.step + 1u == dims.length;

    var dh = 0.0;
    var dc_after = 0.0;
    if dims.sequences == 1u {
        dh = d_h[at];
    } else if is_last {
        dh = d_h[row * D * H + column];
    }
    if !is_last {
        let after = timestep_of(dims.step + 1u, direction, dims.length) * dims.batch + row;
        if dims.masked == 1u && (slots[after] & MASK) != 0u {
            dh += carry[n];
        } else {
            var sums = vec4(0.0);
            for (var k = 0u; k < H; k++) {
                sums = fma(recurrent[(direction * H + unit) * H + k], gates[after * D * H + direction * H + k], sums);
            }
            dh += sums.x + sums.y + sums.z + sums.w;
        }
        dc_after = carry[size + n];
    }
    let g = gates[at];
    let before = timestep_of(max(dims.step, 1u) - 1u, direction, dims.length) * dims.batch + row;
    let c_before = select(c[before * D * H + column], 0.0, dims.step == 0u);
    let tanh_c = tanh_safe(c[at]);
    let dc = fma(dh * g.w, 1.0 - tanh_c * tanh_c, dc_after);
    let dz = vec4(
        dc * g.z * g.x * (1.0 - g.x),
        dc * c_before * g.y * (1.0 - g.y),
        dc * g.x * (1.0 - g.z * g.z),
        dh * tanh_c * g.w * (1.0 - g.w),
    );
    let masked = dims.masked == 1u && (slots[position] & MASK) != 0u;
    gates[at] = select(dz, vec4(0.0), masked);
    carry[n] = dh;
    carry[size + n] = select(dc * g.y, dc_after, masked);
}
