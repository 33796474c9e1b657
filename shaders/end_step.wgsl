// end_step: closes a step's record with its number, as the last dispatch of the step.
//
// Math   record[r] = (marker, loss, right, not_finite), of which this kernel writes the first and the last
// Shapes
//   binding  name        access      shape   holds
//   0        dims        uniform     struct  the record to write, the marker
//   1        not_finite  read_write  [1]     see adam; set back to 0
//   2        record      read_write  [.., 4] see binary_cross_entropy
// Grid   one invocation.
// Order  A driver's watchdog can drop the work of a submission without an error. The host clears nothing: it
//        takes a record for this step's only if it carries this step's marker.
// Test   tests/gpu/loss.rs

struct Dims { record: u32, marker: u32, pad0: u32, pad1: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> not_finite: array<u32>;
@group(0) @binding(2) var<storage, read_write> record: array<u32>;

@compute @workgroup_size(1)
fn end_step() {
    record[4u * dims.record + 3u] = not_finite[0];
    record[4u * dims.record] = dims.marker;
    not_finite[0] = 0u;
}
