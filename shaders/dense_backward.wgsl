// dense_backward: the gradients of a dense layer's kernel, bias and input.
// uses: common/activations, common/dense_activation
//
// Math   d_W = xᵀ·d_s    d_b = Σ_rows d_s    d_x = d_s·Wᵀ    with d_s = d_y·activation'(y)
// Shapes n rows, I inputs, O outputs.
//   binding  name      access      shape   holds
//   0        dims      uniform     struct  n, I, O, activation (0 linear, 1 relu, 2 sigmoid)
//   1        x         read        [n, I]  input of the forward pass
//   2        y         read        [n, O]  result of the forward pass
//   3        d_y       read        [n, O]
//   4        kernel    read        [I, O]  W
//   5        d_kernel  read_write  [I, O]  written with `=`
//   6        d_bias    read_write  [O]     written with `=`
//   7        d_x       read_write  [n, I]  written with `=`
// Grid   one invocation per element of d_W, then of d_b, then of d_x; 64 a workgroup, in two dimensions where one is not
//        enough. None needs another's result, so they are one dispatch.
// Order  a sum is made by one invocation, over the rows or the outputs upwards: no barrier, no atomics.
// Twin   reference/dense.rs        Test  tests/gpu/dense.rs

struct Dims { rows: u32, inputs: u32, outputs: u32, activation: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> d_y: array<f32>;
@group(0) @binding(4) var<storage, read> kernel: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_kernel: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_x: array<f32>;

fn d_sum(at: u32) -> f32 {
    return d_y[at] * activation_slope(y[at], dims.activation);
}

// Element n of d_W, or of d_b behind it.
fn parameter(n: u32) {
    let kernel_size = dims.inputs * dims.outputs;
    let is_bias = n >= kernel_size;
    let input = n / dims.outputs;
    let column = n % dims.outputs;
    var sum = 0.0;
    for (var row = 0u; row < dims.rows; row++) {
        let d_s = d_sum(row * dims.outputs + column);
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

// Element n of d_x.
fn input(n: u32) {
    let origin = (n / dims.inputs) * dims.outputs;
    let row = (n % dims.inputs) * dims.outputs;
    var sum = 0.0;
    for (var j = 0u; j < dims.outputs; j++) {
        sum = fma(d_sum(origin + j), kernel[row + j], sum);
    }
    d_x[n] = sum;
}

@compute @workgroup_size(64)
fn dense_backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let parameters = (dims.inputs + 1u) * dims.outputs;
    if n < parameters {
        parameter(n);
    } else if n < parameters + dims.rows * dims.inputs {
        input(n - parameters);
    }
}
