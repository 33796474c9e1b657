// rmsprop: one step of RMSprop, over all parameters at once.
//
// Math   g = scale·gradient, if gradients are clipped, else the gradient;  w ← w - decay·w  (rate·weight decay, 0 without)
//        v ← v + (g² - v)·(1 - ρ)    u = rate·g / √(v + ε)
//        without momentum   w ← w - u
//        with it            m ← momentum·m + u    w ← w - m
// Shapes n numbers in vec4; the parameters lie one behind the other, each padded with zeros to 64 numbers.
//   binding  name       access      shape      holds
//   0        dims       uniform     struct     n / 4, rate, 1 - ρ, ε, momentum, decay
//   1        gradients  read        [n]
//   2        w          read_write  [n]        parameters
//   3        v          read_write  [n]        velocity: running means of squares
//   4        not_finite read_write  [1]        as in adam.wgsl
//   5        m          read_write  [n]        moves; only with momentum
//   last     scale      read        [1]        see clip_scale; only if gradients are clipped
// Grid   one invocation per vec4; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share only not_finite, an integer maximum, which no order changes.
// Source Hinton, Neural Networks for Machine Learning (2012), lecture 6e; Keras 3, optimizers.RMSprop, whose ε is under
//        the root and whose rate is within m.
// Twin   reference/rmsprop.rs        Test  tests/gpu/optimisers.rs

struct Dims { count: u32, rate: f32, one_minus_rho: f32, epsilon: f32, momentum: f32, decay: f32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> not_finite: atomic<u32>;
{% if momentum %}
@group(0) @binding(5) var<storage, read_write> m: array<vec4<f32>>;
{% endif %}
{% if clip %}
@group(0) @binding({{ 6 if momentum else 5 }}) var<storage, read> scale: array<f32>;
{% endif %}

@compute @workgroup_size(64)
fn rmsprop(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
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
    let velocity = v[i] + (gradient * gradient - v[i]) * dims.one_minus_rho;
    v[i] = velocity;
    let update = dims.rate * gradient / sqrt(velocity + dims.epsilon);
    let decayed = w[i] - dims.decay * w[i];
{% if momentum %}
    let moved = dims.momentum * m[i] + update;
    m[i] = moved;
    w[i] = decayed - moved;
{% else %}
    w[i] = decayed - update;
{% endif %}
}
