// attention_weights_backward: the gradient of the scores of an attention pooling, through its weights.
//
// Math   d_weights[t, b] = Σ_j x[t, b, j]·d_y[b, j]
//        d_scores[t, b] = weights[t, b]·(d_weights[t, b] - Σ_s weights[s, b]·d_weights[s, b])
// Shapes T timesteps, B rows of the batch, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name      access      shape      holds
//   0        dims      uniform     struct     T, B, W in Elements
//   1        weights   read        [T, B]
//   2        x         read        [T, B, W]  rows that were summed
//   3        d_y       read        [B, W]
//   4        d_scores  read_write  [T, B]     d_weights, then what it says
// Grid   one workgroup of 64 invocations per row of the batch; an invocation takes every 64th timestep.
// Order  partial sums meet in workgroup memory and are folded in halves, one barrier before each fold; the order is
//        fixed. A timestep's gradient is written and changed by the same invocation.
// Source Yang et al. (2016), equations 6 and 7.
// Twin   reference/attention.rs        Test  tests/gpu/attention.rs

alias Element = {{ element }};
struct Dims { length: u32, batch: u32, width: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<Element>;
@group(0) @binding(3) var<storage, read> d_y: array<Element>;
@group(0) @binding(4) var<storage, read_write> d_scores: array<f32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn attention_weights_backward(
    @builtin(local_invocation_index) index: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    let row = group.x;
    var mean = 0.0;
    for (var t = index; t < dims.length; t += 64u) {
        let position = t * dims.batch + row;
        var sum = Element();
        for (var j = 0u; j < dims.width; j++) {
            sum = fma(x[position * dims.width + j], d_y[row * dims.width + j], sum);
        }
        let d_weight = {{ "sum.x + sum.y + sum.z + sum.w" if element == "vec4<f32>" else "sum" }};
        d_scores[position] = d_weight;
        mean = fma(weights[position], d_weight, mean);
    }
    sums[index] = mean;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half is written before it is added to the lower
        if index < half {
            sums[index] += sums[index + half];
        }
    }
    workgroupBarrier(); // the last fold is written before all read it
    mean = sums[0];
    for (var t = index; t < dims.length; t += 64u) {
        let position = t * dims.batch + row;
        d_scores[position] = weights[position] * (d_scores[position] - mean);
    }
}
