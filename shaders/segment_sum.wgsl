// segment_sum: sums rows in runs: the gradient of each token over the positions where it stands.
// uses: common/storage
//
// Math   y[targets[r]] = Σ x[rows[i]]   over i in [starts[r], starts[r + 1])
// Shapes n runs, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape    holds
//   0        dims     uniform     struct   n, W in Elements
//   1        x        read        [.., W]  rows to be summed
//   2        starts   read        [n + 1]  where each run begins in `rows`
//   3        rows     read        [..]     indices of rows of x
//   4        targets  read        [n]      row of y of each run, each once
//   5        y        read_write  [.., W]  written with `=`
//        With `half` x holds gradients as halves, and W is a multiple of 4.
// Grid   one invocation per (run, Element of the row); 64 a workgroup, in two dimensions where one is not enough.
// Order  a run is summed by one invocation, upwards, so the result does not depend on the schedule; no float
//        atomics. Runs are short: the host cuts a frequent token's positions into several, and sums their
//        sums in a second dispatch.
// Twin   reference/embedding.rs        Test  tests/gpu/embedding.rs

alias Element = {{ element }};
struct Dims { runs: u32, width: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<{{ 'Four' if half else element }}>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;
@group(0) @binding(4) var<storage, read> targets: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn segment_sum(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let n = id.y * groups.x * 64u + id.x;
    if n >= dims.runs * dims.width {
        return;
    }
    let run = n / dims.width;
    let column = n % dims.width;
    let end = starts[run + 1u];
    var sum = Element();
    for (var i = starts[run]; i < end; i++) {
        sum += {{ 'loaded_gradient' if half else '' }}(x[rows[i] * dims.width + column]);
    }
    y[targets[run] * dims.width + column] = sum;
}
