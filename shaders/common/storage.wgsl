// Four numbers that lie side by side, as a buffer holds them: as they are, or as halves (`half`).
//
// Halves are made by pack2x16float, which every adapter has. A number of which binary16 has none, beyond 65,504 or NaN,
// becomes a NaN, so that the step stops: WGSL leaves open what the built-in makes of it.

{% if half %}
alias Four = vec2<u32>;

// Bits of 65,504, the largest half.
const LARGEST_HALF = 0x477fe000u;

// Gradients are kept so many times larger, for many are below 6·10⁻⁸, of which binary16 may make 0.
const GRADIENT_SCALE = 1024.0;

fn two_halves(x: vec2<f32>) -> u32 {
    let beyond = (bitcast<vec2<u32>>(x) & vec2(0x7fffffffu)) > vec2(LARGEST_HALF);
    let nan = select(vec2(0u), vec2(0x7e00u, 0x7e000000u), beyond);
    return pack2x16float(select(x, vec2(0.0), beyond)) | nan.x | nan.y;
}

// The n-th number of a buffer, of the word that holds it.
fn half_of(word: u32, n: u32) -> f32 {
    let pair = unpack2x16float(word);
    return select(pair.x, pair.y, (n & 1u) == 1u);
}

fn gradient_of(word: u32, n: u32) -> f32 {
    return half_of(word, n) / GRADIENT_SCALE;
}

fn stored(x: vec4<f32>) -> Four {
    return vec2(two_halves(x.xy), two_halves(x.zw));
}

fn loaded(x: Four) -> vec4<f32> {
    return vec4(unpack2x16float(x.x), unpack2x16float(x.y));
}

fn stored_gradient(x: vec4<f32>) -> Four {
    return stored(x * GRADIENT_SCALE);
}

fn loaded_gradient(x: Four) -> vec4<f32> {
    return loaded(x) / GRADIENT_SCALE;
}
{% else %}
alias Four = vec4<f32>;

fn stored(x: vec4<f32>) -> Four {
    return x;
}

fn loaded(x: Four) -> vec4<f32> {
    return x;
}

fn stored_gradient(x: vec4<f32>) -> Four {
    return x;
}

fn loaded_gradient(x: Four) -> vec4<f32> {
    return x;
}
{% endif %}
