// adam: one step of the Adam optimiser, over all parameters at once.
//
// Math   g = scale·gradient, if gradients are clipped, else the gradient
//        m ← m + (g - m)·(1 - β1)    v ← v + (g² - v)·(1 - β2)
//        w ← w - decay·w - α·m / (√v + ε)      decay = rate·weight decay, 0 without;
//        α = rate·√(1 - β2^t) / (1 - β1^t), made on the host
// Shapes n numbers in vec4; the parameters lie one behind the other, each padded with zeros to 64 numbers.
//   binding  name       access      shape      holds
//   0        dims       uniform     struct     n / 4, α, 1 - β1, 1 - β2, ε, decay
//   1        gradients  read        [n]
//   2        w          read_write  [n]        parameters
//   3        m          read_write  [n]        first moments
//   4        v          read_write  [n]        second moments
//   5        not_finite read_write  [1]        the greatest index of a gradient that is not finite, plus 2; 1 where
//                                              only their norm is not (see clip_scale), 0 where all are
//   6        scale      read        [1]        see clip_scale; only if gradients are clipped
// Grid   one invocation per vec4; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share only not_finite, an integer maximum, which no order changes. Parameters lie in the
//        order of the layers, so the maximum names the layer nearest the loss, where a fault starts.
// Source Kingma and Ba (2015), Loshchilov and Hutter (2019); Keras 3, optimizers.Adam and AdamW, whose ε is added to the
//        uncorrected √v.
// Twin   reference/adam.rs        Test  tests/gpu/adam.rs

struct Dims { count: u32, alpha: f32, one_minus_beta1: f32, one_minus_beta2: f32, epsilon: f32, decay: f32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> not_finite: atomic<u32>;
{% if clip %}
@group(0) @binding(6) var<storage, read> scale: array<f32>;
{% endif %}

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.count {
        return;
    }
    var gradient = gradients[i];
    // Comparisons with NaN may be optimised away; the exponent's bits may not.
    let exponent = bitcast<vec4<u32>>(gradient) & vec4(0x7f800000u);
    if any(exponent == vec4(0x7f800000u)) {
        atomicMax(&not_finite, i + 2u);
    }
{% if clip %}
    gradient *= scale[0];
{% endif %}
    let first = m[i] + (gradient - m[i]) * dims.one_minus_beta1;
    let second = v[i] + (gradient * gradient - v[i]) * dims.one_minus_beta2;
    m[i] = first;
    v[i] = second;
    let decayed = w[i] - dims.decay * w[i];
    w[i] = decayed - dims.alpha * first / (sqrt(second) + dims.epsilon);
}
