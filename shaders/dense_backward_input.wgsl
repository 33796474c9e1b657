// dense_backward_input: the gradient of a dense layer's input.
// uses: common/activations, common/dense_activation
//
// Math   d_x = d_s·Wᵀ   with d_s = d_y·activation'(y)
// Shapes n rows, I inputs, O outputs.
//   binding  name    access      shape   holds
//   0        dims    uniform     struct  n, I, O, activation (0 linear, 1 relu, 2 sigmoid)
//   1        y       read        [n, O]  result of the forward pass
//   2        d_y     read        [n, O]
//   3        kernel  read        [I, O]  W
//   4        d_x     read_write  [n, I]  written with `=`
// Grid   one invocation per element of d_x; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Twin   reference/dense.rs        Test  tests/gpu/dense.rs

struct Dims { rows: u32, inputs: u32, outputs: u32, activation: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> d_y: array<f32>;
@group(0) @binding(3) var<storage, read> kernel: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_x: array<f32>;

@compute @workgroup_size(64)
fn dense_backward_input(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    if n >= dims.rows * dims.inputs {
        return;
    }
    let origin = (n / dims.inputs) * dims.outputs;
    let input = n % dims.inputs;
    var sum = 0.0;
    for (var j = 0u; j < dims.outputs; j++) {
        let d_s = d_y[origin + j] * activation_slope(y[origin + j], dims.activation);
        sum = fma(d_s, kernel[input * dims.outputs + j], sum);
    }
    d_x[n] = sum;
}
