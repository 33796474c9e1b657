// sgd: one step of gradient descent, over all parameters at once.
//
// Math   g = scale·gradient, if gradients are clipped, else the gradient;  w ← w - decay·w  (rate·weight decay, 0 without)
//        without momentum   w ← w - rate·g
//        with it            m ← momentum·m - rate·g    w ← w + m, or with nesterov w + momentum·m - rate·g
// Shapes n numbers in vec4; the parameters lie one behind the other, each padded with zeros to 64 numbers.
//   binding  name       access      shape      holds
//   0        dims       uniform     struct     n / 4, rate, momentum, decay
//   1        gradients  read        [n]
//   2        w          read_write  [n]        parameters
//   3        not_finite read_write  [1]        as in adam.wgsl
//   4        m          read_write  [n]        moves; only with momentum
//   last     scale      read        [1]        see clip_scale; only if gradients are clipped
// Grid   one invocation per vec4; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share only not_finite, an integer maximum, which no order changes.
// Source Sutskever, Martens, Dahl and Hinton (2013); Keras 3, optimizers.SGD, whose rate is within m.
// Twin   reference/sgd.rs        Test  tests/gpu/optimisers.rs

struct Dims { count: u32, rate: f32, momentum: f32, decay: f32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> not_finite: atomic<u32>;
{% if momentum %}
@group(0) @binding(4) var<storage, read_write> m: array<vec4<f32>>;
{% endif %}
{% if clip %}
@group(0) @binding({{ 5 if momentum else 4 }}) var<storage, read> scale: array<f32>;
{% endif %}

@compute @workgroup_size(64)
fn sgd(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
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
    let decayed = w[i] - dims.decay * w[i];
{% if momentum %}
    let moved = dims.momentum * m[i] - dims.rate * gradient;
    m[i] = moved;
{% if nesterov %}
    w[i] = decayed + (dims.momentum * moved - dims.rate * gradient);
{% else %}
    w[i] = decayed + moved;
{% endif %}
{% else %}
    w[i] = decayed - dims.rate * gradient;
{% endif %}
}
