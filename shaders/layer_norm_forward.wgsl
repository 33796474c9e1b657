// layer_norm_forward: normalises the features of each row, then scales and shifts them.
//
// Math   μ = mean over j of x[i, j]    r = 1 / √(mean over j of (x[i, j] - μ)² + ε)
//        y[i, j] = γ[j]·(x[i, j] - μ)·r + β[j]
// Shapes n rows, W features, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape   holds
//   0        dims     uniform     struct  n, W in Elements, W, ε
//   1        x        read        [n, W]
//   2        gamma    read        [W]     γ
//   3        beta     read        [W]     β
//   4        y        read_write  [n, W]  written with `=`
//   5        moments  read_write  [n, 2]  μ and r, for the backward pass; written with `=`
// Grid   one invocation per row; 64 a workgroup, in two dimensions where one is not enough.
// Order  sums go upwards through a row, in one invocation: no barrier. The variance is that of the differences from
//        the mean, which does not cancel as that of the squares does.
// Source Ba et al. (2016); Keras 3, layers.LayerNormalization.
// Twin   reference/layer_norm.rs        Test  tests/gpu/layer_norm.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, features: f32, epsilon: f32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> gamma: array<Element>;
@group(0) @binding(3) var<storage, read> beta: array<Element>;
@group(0) @binding(4) var<storage, read_write> y: array<Element>;
@group(0) @binding(5) var<storage, read_write> moments: array<vec2<f32>>;

@compute @workgroup_size(64)
fn layer_norm_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows {
        return;
    }
    let first = i * dims.width;
    var sum = Element();
    for (var j = 0u; j < dims.width; j++) {
        sum += x[first + j];
    }
    let mean = ({{ "sum.x + sum.y + sum.z + sum.w" if element == "vec4<f32>" else "sum" }}) / dims.features;
    var squares = Element();
    for (var j = 0u; j < dims.width; j++) {
        let difference = x[first + j] - Element(mean);
        squares = fma(difference, difference, squares);
    }
    let variance = ({{ "squares.x + squares.y + squares.z + squares.w" if element == "vec4<f32>" else "squares" }}) / dims.features;
    let scale = 1.0 / sqrt(variance + dims.epsilon);
    for (var j = 0u; j < dims.width; j++) {
        let normal = (x[first + j] - Element(mean)) * scale;
        y[first + j] = fma(gamma[j], normal, beta[j]);
    }
    moments[i] = vec2(mean, scale);
}
