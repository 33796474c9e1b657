// segment_sum: sums rows in runs: the gradient of each token over the positions where it stands.
// uses: common/storage
//
// Math   y[targets[r]] = Σ x[rows[i]]   over i in [starts[r], starts[r + 1])
// Shapes n runs, W numbers a row, bound as Element: vec4 where W is a multiple of 4.
//   binding  name     access      shape    holds
//   0        dims     uniform     struct   n, W in Elements, how many runs are of x
//   1        x        read        [.., W]  rows that the first runs sum
//   2        partial  read        [.., W]  rows that the runs after those sum: sums of an earlier dispatch
//   3        starts   read        [n + 1]  where each run begins in `rows`
//   4        rows     read        [..]     indices of rows of x, then of partial
//   5        targets  read        [n]      row of y of each run, each once
//   6        y        read_write  [.., W]  written with `=`
//        Where all runs are of x, it is bound as partial too. With `half` x holds gradients as halves, and W is a multiple of 4.
// Grid   one invocation per (run, Element of the row); 64 a workgroup, in two dimensions where one is not enough.
// Order  a run is summed by one invocation, upwards, so the result does not depend on the schedule; no float
//        atomics. Runs are short: the host cuts a frequent token's positions into several, which a dispatch before this
//        one sums.
// Twin   reference/embedding.rs        Test  tests/gpu/embedding.rs

alias Element = {{ element }};
struct Dims { runs: u32, width: u32, of_x: u32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<{{ 'Four' if half else element }}>;
@group(0) @binding(2) var<storage, read> partial: array<Element>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> rows: array<u32>;
@group(0) @binding(5) var<storage, read> targets: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<Element>;

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
    if run < dims.of_x {
        for (var i = starts[run]; i < end; i++) {
            sum += {{ 'loaded_gradient' if half else '' }}(x[rows[i] * dims.width + column]);
        }
    } else {
        for (var i = starts[run]; i < end; i++) {
            sum += partial[rows[i] * dims.width + column];
        }
    }
    y[targets[run] * dims.width + column] = sum;
}
