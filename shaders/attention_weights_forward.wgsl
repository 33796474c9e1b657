// attention_weights_forward: scores become weights, by a softmax over time.
// uses: common/activations, common/recurrence
//
// Math   weights[t, b] = e^(scores[t, b] - m_b) / Σ_t e^(scores[t, b] - m_b)    m_b = max over t of scores[t, b];
//        masked timesteps are left out and get 0
// Shapes T timesteps, B rows of the batch.
//   binding  name     access      shape   holds
//   0        dims     uniform     struct  T, B, whether padding is masked
//   1        scores   read        [T, B]
//   2        slots    read        [T, B]  bit 31 set where the token is masked
//   3        weights  read_write  [T, B]  written with `=`, then divided by their sum
// Grid   one workgroup of 64 invocations per row of the batch; an invocation takes every 64th timestep.
// Order  the greatest score and the sum meet in workgroup memory and are folded in halves, one barrier before each fold.
//        The order is fixed. A timestep's weight is written and divided by the same invocation. A row that is all
//        masked gets zeros.
// Source Yang et al. (2016), equation 6.
// Twin   reference/attention.rs        Test  tests/gpu/attention.rs

struct Dims { length: u32, batch: u32, masked: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

const LEAST = -3.4e38; // below every score

var<workgroup> greatest: array<f32, 64>;
var<workgroup> sums: array<f32, 64>;

fn is_kept(position: u32) -> bool {
    return dims.masked == 0u || (slots[position] & MASK) == 0u;
}

@compute @workgroup_size(64)
fn attention_weights_forward(
    @builtin(local_invocation_index) index: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    let row = group.x;
    var most = LEAST;
    for (var t = index; t < dims.length; t += 64u) {
        let score = scores[t * dims.batch + row];
        most = select(most, score, is_kept(t * dims.batch + row) && score > most);
    }
    greatest[index] = most;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half is written before it is compared with the lower
        if index < half {
            greatest[index] = max(greatest[index], greatest[index + half]);
        }
    }
    workgroupBarrier(); // the last fold is written before all read it
    most = greatest[0];

    var sum = 0.0;
    for (var t = index; t < dims.length; t += 64u) {
        let position = t * dims.batch + row;
        let distance = scores[position] - most;
        // exp of some drivers turns a NaN into a number.
        let weight = select(select(exp(distance), distance, is_nan(distance)), 0.0, !is_kept(position));
        weights[position] = weight;
        sum += weight;
    }
    sums[index] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half is written before it is added to the lower
        if index < half {
            sums[index] += sums[index + half];
        }
    }
    workgroupBarrier(); // the last fold is written before all read it
    let total = select(sums[0], 1.0, sums[0] == 0.0);
    for (var t = index; t < dims.length; t += 64u) {
        weights[t * dims.batch + row] /= total;
    }
}
