//! Small shaders that each rule of the lint must object to, and others that it must let pass.

use crate::support::kernels::Shader;
use crate::support::lint::{Finding, Rule, layout, resources, statics};
use crate::support::simulator::{Buffer, Launch, simulate};

/// A kernel of 64 invocations with this body, and functions that it may call.
fn shader(body: &str) -> Shader {
    let source = format!(
        "struct Dims {{ n: u32 }}
         @group(0) @binding(0) var<uniform> dims: Dims;
         @group(0) @binding(1) var<storage, read_write> x: array<u32>;
         @group(0) @binding(2) var<storage, read> ids: array<u32>;
         var<workgroup> words: array<u32, 128>;
         var<workgroup> total: atomic<u32>;
         var<workgroup> one: u32;
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
             {body}
         }}"
    );
    Shader::new("kernel", source).unwrap_or_else(|error| panic!("{error}"))
}

/// What the rule finds in two workgroups of the kernel, statically and when it is run with n = 10.
fn found(rule: Rule, body: &str) -> Vec<Finding> {
    let shader = shader(body);
    let buffer = |id: usize, content: Option<Vec<u32>>| Buffer {
        id,
        offset: 0,
        words: 128,
        content: content.map(Into::into),
    };
    let launch = Launch {
        groups: [2, 1, 1],
        lanes: 8,
        dims: vec![10],
        buffers: vec![
            buffer(0, None),
            buffer(1, Some((0..128).map(|i| i / 2).collect())),
        ],
    };
    let all = statics(&shader)
        .into_iter()
        .chain(simulate(&shader, &launch));
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
            assert!(finding.place.starts_with("line "), "{finding}");
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
        &["for (var k = 0u; k < dims.n; k++) { words[i] = k; }"],
        &[
            "x[x[id.x]] = 1u;",
            "while x[id.x] != 0u { words[i] += 1u; }",
        ],
    );
}

/// What the rule finds in a module with these declarations.
fn resource_findings(declarations: &str, size: u32) -> Vec<Rule> {
    let source = format!("{declarations}\n@compute @workgroup_size({size}) fn kernel() {{ }}");
    let shader = Shader::new("kernel", source).unwrap_or_else(|error| panic!("{error}"));
    let findings = resources(&shader.module, 256, 16 << 10);
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn resources_beyond_the_limits() {
    let memory = |count: u32| format!("var<workgroup> words: array<vec4<f32>, {count}>;");
    assert_eq!(resource_findings(&memory(1024), 64), []);
    assert_eq!(
        resource_findings(&memory(1025), 64),
        [Rule::WorkgroupMemory]
    );
    let two = memory(1024) + "var<workgroup> more: u32;";
    assert_eq!(resource_findings(&two, 64), [Rule::WorkgroupMemory]);

    assert_eq!(resource_findings("", 256), []);
    assert_eq!(resource_findings("", 257), [Rule::Invocations]);

    let bindings = |count: u32| -> String {
        (1..=count)
            .map(|n| format!("@group(0) @binding({n}) var<storage, read> b{n}: array<f32>;"))
            .collect()
    };
    assert_eq!(resource_findings(&bindings(7), 64), []);
    assert_eq!(resource_findings(&bindings(8), 64), [Rule::Bindings]);
}

#[test]
fn uniforms_that_differ_from_rust() {
    let found = |declaration: &str| {
        let source = format!("{declaration}\n@compute @workgroup_size(1) fn end_step() {{ }}");
        let shader = Shader::new("end_step", source).unwrap_or_else(|error| panic!("{error}"));
        layout(&shader.module, "end_step").len()
    };
    let uniform = |fields: &str, name: &str| {
        format!("struct Dims {{ {fields} }}\n@group(0) @binding(0) var<uniform> {name}: Dims;")
    };
    let fine = "record: u32, marker: u32, pad0: u32, pad1: u32";
    assert_eq!(found(&uniform(fine, "dims")), 0);
    for wrong in [
        uniform("marker: u32, record: u32, pad0: u32, pad1: u32", "dims"),
        uniform("record: u32, marker: u32, pad0: u32", "dims"),
        uniform("record: u32, marker: u32, pad0: vec2<u32>", "dims"),
        uniform(fine, "sizes"),
        String::new(),
    ] {
        assert_eq!(found(&wrong), 1, "{wrong}");
    }
}
