// Sums each row of a matrix: a workgroup a row, whose invocations fold their parts.

override COLUMNS: u32;

@group(0) @binding(0) var<storage, read> matrix: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn row_sums(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
    var part = 0.0;
    for (var column = i; column < COLUMNS; column += 64u) {
        part += matrix[group.x * COLUMNS + column];
    }
    parts[i] = part;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier(); // the parts are written before they are added
        if i < half { parts[i] += parts[i + half]; }
    }
    if i == 0u { sums[group.x] = parts[0]; }
}
