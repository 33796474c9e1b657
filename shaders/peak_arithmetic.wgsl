// peak_arithmetic: multiplies and adds as fast as the adapter can, to tell what share of that another kernel reaches.
//
// Math   x ← factor·x + term, 16·rounds times, for 12 numbers an invocation that start at i mod 61, i mod 61 + 1, …;
//        y[i] = x[0..4] + x[4..8] + x[8..12]
// Shapes n invocations.
//   binding  name  access      shape     holds
//   0        dims  uniform     struct    rounds, factor, term
//   1        y     read_write  [n] vec4  written with `=`
// Grid   one invocation per vec4 of y; 64 a workgroup; n is a multiple of 64.
// Order  Invocations share nothing: no barrier. The 12 numbers do not wait for each other, which is enough to hide
//        how long a multiplication takes, and they and the two operands fit the 16 registers of a CPU's vector unit.
//        Nothing is loaded in the loop, and a round is long enough that counting rounds costs nothing.
// Twin   reference/peak.rs        Test  tests/gpu/peak.rs

struct Dims { rounds: u32, factor: f32, term: f32, pad0: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;

@compute @workgroup_size(64)
fn peak_arithmetic(@builtin(global_invocation_id) id: vec3<u32>) {
    let factor = vec4(dims.factor);
    let term = vec4(dims.term);
    // From each invocation's own number, so that no compiler computes one for all of them.
    let start = vec4(f32(id.x % 61u)) + vec4(0.0, 1.0, 2.0, 3.0);
{% for v in range(3) %}
    var x_{{ v }} = start + {{ 4 * v }}.0;
{% endfor %}
    for (var round = 0u; round < dims.rounds; round++) {
{% for n in range(16) %}
{% for v in range(3) %}
        x_{{ v }} = fma(factor, x_{{ v }}, term);
{% endfor %}
{% endfor %}
    }
    y[id.x] = x_0 + x_1 + x_2;
}
