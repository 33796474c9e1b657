// logistic_head: the last layer of two classes, its loss and its backward pass, of a batch that one workgroup is enough for.
// uses: common/activations, common/dense_activation, common/binary_loss
//
// Math   p = σ(x·W + b)    loss, right predictions and d_p as in binary_cross_entropy
//        d_s = d_p·p·(1 - p)    d_W = xᵀ·d_s    d_b = Σ_rows d_s    d_x = d_s·Wᵀ
// Shapes n rows, at most 256, I inputs, one output.
//   binding  name        access      shape   holds
//   0        dims        uniform     struct  n, I, the record to write, the place of b behind W and of d_b behind d_W, that of
//                                            the weights behind the labels
//   1        x           read        [n, I]
//   2        parameters  read        [..]    W [I], then b
//   3        batch       read        [..]    labels [n], 0 or 1, then what each row's loss counts [n]
//   4        p           read_write  [n]     probabilities, written with `=`
//   5        record      read_write  [.., 4] see binary_cross_entropy
//   6        gradients   read_write  [..]    d_W [I], then d_b, written with `=`
//   7        d_x         read_write  [n, I]  written with `=`
// Grid   one workgroup of 64 invocations: each takes every 64th row, then every 64th gradient. What is left of a step's three
//        dispatches is hardly any work, and on a GPU each waits for the one before it.
// Order  d_s and partial sums of the loss meet in workgroup memory; one barrier before each fold. Each sum is the one that
//        dense_forward, binary_cross_entropy and dense_backward make, in their order, so a larger batch has the same bits.
// Source Keras 3, losses.BinaryCrossentropy on probabilities, with sample_weight.
// Twin   reference/dense.rs, reference/loss.rs        Test  tests/gpu/logistic_head.rs

struct Dims { rows: u32, inputs: u32, record: u32, bias: u32, weights: u32, pad0: u32, pad1: u32, pad2: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> batch: array<f32>;
@group(0) @binding(4) var<storage, read_write> p: array<f32>;
@group(0) @binding(5) var<storage, read_write> record: array<u32>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_x: array<f32>;

const SIGMOID = 2u; // see common/dense_activation

var<workgroup> d_s: array<f32, 256>;
var<workgroup> losses: array<f32, 64>;
var<workgroup> right: array<u32, 64>;

@compute @workgroup_size(64)
fn logistic_head(@builtin(local_invocation_index) index: u32) {
    var loss = 0.0;
    var count = 0u;
    for (var row = index; row < dims.rows; row += 64u) {
        var sum = parameters[dims.bias];
        for (var i = 0u; i < dims.inputs; i++) {
            sum = fma(x[row * dims.inputs + i], parameters[i], sum);
        }
        let probability = activate(sum, SIGMOID);
        let of_row = row_loss(probability, batch[row], batch[dims.weights + row], f32(dims.rows));
        p[row] = probability;
        d_s[row] = of_row.d_p * activation_slope(probability, SIGMOID);
        loss -= of_row.log_likelihood;
        count += of_row.right;
    }
    losses[index] = loss;
    right[index] = count;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half, and d_s, are written before they are read
        if index < half {
            losses[index] += losses[index + half];
            right[index] += right[index + half];
        }
    }
    if index == 0u {
        record[4u * dims.record + 1u] = bitcast<u32>(losses[0] / f32(dims.rows));
        record[4u * dims.record + 2u] = right[0];
    }
    for (var i = index; i <= dims.inputs; i += 64u) {
        let is_bias = i == dims.inputs;
        var sum = 0.0;
        for (var row = 0u; row < dims.rows; row++) {
            if is_bias {
                sum += d_s[row];
            } else {
                sum = fma(x[row * dims.inputs + i], d_s[row], sum);
            }
        }
        gradients[select(i, dims.bias, is_bias)] = sum;
    }
    for (var n = index; n < dims.rows * dims.inputs; n += 64u) {
        d_x[n] = fma(d_s[n / dims.inputs], parameters[n % dims.inputs], 0.0);
    }
}
