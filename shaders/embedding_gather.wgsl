// embedding_gather: copies the embedding rows of a list of tokens.
//
// Math   y[i] = table[ids[i]]
// Shapes n tokens, V rows in the table, E numbers a row, bound as Element: vec4 where E is a multiple of 4.
//   binding  name   access      shape   holds
//   0        dims   uniform     struct  n, and E in Elements
//   1        table  read        [V, E]  the embedding
//   2        ids    read        [n]     token ids, below V; bit 31 (masked) is ignored
//   3        y      read_write  [n, E]  written with `=`
// Grid   one invocation per Element of y; 64 a workgroup, in two dimensions where one is not enough.
// Order  invocations share nothing: no barrier.
// Twin   reference/embedding.rs        Test  tests/gpu/embedding.rs

alias Element = {{ element }};
struct Dims { rows: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> table: array<Element>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn embedding_gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= dims.rows * dims.width {
        return;
    }
    let token = ids[i / dims.width] & 0x7fffffffu;
    y[i] = table[token * dims.width + i % dims.width];
}
