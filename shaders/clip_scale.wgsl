// clip_scale: the norm of all gradients, or of a layer's, and the factor that brings it down to a bound.
//
// Math   norm = √Σ_p x[p]        scale = 1 where norm ≤ bound, else bound / norm
// Shapes P partial sums.
//   binding  name        access      shape   holds
//   0        dims        uniform     struct  P, the bound, the step's record
//   1        x           read        [P]     sums of squares, see square_sums
//   2        scale       read_write  [1]     written with `=`
//   3        not_finite  read_write  [1]     1 at least where the norm is not finite; see adam
//   4        norms       read_write  [..]    the step's norm, of all or of a layer, in the place of its record, written with `=`
// Grid   one workgroup of 64 invocations; each takes every 64th sum.
// Order  sums meet in workgroup memory and are folded in halves; one barrier before each fold. The order is fixed,
//        so the factor repeats bit for bit.
// Source Keras 3, Optimizer's global_clipnorm.
// Twin   reference/clip.rs        Test  tests/gpu/clip.rs

struct Dims { sums: u32, bound: f32, record: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> not_finite: atomic<u32>;
@group(0) @binding(4) var<storage, read_write> norms: array<f32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn clip_scale(@builtin(local_invocation_index) index: u32) {
    var sum = 0.0;
    for (var p = index; p < dims.sums; p += 64u) {
        sum += x[p];
    }
    sums[index] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the upper half is written before it is added to the lower
        if index < half {
            sums[index] += sums[index + half];
        }
    }
    if index == 0u {
        let norm = sqrt(sums[0]);
        norms[dims.record] = norm;
        // Comparisons with NaN may be optimised away; the exponent's bits may not.
        if (bitcast<u32>(sums[0]) & 0x7f800000u) == 0x7f800000u {
            atomicMax(&not_finite, 1u);
        }
        scale[0] = select(dims.bound / norm, 1.0, norm <= dims.bound);
    }
}
