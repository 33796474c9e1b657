// dense_backward_parameters: the gradients of a dense layer's kernel and bias.
// uses: common/activations, common/dense_activation
//
// Math   d_W = xᵀ·d_s    d_b = Σ_rows d_s    with d_s = d_y·activation'(y)
// Shapes n rows, I inputs, O outputs.
//   binding  name      access      shape   holds
//   0        dims      uniform     struct  n, I, O, activation (0 linear, 1 relu, 2 sigmoid)
//   1        x         read        [n, I]  input of the forward pass
//   2        y         read        [n, O]  result of the forward pass
//   3        d_y       read        [n, O]
//   4        d_kernel  read_write  [I, O]  written with `=`
//   5        d_bias    read_write  [O]     written with `=`
// Grid   one invocation per element of d_W and of d_b, the latter after the former; 64 a workgroup.
// Order  a sum is made by one invocation, over the rows upwards: no barrier, no atomics.
// Twin   reference/dense.rs        Test  tests/gpu/dense.rs

struct Dims { rows: u32, inputs: u32, outputs: u32, activation: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> d_y: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_kernel: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_bias: array<f32>;

@compute @workgroup_size(64)
fn dense_backward_parameters(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let kernel_size = dims.inputs * dims.outputs;
    if n >= kernel_size + dims.outputs {
        return;
    }
    let is_bias = n >= kernel_size;
    let input = n / dims.outputs;
    let column = n % dims.outputs;
    var sum = 0.0;
    for (var row = 0u; row < dims.rows; row++) {
        let at = row * dims.outputs + column;
        let d_s = d_y[at] * activation_slope(y[at], dims.activation);
        if is_bias {
            sum += d_s;
        } else {
            sum = fma(x[row * dims.inputs + input], d_s, sum);
        }
    }
    if is_bias {
        d_bias[column] = sum;
    } else {
        d_kernel[n] = sum;
    }
}
