// softmax_cross_entropy: probabilities of several classes, the loss of a batch, its gradient, and how many predictions
// are right.
// uses: common/activations
//
// Math   m = max over c of s[b, c]    p[b, c] = e^(s[b, c] - m) / Σ_c e^(s[b, c] - m)
//        loss = mean of w[b]·(ln Σ_c e^(s[b, c] - m) + m - s[b, label])
//        d_s[b, c] = w[b]·(p[b, c] - (c = label)) / B
//        a prediction is right where the first of the greatest sums is the label's
// Shapes B rows of the batch, C classes.
//   binding  name    access      shape   holds
//   0        dims    uniform     struct  B, C, the record to write
//   1        s       read        [B, C]  sums of the last layer
//   2        labels  read        [B]     0 to C - 1
//   3        weights read        [B]     w, what the row's loss counts
//   4        p       read_write  [B, C]  written with `=`
//   5        d_s     read_write  [B, C]  gradient of the sums, written with `=`
//   6        record  read_write  [.., 4] see binary_cross_entropy; this kernel writes the second and third word
// Grid   one workgroup of 64 invocations; each takes every 64th row.
// Order  partial sums meet in workgroup memory and are folded in halves; one barrier before each fold. The order is
//        fixed, so the loss repeats bit for bit. A NaN is handed on, which exp and log of some drivers would not do.
// Source Keras 3, losses.SparseCategoricalCrossentropy with sample_weight; it takes the sums of a softmax where it
//        finds them.
// Twin   reference/loss.rs        Test  tests/gpu/softmax.rs

struct Dims { batch: u32, classes: u32, record: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> p: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_s: array<f32>;
@group(0) @binding(6) var<storage, read_write> record: array<u32>;

var<workgroup> losses: array<f32, 64>;
var<workgroup> right: array<u32, 64>;

@compute @workgroup_size(64)
fn softmax_cross_entropy(@builtin(local_invocation_index) index: u32) {
    var loss = 0.0;
    var count = 0u;
    for (var row = index; row < dims.batch; row += 64u) {
        let first = row * dims.classes;
        let label = u32(labels[row]);
        let w = weights[row];
        var most = s[first];
        var best = 0u;
        var own = most; // the sum of the label's class
        for (var c = 1u; c < dims.classes; c++) {
            let value = s[first + c];
            let greater = value > most && !is_nan(value);
            most = select(most, value, greater);
            best = select(best, c, greater);
            own = select(own, value, c == label);
        }
        var total = 0.0;
        for (var c = 0u; c < dims.classes; c++) {
            let distance = s[first + c] - most;
            let power = select(exp(distance), distance, is_nan(distance));
            p[first + c] = power;
            total += power;
        }
        for (var c = 0u; c < dims.classes; c++) {
            let probability = p[first + c] / total;
            p[first + c] = probability;
            d_s[first + c] = w * ((probability - select(0.0, 1.0, c == label)) / f32(dims.batch));
        }
        loss += w * (select(log(total), total, is_nan(total)) + (most - own));
        count += select(0u, 1u, best == label);
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
