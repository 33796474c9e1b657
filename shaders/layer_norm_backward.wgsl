// layer_norm_backward: the gradient of the input of layer_norm_forward, and the terms of that of γ.
//
// Math   n[i, j] = (x[i, j] - μ)·r    g[i, j] = γ[j]·d_y[i, j]
//        d_x[i, j] = r·(g[i, j] - mean over j of g - n[i, j]·mean over j of g·n)
//        terms[i, j] = d_y[i, j]·n[i, j], whose sum over the rows is the gradient of γ
// Shapes n rows, W features, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape   holds
//   0        dims     uniform     struct  n, W in Elements, W, ε
//   1        x        read        [n, W]  input of the forward pass
//   2        moments  read        [n, 2]  μ and r
//   3        gamma    read        [W]     γ
//   4        d_y      read        [n, W]
//   5        d_x      read_write  [n, W]  written with `=`
//   6        terms    read_write  [n, W]  written with `=`
// Grid   one invocation per row; 64 a workgroup, in two dimensions where one is not enough.
// Order  sums go upwards through a row, in one invocation: no barrier.
// Source Ba et al. (2016); Keras 3, layers.LayerNormalization.
// Twin   reference/layer_norm.rs        Test  tests/gpu/layer_norm.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, features: f32, epsilon: f32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> moments: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> gamma: array<Element>;
@group(0) @binding(4) var<storage, read> d_y: array<Element>;
@group(0) @binding(5) var<storage, read_write> d_x: array<Element>;
@group(0) @binding(6) var<storage, read_write> terms: array<Element>;

@compute @workgroup_size(64)
fn layer_norm_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows {
        return;
    }
    let first = i * dims.width;
    let mean = moments[i].x;
    let scale = moments[i].y;
    var sum = Element();
    var product = Element();
    for (var j = 0u; j < dims.width; j++) {
        let normal = (x[first + j] - Element(mean)) * scale;
        let g = gamma[j] * d_y[first + j];
        sum += g;
        product = fma(g, normal, product);
        terms[first + j] = d_y[first + j] * normal;
    }
    let mean_g = ({{ "sum.x + sum.y + sum.z + sum.w" if element == "vec4<f32>" else "sum" }}) / dims.features;
    let mean_product = ({{ "product.x + product.y + product.z + product.w" if element == "vec4<f32>" else "product" }}) / dims.features;
    for (var j = 0u; j < dims.width; j++) {
        let normal = (x[first + j] - Element(mean)) * scale;
        let g = gamma[j] * d_y[first + j];
        d_x[first + j] = scale * (g - Element(mean_g) - normal * mean_product);
    }
}
