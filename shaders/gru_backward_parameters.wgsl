// gru_backward_parameters: gradients of a GRU's parameters, from sums over four columns a unit.
//
// Math   The columns of a unit are those of da_z, da_r, da_g, di_g (see gru_backward_portable), of which the input's
//        parameters take z, r and da_g, the state's z, r and di_g:
//        d_kernel = (z, r, a, 0)    d_recurrent_kernel = (z, r, i, 0)    d_bias = (z, r, a, 0), (z, r, i, 0)
//        from (z, r, a, i), where products have put sums over all columns in the gradients' own places.
// Shapes D directions, E inputs, H units.
//   binding  name                access      shape           holds
//   0        dims                uniform     struct          H, D, E
//   1        sums                read        [D, H] vec4     da_z, da_r, da_g, di_g, summed over all positions
//   2        d_kernel            read_write  [D, E, H] vec4  Σ x·(da, di); replaced with `=`
//   3        d_recurrent_kernel  read_write  [D, H, H] vec4  Σ h·(da, di); replaced with `=`
//   4        d_bias              read_write  [2, D, H] vec4  written with `=`
// Grid   one invocation per vec4 of the larger kernel; 64 a workgroup, in two dimensions where one is not enough.
// Order  An invocation replaces a vec4 that it alone reads: no barrier. The fourth numbers must be 0, for Adam
//        would move the parameters' zeros otherwise, and a clip would count them in its norm.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

struct Dims { units: u32, directions: u32, inputs: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> sums: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> d_kernel: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> d_recurrent_kernel: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> d_bias: array<vec4<f32>>;

@compute @workgroup_size(64)
fn gru_backward_parameters(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let width = dims.directions * dims.units;
    if n < width * dims.inputs {
        d_kernel[n] = vec4(d_kernel[n].xyz, 0.0);
    }
    if n < width * dims.units {
        d_recurrent_kernel[n] = vec4(d_recurrent_kernel[n].xyw, 0.0);
    }
    if n < width {
        d_bias[n] = vec4(sums[n].xyz, 0.0);
        d_bias[width + n] = vec4(sums[n].xyw, 0.0);
    }
}
