// binary_cross_entropy: the loss of a batch, its gradient, and how many predictions are right.
// uses: common/activations, common/binary_loss
//
// Math   q = clip(p, ε, 1 - ε)     ε = 1e-7
//        loss = mean of -w·(y·ln q + (1 - y)·ln(1 - q))
//        d_p = w·(q - y) / (q·(1 - q)) / B, and 0 where p was clipped
//        a prediction is right where (p > 0.5) = (y = 1)
// Shapes B rows of the batch.
//   binding  name    access      shape   holds
//   0        dims    uniform     struct  B, the record to write
//   1        p       read        [B]     probabilities
//   2        labels  read        [B]     y, 0 or 1
//   3        weights read        [B]     w, what the row's loss counts
//   4        d_p     read_write  [B]     gradient, written with `=`
//   5        record  read_write  [.., 4] per step: end marker, loss as bits, right predictions, place of a
//                                        number that is not finite; this kernel writes the second and third
// Grid   one workgroup of 64 invocations; each takes every 64th row.
// Order  partial sums meet in workgroup memory and are folded in halves; one barrier before each fold. The order is
//        fixed, so the loss repeats bit for bit.
// Source Keras 3, losses.BinaryCrossentropy on probabilities, with sample_weight.
// Twin   reference/loss.rs        Test  tests/gpu/loss.rs

struct Dims { batch: u32, record: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_p: array<f32>;
@group(0) @binding(5) var<storage, read_write> record: array<u32>;

var<workgroup> losses: array<f32, 64>;
var<workgroup> right: array<u32, 64>;

@compute @workgroup_size(64)
fn binary_cross_entropy(@builtin(local_invocation_index) index: u32) {
    var loss = 0.0;
    var count = 0u;
    for (var row = index; row < dims.batch; row += 64u) {
        let of_row = row_loss(p[row], labels[row], weights[row], f32(dims.batch));
        loss -= of_row.log_likelihood;
        d_p[row] = of_row.d_p;
        count += of_row.right;
    }
    losses[index] = loss;
    right[index] = count;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half is written before it is added to the lower
        if index < half {
            losses[index] += losses[index + half];
            right[index] += right[index + half];
        }
    }
    if index == 0u {
        record[4u * dims.record + 1u] = bitcast<u32>(losses[0] / f32(dims.batch));
        record[4u * dims.record + 2u] = right[0];
    }
}
