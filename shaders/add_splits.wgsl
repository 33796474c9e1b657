// add_splits: adds the parts of up to three products that were split over their sum.
//
// Math   y[to + j] = Σ_s x[first + s·W + j]   over the parts s of each product
// Shapes W numbers of a product, bound as Element: vec4 where all W are multiples of 4.
//   binding  name  access      shape   holds
//   0        dims  uniform     struct  of each product `first`, its parts, W and `to`, in Elements; how many products
//   1        x     read        [..]    parts, product behind product
//   2        y     read_write  [..]    sums, written with `=`
// Grid   one invocation per Element of all sums, product behind product; 64 a workgroup, in two dimensions where one is
//        not enough. The products of a layer's gradients wait for each other's parts anyway: one dispatch adds them all.
// Order  a sum is made by one invocation, upwards: no barrier, no atomics.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

alias Element = {{ element }};
struct Dims { products: array<vec4<u32>, 3>, count: u32, pad0: u32, pad1: u32, pad2: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn add_splits(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    var n = id.y * groups.x * 64u + id.x;
    for (var product = 0u; product < dims.count; product++) {
        let first = dims.products[product].x;
        let parts = dims.products[product].y;
        let width = dims.products[product].z;
        let to = dims.products[product].w;
        if n < width {
            var at = first + n;
            var sum = Element();
            for (var part = 0u; part < parts; part++) {
                sum += x[at];
                at += width;
            }
            y[to + n] = sum;
            return;
        }
        n -= width;
    }
}
