// dense_forward: a dense layer with its activation.
// uses: common/activations, common/dense_activation
//
// Math   y = activation(x·W + b)
// Shapes n rows, I inputs, O outputs.
//   binding  name    access      shape   holds
//   0        dims    uniform     struct  n, I, O, activation (0 linear, 1 relu, 2 sigmoid)
//   1        x       read        [n, I]
//   2        kernel  read        [I, O]  W
//   3        bias    read        [O]     b
//   4        y       read_write  [n, O]  written with `=`
// Grid   one invocation per element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier. Rows are few (a batch), so a tiled product would gain nothing.
// Twin   reference/dense.rs        Test  tests/gpu/dense.rs

struct Dims { rows: u32, inputs: u32, outputs: u32, activation: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> kernel: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn dense_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    if n >= dims.rows * dims.outputs {
        return;
    }
    let row = n / dims.outputs;
    let column = n % dims.outputs;
    var sum = bias[column];
    for (var i = 0u; i < dims.inputs; i++) {
        sum = fma(x[row * dims.inputs + i], kernel[i * dims.outputs + column], sum);
    }
    y[n] = activate(sum, dims.activation);
}
