// embedding_scatter: puts the gradients of the unique tokens into the embedding's dense gradient.
//
// Math   gradient[ids[i]] = x[i]; all other rows were cleared before
// Shapes n unique tokens, V rows in the table, E numbers a row, bound as Element: vec4 where E is a multiple of 4.
//   binding  name      access      shape   holds
//   0        dims      uniform     struct  n, and E in Elements
//   1        x         read        [n, E]  gradient of each unique token
//   2        ids       read        [n]     token ids, each once, below V
//   3        gradient  read_write  [V, E]  written with `=`
// Grid   one invocation per Element of x; 64 a workgroup, in two dimensions where one is not enough.
// Order  the ids are distinct, so no two invocations write the same word: no barrier, no atomics.
// Twin   reference/embedding.rs        Test  tests/gpu/embedding.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<Element>;

@compute @workgroup_size(64)
fn embedding_scatter(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows * dims.width {
        return;
    }
    gradient[ids[i / dims.width] * dims.width + i % dims.width] = x[i];
}
