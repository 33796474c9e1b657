// dropout: sets a share of the numbers to 0 and scales the rest; on a gradient, the same mask once more.
// uses: common/philox
//
// Math   y[e] = x[e]·keep(e) / (1 - rate)
//        keep(e) = (word e mod 4 of philox(counter = (⌊e / 4⌋, step low, step high, layer), key = seed)) ≥ rate,
//        the word's upper 24 bits read as a number in [0, 1)
// Shapes n numbers.
//   binding  name  access      shape   holds
//   0        dims  uniform     struct  n, seed, step, layer, rate, 1 / (1 - rate)
//   1        x     read        [n]
//   2        mask  read        [n]     1 keeps, 0 drops: used in place of the drawn mask if `given`
//   3        y     read_write  [n]     written with `=`
// Grid   one invocation per number; 64 a workgroup, in two dimensions where one is not enough.
// Order  the mask depends on seed, layer, step and place alone, so it is drawn again in the backward pass
//        and never stored. Invocations share nothing: no barrier.
// Twin   reference/dropout.rs        Test  tests/gpu/dropout.rs

struct Dims { count: u32, seed_low: u32, seed_high: u32, step_low: u32, step_high: u32, layer: u32, rate: f32, scale: f32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn dropout(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let e = id.y * groups.x * 64u + id.x;
    if e >= dims.count {
        return;
    }
{% if given %}
    let keep = mask[e] != 0.0;
{% else %}
    let words = philox4x32(
        vec4(e / 4u, dims.step_low, dims.step_high, dims.layer),
        vec2(dims.seed_low, dims.seed_high),
    );
    let pair = select(words.xy, words.zw, (e & 2u) != 0u);
    let word = select(pair.x, pair.y, (e & 1u) != 0u);
    let keep = f32(word >> 8u) * exp2(-24.0) >= dims.rate;
{% endif %}
    y[e] = select(0.0, x[e] * dims.scale, keep);
}
