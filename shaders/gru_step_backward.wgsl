// gru_step_backward: one timestep of a GRU's backward recurrence, for any number of units.
// uses: common/activations, common/recurrence
//
// Math   that of gru_backward_portable, for the s-th timestep processed in each direction.
// Shapes as in gru_step_forward.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, H, D, s, flags
//   1        d_h        read        [T, B, D, H], or [B, D, H] if not `sequences`
//   2        slots      read        [T, B]             bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H] vec4     U
//   4        h          read        [T, B, D, H]       hidden state
//   5        gates      read_write  [T, B, D, H] vec4  z, r, g, i_g; replaced by da_z, da_r, da_g, di_g
//   6        carry      read_write  [B, D, H]          dh·z of the timestep processed after this, dh if it is masked
// Grid   one invocation per (direction, row, unit); 64 a workgroup, in two dimensions where one is not enough.
// Order  The gradients of the timestep processed after this one were written by an earlier dispatch; where that
//        timestep is masked they are 0. An invocation reads its own word of `gates` and of `carry` before it
//        replaces it: no barrier.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

struct Dims { length: u32, batch: u32, units: u32, directions: u32, step: u32, gathered: u32, masked: u32, sequences: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

@compute @workgroup_size(64)
fn gru_step_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
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
    let at = position * D * H + column;
    let is_last = dims.step + 1u == dims.length;

    var dh = 0.0;
    if dims.sequences == 1u {
        dh = d_h[at];
    } else if is_last {
        dh = d_h[row * D * H + column];
    }
    if !is_last {
        let after = timestep_of(dims.step + 1u, direction, dims.length) * dims.batch + row;
        var sums = vec3(0.0);
        for (var k = 0u; k < H; k++) {
            let di = gates[after * D * H + direction * H + k];
            sums = fma(recurrent[(direction * H + unit) * H + k].xyz, di.xyw, sums);
        }
        dh += carry[n] + sums.x + sums.y + sums.z;
    }
    let before = timestep_of(max(dims.step, 1u) - 1u, direction, dims.length) * dims.batch + row;
    let h_before = select(h[before * D * H + column], 0.0, dims.step == 0u);
    let kept = gates[at];
    let z = kept.x;
    let r = kept.y;
    let g = kept.z;
    let i_g = kept.w;
    let da_g = dh * (1.0 - z) * (1.0 - g * g);
    let d = vec4(
        dh * (h_before - g) * z * (1.0 - z),
        da_g * i_g * r * (1.0 - r),
        da_g,
        da_g * r,
    );
    let masked = dims.masked == 1u && (slots[position] & MASK) != 0u;
    gates[at] = select(d, vec4(0.0), masked);
    carry[n] = select(dh * z, dh, masked);
}
