// mean_weights: the weights that make a weighted sum over time the mean of the timesteps that are not masked.
// uses: common/recurrence
//
// Math   weights[t, b] = 1 / n_b where (t, b) is not masked, else 0;  n_b = timesteps of row b that are not masked
// Shapes T timesteps, B rows of the batch.
//   binding  name     access      shape   holds
//   0        dims     uniform     struct  T, B, whether padding is masked
//   1        slots    read        [T, B]  bit 31 set where the token is masked
//   2        weights  read_write  [T, B]  written with `=`
// Grid   one invocation per row of the batch; 64 a workgroup, in two dimensions where one is not enough.
// Order  an invocation counts, then writes; invocations share nothing: no barrier. A row that is all masked gets zeros.
// Source Keras 3, GlobalAveragePooling1D.
// Twin   reference/pooling.rs        Test  tests/gpu/pooling.rs

struct Dims { length: u32, batch: u32, masked: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;

fn is_kept(position: u32) -> bool {
    return dims.masked == 0u || (slots[position] & MASK) == 0u;
}

@compute @workgroup_size(64)
fn mean_weights(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = id.y * groups.x * 64u + id.x;
    if row >= dims.batch {
        return;
    }
    var kept = 0u;
    for (var t = 0u; t < dims.length; t++) {
        kept += select(0u, 1u, is_kept(t * dims.batch + row));
    }
    let weight = 1.0 / f32(max(kept, 1u));
    for (var t = 0u; t < dims.length; t++) {
        let position = t * dims.batch + row;
        weights[position] = select(0.0, weight, is_kept(position));
    }
}
