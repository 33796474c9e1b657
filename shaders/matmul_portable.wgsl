// matmul_portable: any product of two matrices: A·B (+ bias), Aᵀ·B or A·Bᵀ, batched, summed over terms, split over k.
// uses: common/matmul_dims
//
// Math   C(z, s)[m, n] = bias(z)[n] + Σ_term Σ_k A(z, term)[m, k]·B(z, term)[k, n]
//        over the k of split s, [s·chunk, (s + 1)·chunk)
// Shapes an element of A lies at a_offset + m·a_row + k·a_column, of B at b_offset + k·b_row + n·b_column,
//        of C at c_offset + m·c_row + n, all in numbers: the three forms are three choices of strides.
//   binding  name  access      holds
//   0        dims  uniform     sizes, strides and offsets
//   1        a     read        A
//   2        b     read        B
//   3        bias  read        [z, N], added once, if has_bias
//   4        c     read_write  C, written with `=`
// Grid   (⌈N / 32⌉, ⌈M / 32⌉, z·splits) workgroups of 8 × 8 invocations; a workgroup makes 32 × 32 elements,
//        an invocation 4 × 4.
// Order  Sixteen k of both matrices are brought to workgroup memory (4 KiB), as vec4 along m and along n,
//        zeros past the ends; then every invocation multiplies. k runs upwards.
// Twin   reference/matmul.rs        Test  tests/gpu/matmul.rs

@group(0) @binding(0) var<uniform> dims: MatmulDims;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;

const DEPTH = 16u;
var<workgroup> a_tile: array<vec4<f32>, 128>; // [16, 32 / 4]
var<workgroup> b_tile: array<vec4<f32>, 128>; // [16, 32 / 4]

fn load_a(origin: u32, m: u32, k: u32, end: u32) -> f32 {
    let inside = m < dims.m && k < end;
    return select(0.0, a[origin + min(m, dims.m - 1u) * dims.a_row + min(k, end - 1u) * dims.a_column], inside);
}

fn load_b(origin: u32, k: u32, n: u32, end: u32) -> f32 {
    let inside = n < dims.n && k < end;
    return select(0.0, b[origin + min(k, end - 1u) * dims.b_row + min(n, dims.n - 1u) * dims.b_column], inside);
}

@compute @workgroup_size(8, 8)
fn matmul_portable(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let batch = group.z / dims.splits;
    let part = group.z % dims.splits;
    let m0 = group.y * 32u;
    let n0 = group.x * 32u;
    let begin = part * dims.chunk;
    let end = min(begin + dims.chunk, dims.k);
    var sums: array<vec4<f32>, 4>; // indexed by constants alone
    for (var term = 0u; term < dims.terms; term++) {
        let a_from = dims.a_offset + batch * dims.a_batch + term * dims.a_term;
        let b_from = dims.b_offset + batch * dims.b_batch + term * dims.b_term;
        for (var k0 = begin; k0 < end; k0 += DEPTH) {
            for (var i = index; i < 128u; i += 64u) {
                let k = k0 + i / 8u;
                let m = m0 + (i % 8u) * 4u;
                let n = n0 + (i % 8u) * 4u;
                a_tile[i] = vec4(load_a(a_from, m, k, end), load_a(a_from, m + 1u, k, end), load_a(a_from, m + 2u, k, end), load_a(a_from, m + 3u, k, end));
                b_tile[i] = vec4(load_b(b_from, k, n, end), load_b(b_from, k, n + 1u, end), load_b(b_from, k, n + 2u, end), load_b(b_from, k, n + 3u, end));
            }
            workgroupBarrier(); // the tiles are written before they are read
            for (var k = 0u; k < DEPTH; k++) {
                let x = a_tile[k * 8u + local.y];
                let y = b_tile[k * 8u + local.x];
                sums[0] = fma(vec4(x.x), y, sums[0]);
                sums[1] = fma(vec4(x.y), y, sums[1]);
                sums[2] = fma(vec4(x.z), y, sums[2]);
                sums[3] = fma(vec4(x.w), y, sums[3]);
            }
            workgroupBarrier(); // the tiles are read before the next ones replace them
        }
    }
    let to = dims.c_offset + batch * dims.c_batch + part * dims.c_split;
{% for i in range(4) %}
    {
        let m = m0 + local.y * 4u + {{ i }}u;
{% for j in range(4) %}
        {
            let n = n0 + local.x * 4u + {{ j }}u;
            if m < dims.m && n < dims.n {
                var sum = sums[{{ i }}].{{ component(j) }};
                if dims.has_bias == 1u {
                    sum += bias[batch * dims.n + n];
                }
                c[to + m * dims.c_row + n] = sum;
            }
        }
{% endfor %}
    }
{% endfor %}
}
