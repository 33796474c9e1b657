//! Small shaders that each rule must object to, and others that it must let pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::{Buffer, Finding, Launch, Rule, Shader, check as all_findings};

/// A kernel of 64 invocations with this body, and functions that it may call.
fn shader(body: &str) -> Shader {
    let source = format!(
        "struct Dims {{ n: u32 }}
         @group(0) @binding(0) var<uniform> dims: Dims;
         @group(0) @binding(1) var<storage, read_write> x: array<u32>;
         @group(0) @binding(2) var<storage, read> ids: array<u32>;
         @group(0) @binding(3) var<storage, read_write> fresh: array<f32>;
         @group(0) @binding(4) var<storage, read> numbers: array<f32>;
         var<workgroup> words: array<u32, 128>;
         var<workgroup> total: atomic<u32>;
         var<workgroup> one: u32;
         struct Pair {{ first: u32, second: array<atomic<u32>, 2> }}
         var<workgroup> pair: Pair;
         var<private> own: u32;
         var<private> own_words: array<u32, 2>;
         fn bump(p: ptr<function, u32>) {{ *p += 1u; }}
         fn wait() {{ workgroupBarrier(); }}
         fn first(value: u32) -> u32 {{ return subgroupBroadcast(value, 0u); }}
         fn put(i: u32, value: u32) {{ words[i] = value; }}
         @compute @workgroup_size(64)
         fn kernel(
             @builtin(local_invocation_index) i: u32,
             @builtin(local_invocation_id) local: vec3<u32>,
             @builtin(global_invocation_id) id: vec3<u32>,
             @builtin(workgroup_id) group: vec3<u32>,
         ) {{
             _ = dims.n; _ = ids[0]; _ = numbers[0];
             {body}
         }}"
    );
    Shader::parse(&source).unwrap_or_else(|error| panic!("{error}"))
}

/// What the rule finds in two workgroups of the kernel, statically and when it is run with n = 10.
fn found(rule: Rule, body: &str) -> Vec<Finding> {
    let shader = shader(body);
    let ids: Vec<u32> = (0..128).map(|i| i / 2).collect();
    let launch = Launch::new([2, 1, 1])
        .subgroup_size(8)
        .steps(2_000_000)
        .bind(0, 0, Buffer::u32(&[10]))
        .bind(0, 1, Buffer::unknown(512))
        .bind(0, 2, Buffer::u32(&ids))
        .bind(0, 3, Buffer::unwritten(512))
        .bind(0, 4, Buffer::f32(&[0.0, -1.0, 2.0]));
    let all = all_findings(&shader, &[launch]).into_iter();
    all.filter(|finding| finding.rule == rule).collect()
}

fn check(rule: Rule, fine: &[&str], wrong: &[&str]) {
    for body in fine {
        let findings = found(rule, body);
        assert!(findings.is_empty(), "{body}\n{findings:?}");
    }
    for body in wrong {
        let findings = found(rule, body);
        assert!(!findings.is_empty(), "{body}");
        for finding in findings {
            // The place is a line of the body, or of the function that it calls.
            assert!(finding.place.is_some(), "{finding}");
            assert!(finding.to_string().contains("why: "), "{finding}");
            assert!(finding.to_string().contains("to fix it: "), "{finding}");
        }
    }
}

#[test]
fn divergent_barriers() {
    check(
        Rule::Divergence,
        &[
            "workgroupBarrier();",
            "wait();",
            "if dims.n > 3u { workgroupBarrier(); }",
            "if group.x > 3u { return; } workgroupBarrier();",
            "if group.x > 0u { wait(); }",
            "for (var k = 0u; k < dims.n; k++) { words[i] = k; workgroupBarrier(); }",
            "for (var k = 32u; k > 0u; k /= 2u) { workgroupBarrier(); if i < k { words[i] += words[i + k]; } }",
            "for (var k = i; k < dims.n; k += 64u) { words[k] = k; } workgroupBarrier();",
            "if ids[group.x] == 1u { workgroupBarrier(); }",
            "let n = workgroupUniformLoad(&one); if n == 3u { workgroupBarrier(); }",
        ],
        &[
            "if i < 3u { workgroupBarrier(); }",
            "if i < 3u { wait(); }",
            "if i < dims.n { return; } workgroupBarrier();",
            "for (var k = i; k < dims.n; k += 64u) { workgroupBarrier(); }",
            "for (var k = 0u; k < dims.n; k++) { if x[k] == i { break; } workgroupBarrier(); }",
            "for (var k = 0u; k < dims.n; k++) { workgroupBarrier(); if x[k] == i { continue; } words[i] = k; }",
            "var n = 3u; if i == 2u { n = 4u; } if n == 3u { workgroupBarrier(); }",
            "let n = words[0]; if n == 3u { workgroupBarrier(); }",
            "if ids[i] == 1u { workgroupBarrier(); }",
            "if local.x == 0u { let n = workgroupUniformLoad(&one); x[n] = n; }",
            "switch i { case 0u: { workgroupBarrier(); } default: {} }",
        ],
    );
}

#[test]
fn divergent_subgroup_operations() {
    check(
        Rule::Subgroup,
        &[
            "words[i] = subgroupBroadcast(i, 0u);",
            "words[i] = first(i);",
            "if dims.n > 3u { words[i] = subgroupAdd(i); }",
            "if group.x > 3u { return; } words[i] = subgroupMax(i);",
            "for (var k = 0u; k < dims.n; k++) { words[i] = subgroupShuffle(i, 3u); }",
            "let sum = subgroupAdd(i); if i < 3u { words[i] = sum; }",
        ],
        &[
            "if i < 3u { words[i] = subgroupBroadcast(i, 0u); }",
            "if i < 3u { words[i] = first(i); }",
            "if i >= dims.n { return; } words[i] = subgroupAdd(i);",
            "for (var k = i; k < dims.n; k += 64u) { words[i] = subgroupShuffle(k, 3u); }",
            "for (var k = 0u; k < dims.n; k++) { if x[k] == i { break; } words[i] = subgroupMax(k); }",
            "if i % 2u == 0u { words[i] = subgroupBallot(true).x; }",
            "switch i { case 0u: { words[i] = subgroupXor(i); } default: {} }",
        ],
    );
}

#[test]
fn shared_stores() {
    check(
        Rule::SharedStore,
        &[
            "words[i] = 1u;",
            "x[id.x] = 1u;",
            "put(i, 1u);",
            "if i == 0u { words[0] = 1u; }",
            "if local.x == 3u { x[3] = 1u; }",
            "if i == 0u { put(3u, 1u); }",
            "atomicStore(&total, 1u);",
            "atomicAdd(&total, 1u);",
            "var sum = 0u; sum += i; x[id.x] = sum;",
            "own = i; own_words[1] = own;",
            "var mine = 1u; bump(&mine); x[id.x] = mine;",
            "atomicStore(&pair.second[1], 1u);",
        ],
        &[
            "words[0] = 1u;",
            "x[0] += 1u;",
            "one = dims.n;",
            "put(3u, i);",
            "x[group.x] = i;",
            "if i < 2u { words[0] = i; }",
            "if i / 2u == 0u { words[0] = i; }",
            "if group.x == 0u { words[dims.n] = 1u; }",
            "for (var k = 0u; k < dims.n; k++) { words[k] = i; }",
        ],
    );
}

#[test]
fn data_races() {
    check(
        Rule::Race,
        &[
            // An ordinary reduction.
            "words[i] = i;
             for (var k = 32u; k > 0u; k /= 2u) { workgroupBarrier(); if i < k { words[i] += words[i + k]; } }
             if i == 0u { x[group.x] = words[0]; }",
            // Two halves that alternate, one barrier a turn.
            "words[i] = i; workgroupBarrier();
             for (var k = 0u; k < dims.n; k++) {
                 let near = (k & 1u) * 64u;
                 words[64u - near + i] = words[near + (i + 1u) % 64u];
                 workgroupBarrier();
             }",
            "words[i] = 1u; words[i] += 1u;",
            "words[i] = 1u; workgroupBarrier(); x[id.x] = words[63u - i];",
            "x[id.x] = ids[0];",
            "x[64u * group.x + 63u - i] = i;",
        ],
        &[
            // No barrier before the fold.
            "words[i] = i;
             for (var k = 32u; k > 0u; k /= 2u) { if i < k { words[i] += words[i + k]; } workgroupBarrier(); }",
            // No barrier between the folds.
            "words[i] = i; workgroupBarrier();
             for (var k = 32u; k > 0u; k /= 2u) { if i < k { words[i] += words[i + k]; } }",
            // Halves that do not alternate.
            "words[i] = i; workgroupBarrier();
             for (var k = 0u; k < dims.n; k++) {
                 words[64u + i] = words[(i + 1u) % 64u]; workgroupBarrier();
                 words[i] = words[64u + (i + 1u) % 64u];
             }",
            // Read, then written by another.
            "let n = words[63u - i]; words[i] = n;",
            "words[i] = 1u; x[id.x] = words[63u - i];",
            "words[i / 2u] = i;",
            "words[ids[i]] = i;",
            "put(i / 2u, i);",
            // On one of two ways.
            "words[i] = i; if dims.n == 3u { workgroupBarrier(); } x[id.x] = words[63u - i];",
            // Atomics order nothing but themselves.
            "if i == 0u { atomicStore(&total, 1u); words[3] = 1u; } if atomicLoad(&total) == 1u && i == 9u { x[0] = words[3]; }",
            // A barrier waits for no other workgroup.
            "x[i] = i;",
            "x[id.x] = 1u; storageBarrier(); x[127u - id.x] += 1u;",
        ],
    );
}

#[test]
fn indices_out_of_bounds() {
    check(
        Rule::Bounds,
        &[
            "x[id.x] = 1u;",
            "x[min(id.x + 1u, 127u)] = 1u;",
            "if id.x < 127u { x[id.x + 1u] = 1u; }",
        ],
        &[
            "x[id.x + 1u] = 1u;",
            "words[i] = ids[2u * id.x];",
            "words[128u - i] = 1u;",
            "var a = array(1u, 2u, 3u); x[id.x] = a[i];",
            "let v = vec4(i); x[id.x] = v[i];",
            // Four times this index is a byte offset that is there, if 32 bits of it are looked at.
            "x[id.x | 0x80000000u] = 1u;",
            "for (var k = 0u; k <= 128u; k++) { words[i] += ids[k]; }",
        ],
    );
}

#[test]
fn what_cannot_be_followed_is_said() {
    check(
        Rule::Opaque,
        &[
            "for (var k = 0u; k < dims.n; k++) { words[i] = k; }",
            // Whatever is not known, the index is the same.
            "var k = i; if x[id.x] > 3u { k = i; } words[i] = k;",
            "words[select(i, i, x[id.x] == 0u)] = 1u;",
        ],
        &[
            "x[x[id.x]] = 1u;",
            "while x[id.x] != 0u { words[i] += 1u; }",
            "var k = i; if x[id.x] > 3u { k = 127u - i; } words[k] = 1u;",
            "var k = i; for (var n = 0u; n < 3u; n++) { if x[id.x] > n { break; } k = n; } words[k] = 1u;",
        ],
    );
}

#[test]
fn reads_of_what_nobody_wrote() {
    check(
        Rule::Unwritten,
        &[
            "fresh[id.x] = 1.0; fresh[id.x] += 1.0;",
            "x[id.x] = words[i];",
        ],
        &[
            "fresh[id.x] += 1.0;",
            "if i == 3u { words[0] = u32(fresh[id.x]); }",
        ],
    );
}

#[test]
fn numbers_that_are_none() {
    check(
        Rule::NotANumber,
        &[
            "fresh[id.x] = sqrt(max(numbers[1], 0.0));",
            // It is made, and not taken.
            "fresh[id.x] = select(sqrt(numbers[1]), 0.0, numbers[1] < 0.0);",
        ],
        &[
            "fresh[id.x] = numbers[0] / numbers[0];",
            "fresh[id.x] = 2.0 * sqrt(numbers[1]) + 1.0;",
            "fresh[id.x] = log(numbers[1]);",
            "words[i] = bitcast<u32>(pow(numbers[1], 0.5)); fresh[id.x] = bitcast<f32>(words[i]);",
        ],
    );
}

#[test]
fn kernels_that_never_end() {
    check(
        Rule::Endless,
        &["for (var k = 0u; k < 1000u; k++) { words[i] = k; }"],
        &[
            "loop { words[i] = 1u; if dims.n == 3u { break; } }",
            "for (var k = 0; k >= 0; k += 0) { words[i] = 1u; }",
        ],
    );
}

#[test]
fn launches_that_do_not_fit() {
    let shader = shader("words[i] = 1u; x[id.x] = u32(fresh[0]);");
    let buffer = |bytes: usize| Buffer::zeros(bytes);
    let whole = || {
        (0..5).fold(Launch::new([1, 1, 1]), |launch, binding| {
            launch.bind(0, binding, buffer(512))
        })
    };
    assert_eq!(all_findings(&shader, &[whole()]), []);
    let mut lacking = whole();
    lacking.bindings.remove(&(0, 1));
    let mut outside = whole();
    outside.bindings.insert(
        (0, 1),
        wgsl_check::Slice {
            buffer: 1,
            offset: 512,
            bytes: 4,
        },
    );
    for (launch, told) in [
        (
            lacking,
            "x, @group(0) @binding(1): the launch binds nothing there",
        ),
        (outside, "4 bytes from 512 on, of a buffer of 512 bytes"),
        (
            whole().bind(0, 0, buffer(0)),
            "0 bytes are bound, and it takes 4",
        ),
        (
            whole().entry("main"),
            "there is no compute entry point main; there are: kernel",
        ),
        (whole().constant("N", 1.0), "'N' not found"),
        (whole().subgroup_size(24), "subgroups of 24 lanes"),
        (
            Launch {
                groups: [70_000, 1, 1],
                ..whole()
            },
            "70000 workgroups along one axis",
        ),
    ] {
        let findings = all_findings(&shader, &[launch]);
        let [finding] = &findings[..] else {
            panic!("{told}: {findings:?}");
        };
        assert_eq!(finding.rule, Rule::Launch);
        assert!(finding.detail.contains(told), "{finding}");
    }
    let two = Shader::parse(
        "@compute @workgroup_size(1) fn a() {} @compute @workgroup_size(1) fn b() {}",
    )
    .unwrap();
    let findings = all_findings(&two, &[Launch::new([1, 1, 1])]);
    assert_eq!(
        findings[0].detail,
        "the launch names none of the entry points a, b"
    );
}

/// What no machine has room for is told before it is asked for, and what takes too long is cut off.
#[test]
fn shaders_that_are_too_large() {
    for (declarations, body, rule, told) in [
        (
            "var<workgroup> w: array<u32, 1000000>;",
            "w[0] = 1u;",
            Rule::Launch,
            "the workgroup variables take 3906 KiB",
        ),
        (
            "var<private> p: array<u32, 10000000>;",
            "p[0] = 1u;",
            Rule::Launch,
            "the private variables of a workgroup take",
        ),
        (
            "",
            "var a: array<u32, 10000000>; a[0] = 1u;",
            Rule::Opaque,
            "whose values take",
        ),
        (
            "fn f(x: array<u32, 10000>) -> u32 { return x[0]; }",
            "var a: array<u32, 10000>; for (var k = 0u; k < 100000u; k++) { a[0] += f(a); }",
            Rule::Endless,
            "the launch takes more than",
        ),
    ] {
        let source = format!("{declarations} @compute @workgroup_size(64) fn main() {{ {body} }}");
        let shader = Shader::parse(&source).unwrap();
        let launch = Launch::new([1, 1, 1]).steps(100_000);
        let findings = wgsl_check::run(&shader, &launch).findings().to_vec();
        assert_eq!(findings.len(), 1, "{body}: {findings:?}");
        assert_eq!(findings[0].rule, rule, "{}", findings[0]);
        assert!(findings[0].detail.contains(told), "{}", findings[0]);
    }
    let large = "@compute @workgroup_size(16384, 16384, 16384) fn main() {}";
    let findings = all_findings(&Shader::parse(large).unwrap(), &[Launch::new([1, 1, 1])]);
    assert_eq!(findings[0].rule, Rule::Launch);
}

#[test]
fn texts_that_are_no_shaders() {
    let error = Shader::parse_named("fn f() {\n    let x = 1 +;\n}", "f.wgsl").unwrap_err();
    assert!(error.to_string().contains("f.wgsl:2:16"), "{error}");
    assert_eq!(
        error.finding().place.as_ref().map(|place| place.line),
        Some(2)
    );
    let nested = format!(
        "fn f() -> u32 {{ return {}1u{}; }}",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    // Taken or refused, but told.
    let _ = Shader::parse(&nested);
    let invalid =
        Shader::parse("@group(0) @binding(0) var<storage> x: array<u32>; fn f() { x[0] = 1u; }")
            .unwrap_err();
    assert_eq!(invalid.finding().rule, Rule::Invalid);
}

#[test]
fn a_finding_shows_its_lines() {
    let shader = shader("words[i] = 1u;\nx[id.x] = words[63u - i];");
    let launch = (0..5).fold(Launch::new([1, 1, 1]), |launch, binding| {
        launch.bind(0, binding, Buffer::zeros(512))
    });
    let findings = all_findings(&shader, &[launch]);
    let [race] = &findings[..] else {
        panic!("{findings:?}");
    };
    assert_eq!(
        race.invocations
            .iter()
            .map(|who| who.index)
            .collect::<Vec<_>>(),
        [0, 63]
    );
    let text = race.render(shader.source(), "k.wgsl");
    for part in [
        "data race [data-race]",
        "k.wgsl:",
        "words[63u - i]",
        "the other writes here",
        "to fix it: put a workgroupBarrier",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}
