// max_pool_forward: the greatest value of each feature over time.
//
// Math   y[b, j] = max over t of x[t, b, j]
//        ties[b, j] = the number of timesteps that have it, among which the backward pass divides the gradient
// Shapes T timesteps, B rows of the batch, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name  access      shape      holds
//   0        dims  uniform     struct     T, B, W in Elements
//   1        x     read        [T, B, W]
//   2        y     read_write  [B, W]     written with `=`
//   3        ties  read_write  [B, W]     written with `=`
// Grid   one invocation per Element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  an invocation walks through time; invocations share nothing: no barrier. A NaN is the greatest and stays, told
//        by its bits, for some drivers turn x > y around to !(x <= y).
// Source Keras 3, GlobalMaxPooling1D, whose back ends divide the gradient of ties evenly.
// Twin   reference/pooling.rs        Test  tests/gpu/pooling.rs

alias Element = {{ element }};
alias Bits = {{ "vec4<u32>" if element == "vec4<f32>" else "u32" }};
struct Dims { length: u32, batch: u32, width: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
@group(0) @binding(3) var<storage, read_write> ties: array<Element>;

@compute @workgroup_size(64)
fn max_pool_forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    let size = dims.batch * dims.width;
    if n >= size {
        return;
    }
    let infinity = Bits(0x7f800000u);
    var greatest = x[n];
    var count = Element(1.0);
    for (var t = 1u; t < dims.length; t++) {
        let value = x[t * size + n];
        let is_nan = (bitcast<Bits>(value) & Bits(0x7fffffffu)) > infinity;
        let was_nan = (bitcast<Bits>(greatest) & Bits(0x7fffffffu)) > infinity;
        let greater = !was_nan & (is_nan | (value > greatest));
        count = select(select(count, count + Element(1.0), value == greatest), Element(1.0), greater);
        greatest = select(greatest, value, greater);
    }
    y[n] = greatest;
    ties[n] = count;
}
