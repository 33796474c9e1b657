//! What kernels compute, against numbers worked out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::{Buffer, Launch, Outcome, Shader, run};

/// Runs a kernel of `lanes` invocations that has `out`, an array of `kind`, and these declarations and statements.
fn launched(kind: &str, lanes: u32, declarations: &str, body: &str) -> Outcome {
    let source = format!(
        "@group(0) @binding(0) var<storage, read_write> out: array<{kind}>;
         @group(1) @binding(3) var<storage, read> given: array<f32>;
         {declarations}
         @compute @workgroup_size({lanes})
         fn kernel(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {{
             _ = given[0];
             {body}
         }}"
    );
    let shader = Shader::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let launch = Launch::new([1, 1, 1])
        .subgroup_size(4)
        .bind(0, 0, Buffer::zeros(64 * 4))
        .bind(1, 3, Buffer::f32(&[1.5, -2.0, 0.25, 8.0]));
    run(&shader, &launch)
}

#[track_caller]
fn floats(declarations: &str, body: &str, expected: &[f32]) {
    let outcome = launched("f32", 1, declarations, body);
    assert_eq!(outcome.findings(), [], "{body}");
    let found = outcome.f32(0, 0).unwrap();
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-6 * expected.abs(),
            "{body}: number {at} is {found}, not {expected}"
        );
    }
}

#[track_caller]
fn words(lanes: u32, declarations: &str, body: &str, expected: &[u32]) {
    let outcome = launched("u32", lanes, declarations, body);
    assert_eq!(outcome.findings(), [], "{body}");
    assert_eq!(
        outcome.u32(0, 0).unwrap()[..expected.len()],
        *expected,
        "{body}"
    );
}

#[test]
fn arithmetic_of_floats() {
    floats(
        "",
        "out[0] = given[0] + given[1]; out[1] = given[0] * given[1]; out[2] = given[3] / given[2];",
        &[-0.5, -3.0, 32.0],
    );
    floats(
        "",
        "out[0] = -7.5 % given[1]; out[1] = fma(given[0], given[1], 1.0); out[2] = round(given[0]); out[3] = round(2.5 * given[0] / 1.5);",
        &[-1.5, -2.0, 2.0, 2.0],
    );
    floats(
        "",
        "out[0] = exp(given[0]); out[1] = pow(given[3], 0.5); out[2] = inverseSqrt(given[2]); out[3] = tanh(given[1]);",
        &[4.481_689, 2.828_427, 2.0, -0.964_027_6],
    );
    floats(
        "",
        "out[0] = mix(given[0], given[1], 0.25); out[1] = smoothstep(0.0, 2.0, given[0]); out[2] = fract(given[0] - 2.0); out[3] = sign(given[1]);",
        &[0.625, 0.843_75, 0.5, -1.0],
    );
    floats(
        "",
        "let p = modf(given[0]); out[0] = p.fract; out[1] = p.whole; let q = frexp(given[3]); out[2] = q.fract; out[3] = f32(q.exp); out[4] = ldexp(given[0], 3);",
        &[0.5, 1.0, 0.5, 4.0, 12.0],
    );
}

#[test]
fn arithmetic_of_integers() {
    words(
        1,
        "",
        "var a = -7; var b = 2; out[0] = u32(a / b); out[1] = u32(a % b); out[2] = u32(a >> 1u); out[3] = u32(a) >> 28u; out[4] = u32(a / (b - 2));",
        &[-3i32 as u32, -1i32 as u32, -4i32 as u32, 15, -7i32 as u32],
    );
    words(
        1,
        "",
        "var x = 0x0f0u; out[0] = countOneBits(x); out[1] = firstLeadingBit(x); out[2] = firstTrailingBit(x); out[3] = reverseBits(x); out[4] = extractBits(x, 4u, 3u); out[5] = insertBits(x, 5u, 8u, 3u); out[6] = countLeadingZeros(x);",
        &[4, 7, 4, 0x0f00_0000, 7, 0x5f0, 24],
    );
    words(
        1,
        "",
        "var x = -2; out[0] = firstLeadingBit(u32(x)); out[1] = u32(firstLeadingBit(x)); out[2] = u32(extractBits(x, 0u, 4u)); out[3] = u32(clamp(x, -1, 5)); out[4] = u32(abs(x));",
        &[31, 0, -2i32 as u32, -1i32 as u32, 2],
    );
    words(
        1,
        "",
        "out[0] = u32(given[1]); out[1] = u32(i32(given[1])); out[2] = bitcast<u32>(given[0]); out[3] = u32(given[0]); out[4] = u32(bool(given[2])); out[5] = u32(1e30 * given[0]);",
        &[0, -2i32 as u32, 0x3fc0_0000, 1, 1, u32::MAX],
    );
}

#[test]
fn vectors_and_matrices() {
    floats(
        "",
        "let v = vec3(given[0], given[1], given[2]); let w = v.zyx; out[0] = dot(v, w); out[1] = length(v); let c = cross(v, vec3(1.0, 0.0, 0.0)); out[2] = c.y; out[3] = c.z; out[4] = normalize(v).x;",
        &[4.75, 2.512_469, 0.25, 2.0, 0.597_022_3],
    );
    floats(
        "",
        "let m = mat2x3<f32>(1.0, 2.0, 3.0, 4.0, 5.0, given[3]); let v = m * vec2(1.0, 2.0); out[0] = v.x; out[1] = v.z; let r = vec3(1.0, 0.0, 1.0) * m; out[2] = r.y; let t = transpose(m); out[3] = t[2].y; let p = t * m; out[4] = p[1][1];",
        &[9.0, 19.0, 12.0, 8.0, 105.0],
    );
    floats(
        "",
        "let m = mat3x3<f32>(2.0, 0.0, 0.0, 0.0, 4.0, 0.0, 1.0, 0.0, given[3]); out[0] = determinant(m); out[1] = reflect(vec2(1.0, -1.0), vec2(0.0, 1.0)).y; let s = 2.0 * m + m; out[2] = s[2][0];",
        &[64.0, 1.0, 3.0],
    );
}

#[test]
fn memory_of_hosts_is_laid_out_as_wgsl_says() {
    let declarations = "struct S { a: f32, v: vec3<f32>, m: mat3x2<f32>, n: array<vec2<f32>, 2> }
         @group(0) @binding(1) var<storage, read_write> s: S;
         @group(2) @binding(0) var<uniform> rows: array<vec4<f32>, 2>;";
    let source = format!(
        "{declarations}
         @compute @workgroup_size(1) fn kernel() {{
             var copy = s;
             copy.a = copy.v.z + copy.m[2].y + copy.n[1].x + rows[1].w;
             s = copy;
             s.v.y = 9.0;
         }}"
    );
    let shader = Shader::parse(&source).unwrap();
    // a at byte 0, v at 16, m at 32, n at 56, 80 in all.
    let numbers: Vec<f32> = (0..20u8).map(f32::from).collect();
    let rows: Vec<f32> = (0..8u8).map(|n| f32::from(n) * 100.0).collect();
    let launch = Launch::new([1, 1, 1])
        .bind(0, 1, Buffer::f32(&numbers))
        .bind(2, 0, Buffer::f32(&rows));
    let outcome = run(&shader, &launch);
    assert_eq!(outcome.findings(), []);
    let found = outcome.f32(0, 1).unwrap();
    assert_eq!(found[0], 6.0 + 13.0 + 16.0 + 700.0);
    assert_eq!(found[4..8], [4.0, 9.0, 6.0, 7.0]);
    assert_eq!(found[8..18], numbers[8..18]);
}

#[test]
fn pointers_to_all_memory() {
    words(
        2,
        "var<private> own: array<u32, 3> = array(5u, 6u, 7u);
         var<workgroup> ours: array<u32, 2>;
         fn put(p: ptr<function, array<u32, 2>>, at: u32, x: u32) { (*p)[at] = x; }
         fn next(p: ptr<private, u32>) -> u32 { *p += 1u; return *p; }",
        "var a = array(1u, 2u);
         put(&a, i, 40u + i);
         let q = &a[1u - i];
         *q = *q + 100u;
         own[i] = 50u;
         let n = next(&own[2]) + own[1u - i];
         let both = &ours;
         (*both)[i] = n;
         workgroupBarrier();
         let element = &out[i];
         *element = (*both)[1u - i];
         out[2u + 2u * i] = a[0]; out[3u + 2u * i] = a[1];",
        // Of invocation 0 n is 8 + 6, of 1 8 + 5.
        &[13, 14, 40, 102, 101, 41],
    );
}

#[test]
fn control_flow_of_each_invocation() {
    words(
        4,
        "fn collatz(start: u32) -> u32 {
             var n = start; var steps = 0u;
             loop { if n == 1u { return steps; } if n % 2u == 0u { n /= 2u; continue; } n = 3u * n + 1u; continuing { steps += 1u; } }
             return 99u;
         }",
        "var kind = 0u;
         switch i { case 0u, 2u: { kind = 10u; } case 1u: { kind = 20u; if kind == 20u { break; } kind = 5u; } default: { kind = 30u; } }
         var sum = 0u;
         for (var k = 0u; k < 10u; k++) { if k == i { continue; } if k == 5u + i { break; } sum += k; }
         out[i] = collatz(i + 1u) * 1000u + kind + sum * 100u;",
        // 1, 2, 3 and 4 take 0, 1, 7 and 2 steps; the sums are 10, 14, 19 and 25.
        &[1010, 1000 + 1420, 7000 + 1910, 2000 + 2530],
    );
}

#[test]
fn atomics_and_barriers() {
    words(
        8,
        "var<workgroup> count: atomic<u32>; var<workgroup> most: atomic<i32>; var<workgroup> flag: u32;",
        "atomicAdd(&count, i);
         atomicMax(&most, i32(i) - 3);
         if i == 7u { flag = 3u; }
         let n = workgroupUniformLoad(&flag);
         let swapped = atomicCompareExchangeWeak(&count, 28u, 100u);
         workgroupBarrier();
         if swapped.exchanged { out[0] = swapped.old_value; out[1] = i; }
         if i == 1u { out[2] = atomicLoad(&count) + n; out[3] = u32(atomicLoad(&most)); }",
        &[28, 0, 103, 4],
    );
}

#[test]
fn subgroups_of_a_chosen_size() {
    words(
        8,
        "",
        "out[i] = subgroupAdd(i) * 1000u + subgroupExclusiveAdd(i + 1u) * 100u + subgroupShuffleXor(i, 1u);",
        &[6001, 6100, 6303, 6602, 22005, 22504, 23107, 23806],
    );
    words(
        8,
        "",
        "out[i] = subgroupBallot(i % 3u == 0u).x * 100u + subgroupBroadcast(i, 2u) * 10u + quadSwapX(i) + subgroupMax(i) * 10000u;",
        &[30921, 30920, 30923, 30922, 70465, 70464, 70467, 70466],
    );
}

#[test]
fn packed_numbers() {
    words(
        1,
        "",
        "out[0] = pack4x8unorm(vec4(0.0, 1.0, 0.5, given[0])); out[1] = pack2x16float(vec2(given[0], given[1])); out[2] = pack4x8snorm(vec4(-1.0, 1.0, 0.0, given[2])); out[3] = dot4U8Packed(0x01020304u, 0x02020202u) + u32(given[3]);",
        &[0xff80_ff00, 0xc000_3e00, 0x2000_7f81, 28],
    );
    floats(
        "",
        "let v = unpack2x16float(0xc0003e00u + u32(given[2])); out[0] = v.x; out[1] = v.y; out[2] = unpack4x8unorm(0x3300u + u32(given[2])).y;",
        &[1.5, -2.0, 0.2],
    );
}

#[test]
fn overrides_and_several_entry_points() {
    let shader = Shader::parse(
        "override N: u32; @id(7) override SCALE: f32 = 2.0;
         const SIZE = 2u;
         @group(0) @binding(0) var<storage, read_write> x: array<f32>;
         var<workgroup> w: array<f32, N>;
         @compute @workgroup_size(N, SIZE) fn first(@builtin(local_invocation_index) i: u32) { if i < N { w[i] = SCALE; x[i] = w[i]; } }
         @compute @workgroup_size(1) fn second(@builtin(global_invocation_id) id: vec3<u32>) { x[id.y] = f32(id.y); }",
    )
    .unwrap();
    let launch = |entry: &str, groups| {
        Launch::new(groups)
            .entry(entry)
            .constant("N", 3.0)
            .bind(0, 0, Buffer::zeros(16))
    };
    let first = run(&shader, &launch("first", [1, 1, 1]).constant("7", 0.5));
    assert_eq!(first.findings(), []);
    assert_eq!(first.f32(0, 0).unwrap(), [0.5, 0.5, 0.5, 0.0]);
    let second = run(&shader, &launch("second", [1, 3, 1]));
    assert_eq!(second.findings(), []);
    assert_eq!(second.f32(0, 0).unwrap(), [0.0, 1.0, 2.0, 0.0]);
}

/// 64 rows by 256 columns over 64 terms; the test of its time is that the suite stays quick.
#[test]
fn a_matrix_product() {
    let shader = Shader::parse(
        "@group(0) @binding(0) var<storage, read> a: array<f32>;
         @group(0) @binding(1) var<storage, read> b: array<f32>;
         @group(0) @binding(2) var<storage, read_write> c: array<f32>;
         var<workgroup> tile: array<array<f32, 16>, 16>;
         var<workgroup> other: array<array<f32, 16>, 16>;
         @compute @workgroup_size(16, 16)
         fn product(@builtin(local_invocation_id) at: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
             let row = group.y * 16u + at.y; let column = group.x * 16u + at.x;
             var sum = 0.0;
             for (var k = 0u; k < 64u; k += 16u) {
                 tile[at.y][at.x] = a[row * 64u + k + at.x];
                 other[at.y][at.x] = b[(k + at.y) * 256u + column];
                 workgroupBarrier();
                 for (var t = 0u; t < 16u; t++) { sum = fma(tile[at.y][t], other[t][at.x], sum); }
                 workgroupBarrier();
             }
             c[row * 256u + column] = sum;
         }",
    )
    .unwrap();
    let a: Vec<f32> = (0..64 * 64).map(|n| (n % 7) as f32 - 3.0).collect();
    let b: Vec<f32> = (0..64 * 256).map(|n| (n % 5) as f32).collect();
    let launch = Launch::new([16, 4, 1])
        .bind(0, 0, Buffer::f32(&a))
        .bind(0, 1, Buffer::f32(&b))
        .bind(0, 2, Buffer::unwritten(64 * 256 * 4));
    let begun = std::time::Instant::now();
    let outcome = run(&shader, &launch);
    eprintln!("a product of 64 by 256: {:?}", begun.elapsed());
    assert_eq!(outcome.findings(), []);
    let c = outcome.f32(0, 2).unwrap();
    for row in 0..64 {
        for column in 0..256 {
            let sum: f32 = (0..64).map(|k| a[row * 64 + k] * b[k * 256 + column]).sum();
            assert_eq!(c[row * 256 + column], sum);
        }
    }
}
