// gru_backward_portable: the backward recurrence of a GRU, all its timesteps in one dispatch.
// uses: common/activations, common/recurrence, common/storage
//
// Math   dh_t = d_h_t + dh_{t+1}·z_{t+1} + di_{t+1}·Uᵀ    (t + 1: the timestep processed after t; 0 beyond the last)
//        da_z = di_z = dh·(h_{t-1} - g)·z·(1 - z)
//        da_g = dh·(1 - z)·(1 - g²)                      di_g = da_g·r
//        da_r = di_r = da_g·i_g·r·(1 - r)
//        da is the gradient of x·W + b, di that of h·U + b_r. A masked timestep has da = di = 0 and passes dh on.
// Shapes as in gru_forward_portable. `first` counts timesteps from the last processed one.
//   binding  name       access      shape              holds
//   0        dims       uniform     struct             T, B, and the segment [first, first + count)
//   1        d_h        read        [T, B, D, H], or [B, D, H] for a layer that gives its last state alone
//   2        slots      read        [T, B]             bit 31 set where the token is masked
//   3        recurrent  read        [D, H, H, 4]       U
//   4        h          read        [T, B, D, H]       hidden state
//   5        gates      read_write  [T, B, D, H] vec4  z, r, g, i_g; replaced by da_z, da_r, da_g, di_g
//   6        carry      read_write  [D, N, Q, H] vec4  dh·z + di·Uᵀ, from segment to segment, a quad a vec4, or a number
// Grid   (N, D) workgroups of 3·H invocations. In the cell, invocation q·H + j owns unit j of the rows of quad q
//        (Q ≤ 3); while di·Uᵀ is summed, invocation n·H + k owns unit k over the columns of gate n.
// Order  The H recurrent weights stay in registers; di is read from workgroup memory, the same word by all
//        invocations of a gate, four rows a vec4, or the only row as a number (R = 1). A sum runs over units within a gate,
//        then over the gates.
//        An invocation reads a word of `gates` before it replaces it, and no other touches that word.
// Twin   reference/gru.rs        Test  tests/gpu/gru.rs

{% set L = 1 if R == 1 else 4 %}
alias Quad = {{ "f32" if L == 1 else "vec4<f32>" }}; // a number for each row of a quad

struct Dims { length: u32, batch: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> d_h: array<f32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> recurrent: array<f32>;
@group(0) @binding(4) var<storage, read> h: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<Four>;
@group(0) @binding(6) var<storage, read_write> carry: array<Quad>;

const D = {{ D }}u;
const H = {{ H }}u;
const R = {{ R }}u;
const Q = {{ Q }}u;

var<workgroup> di: array<array<Quad, H>, {{ 3 * Q }}>; // [3, Q, H]: an index that is known needs no check
var<workgroup> partials: array<Quad, {{ 3 * Q * H }}>; // [3, Q, H]

@compute @workgroup_size({{ 3 * H }})
fn gru_backward_portable(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let direction = group.y;
    let unit = index % H;
    let gate = index / H;
    let quad = gate; // this invocation's quad in the cell
    let own = quad * H + unit;
    let column = direction * H + unit;
    let tile = direction * groups.x + group.x;
    let first_row = group.x * R + quad * 4u;
    // Rows past the workgroup's own belong to the next workgroup: they are not stored here, and the last own row is
    // read in their place, for the next workgroup replaces theirs. A quad without a row of its own has nothing to do.
    let rows = select(0u, min(4u, min(R - min(R, quad * 4u), dims.batch - min(dims.batch, first_row))), quad < Q);
    let cell = rows > 0u;
    let last_row = first_row + max(rows, 1u) - 1u;
{% for l in range(L) %}
    let row_{{ l }} = min(first_row + {{ l }}u, last_row);
{% endfor %}
{% for k in range(H) %}
    let u_{{ k }} = recurrent[((direction * H + unit) * H + {{ k }}u) * 4u + gate];
{% endfor %}
    var dh_own = Quad();
    if cell {
        if dims.first > 0u {
            dh_own = carry[tile * Q * H + own];
{% if not sequences %}
        } else {
            dh_own = Quad(
{% for l in range(L) %}
                d_h[row_{{ l }} * D * H + column],
{% endfor %}
            );
{% endif %}
        }
    }

    for (var n = 0u; n < dims.count; n++) {
        let s = dims.length - 1u - dims.first - n;
        let position = timestep_of(s, direction, dims.length) * dims.batch;
        if cell {
            let before = timestep_of(max(s, 1u) - 1u, direction, dims.length) * dims.batch;
            let h_before = select(Quad(
{% for l in range(L) %}
                h[(before + row_{{ l }}) * D * H + column],
{% endfor %}
            ), Quad(), s == 0u);
{% for l in range(L) %}
            let g_{{ l }} = loaded(gates[(position + row_{{ l }}) * D * H + column]);
{% endfor %}
            let z = Quad({% for l in range(L) %}g_{{ l }}.x, {% endfor %});
            let r = Quad({% for l in range(L) %}g_{{ l }}.y, {% endfor %});
            let g = Quad({% for l in range(L) %}g_{{ l }}.z, {% endfor %});
            let i_g = Quad({% for l in range(L) %}g_{{ l }}.w, {% endfor %});
{% if sequences %}
            let dh = dh_own + Quad(
{% for l in range(L) %}
                d_h[(position + row_{{ l }}) * D * H + column],
{% endfor %}
            );
{% else %}
            let dh = dh_own;
{% endif %}
            var da_z = dh * (h_before - g) * z * (1.0 - z);
            var da_g = dh * (1.0 - z) * (1.0 - g * g);
            var da_r = da_g * i_g * r * (1.0 - r);
{% if masked %}
            let masked = {{ "bool" if L == 1 else "vec4" }}(
{% for l in range(L) %}
                (slots[position + row_{{ l }}] & MASK) != 0u,
{% endfor %}
            );
            da_z = select(da_z, Quad(), masked);
            da_g = select(da_g, Quad(), masked);
            da_r = select(da_r, Quad(), masked);
            dh_own = select(dh * z, dh, masked);
{% else %}
            dh_own = dh * z;
{% endif %}
            let di_g = da_g * r;
            di[quad][unit] = da_z;
            di[Q + quad][unit] = da_r;
            di[2u * Q + quad][unit] = di_g;
            let at = (position + first_row) * D * H + column;
{% for l in range(L) %}
            if rows > {{ l }}u {
                gates[at + {{ l * D * H }}u] = stored_gradient(vec4(da_z{{ part(l) }}, da_r{{ part(l) }}, da_g{{ part(l) }}, di_g{{ part(l) }}));
            }
{% endfor %}
        }
        workgroupBarrier(); // all of di is written before it is read; `partials` of the timestep before is read
{% for q in range(Q) %}
        {
            var sum = Quad();
            let origin = gate * Q * H + {{ q * H }}u;
{% for k in range(H) %}
            sum = fma(Quad(u_{{ k }}), di[gate * Q + {{ q }}u][{{ k }}], sum);
{% endfor %}
            partials[origin + unit] = sum;
        }
{% endfor %}
        workgroupBarrier(); // all partial sums are written; all of di is read
        if cell {
            dh_own += partials[own] + partials[Q * H + own] + partials[2u * Q * H + own];
        }
    }
    if cell {
        carry[tile * Q * H + own] = dh_own;
    }
}
