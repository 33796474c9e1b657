// gru_forward_portable: the forward recurrence of a GRU, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math   a_t = x_t·W + b, made by a matrix product before          i_t = h_{t-1}·U + b_r
//        z, r = σ(a_z + i_z), σ(a_r + i_r)                          g = tanh(a_g + r·i_g)
//        h_t = z·h_{t-1} + (1 - z)·g
//        A masked timestep copies h from the one before it.
// Shapes T timesteps, B rows of the batch, D directions, H units; position p = t·B + b. The gates of a unit lie side
//        by side as one vec4: z, r, g, and 0. A workgroup's R rows are handled four at a time, a quad; Q = ⌈R / 4⌉
//        quads, N workgroups a direction.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, and the segment [first, first + count)
//   1        input      read        [rows, D, H] vec4  x·W + b; row slots[p] if gathered, else p
//   2        slots      read        [T, B]             row of input; bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H, 4]       U: from unit k (second axis) to unit j (third)
//   4        bias       read        [2, D, H, 4]       b, which input holds already, then b_r
//   5        h          read_write  [T, B, D, H]       hidden state; of a segment's last timestep alone where
//                                                      `last` says so
//   6        gates      read_write  [T, B, D, H] vec4  z, r, g, i_g, kept for the backward pass
// Grid   (N, D) workgroups of 3·H invocations. While h·U is summed, invocation n·H + j owns gate n of unit j; in the
//        cell, invocation q·H + j owns unit j of the rows of quad q (Q ≤ 3).
// Order  The H recurrent weights of a gate stay in registers for the whole sequence; h is read from workgroup
//        memory, the same word by all invocations, which every GPU broadcasts, four rows a vec4, or the only row as
//        a number (R = 1). A sum starts from the bias and runs over k. No subgroup operation, no more than WebGPU's
//        default limits.
//        A segment starts from the h that the one before it left in the buffer.
// Source Cho et al. (2014); the reset gate acts after the product, as in Keras 3's GRU and cuDNN's.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

{% set L = 1 if R == 1 else 4 %}
{% set sigmoids = "sigmoid" if L == 1 else "sigmoid4" %}
{% set tanhs = "tanh_safe" if L == 1 else "tanh4" %}
alias Quad = {{ "f32" if L == 1 else "vec4<f32>" }}; // a number for each row of a quad

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> input: array<Four>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> h: array<f32>;
{% if save %}
@group(0) @binding(6) var<storage, read_write> gates: array<Four>;
{% endif %}

const D = {{ D }}u;
const H = {{ H }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> state: array<Quad, {{ Q * H }}>; // [Q, H]: h of the timestep before
var<workgroup> sums: array<Quad, {{ 3 * Q * H }}>; // [3, Q, H]: i, gate by gate

@compute @workgroup_size({{ 3 * H }})
fn gru_forward_portable(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let direction = group.y;
    let unit = index % H;
    let gate = index / H;
    let quad = gate; // this invocation's quad in the cell
    let own = quad * H + unit;
    let column = direction * H + unit;
    let last_row = dims.batch - 1u;
    let cell = quad < Q;
    let first_row = group.x * R + quad * 4u;
    // Rows past the workgroup's own belong to the next workgroup, and are not stored here.
    let rows = select(0u, min(4u, min(R - min(R, quad * 4u), dims.batch - min(dims.batch, first_row))), cell);
{% for l in range(L) %}
    let row_{{ l }} = min(first_row + {{ l }}u, last_row);
{% endfor %}
    let b = bias[((D + direction) * H + unit) * 4u + gate];
{% for k in range(H) %}
    let u_{{ k }} = recurrent[((direction * H + {{ k }}u) * H + unit) * 4u + gate];
{% endfor %}
    var h_own = Quad();
    if cell {
        if dims.first > 0u {
            let before = timestep_of(dims.first - 1u, direction, dims.length) * dims.batch;
            h_own = Quad(
{% for l in range(L) %}
                h[(before + row_{{ l }}) * D * H + column],
{% endfor %}
            );
        }
        state[own] = h_own;
    }
    workgroupBarrier(); // the first h is written before it is read

    for (var n = 0u; n < dims.count; n++) {
        let t = timestep_of(dims.first + n, direction, dims.length);
        let position = t * dims.batch;
{% for q in range(Q) %}
        {
            var sum = Quad(b);
{% for k in range(H) %}
            sum = fma(Quad(u_{{ k }}), state[{{ q * H + k }}u], sum);
{% endfor %}
            sums[gate * Q * H + {{ q * H }}u + unit] = sum;
        }
{% endfor %}
        workgroupBarrier(); // all sums are written, and all of `state` is read

        if cell {
{% for l in range(L) %}
{% if gathered %}
            let a_{{ l }} = loaded(input[(slots[position + row_{{ l }}] & ~MASK) * D * H + column]);
{% else %}
            let a_{{ l }} = loaded(input[(position + row_{{ l }}) * D * H + column]);
{% endif %}
{% endfor %}
            let i_g = sums[2u * Q * H + own];
            let z = {{ sigmoids }}(Quad({% for l in range(L) %}a_{{ l }}.x, {% endfor %}) + sums[own]);
            let r = {{ sigmoids }}(Quad({% for l in range(L) %}a_{{ l }}.y, {% endfor %}) + sums[Q * H + own]);
            let a_g = Quad({% for l in range(L) %}a_{{ l }}.z, {% endfor %});
            let g = {{ tanhs }}(fma(r, i_g, a_g));
            let h_new = fma(z, h_own, (1.0 - z) * g);
{% if masked %}
            let masked = {{ "bool" if L == 1 else "vec4" }}(
{% for l in range(L) %}
                (slots[position + row_{{ l }}] & MASK) != 0u,
{% endfor %}
            );
            h_own = select(h_new, h_own, masked);
{% else %}
            h_own = h_new;
{% endif %}
            state[own] = h_own;
{% if not last %}
            let at = (position + first_row) * D * H + column;
{% for l in range(L) %}
            if rows > {{ l }}u {
                h[at + {{ l * D * H }}u] = h_own{{ part(l) }};
{% if save %}
                gates[at + {{ l * D * H }}u] = stored(vec4(z{{ part(l) }}, r{{ part(l) }}, g{{ part(l) }}, i_g{{ part(l) }}));
{% endif %}
            }
{% endfor %}
{% endif %}
        }
        workgroupBarrier(); // the new `state` is written, and all sums are read
    }
{% if last %}
    let final_position = timestep_of(dims.first + dims.count - 1u, direction, dims.length) * dims.batch;
{% for l in range(L) %}
    if rows > {{ l }}u {
        h[(final_position + first_row + {{ l }}u) * D * H + column] = h_own{{ part(l) }};
    }
{% endfor %}
{% endif %}
}
