//! Modules that ask for more than a device has, or whose uniforms differ from the host's, and others that do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::lint::{Limits, resources, uniform_layout};
use wgsl_check::{Rule, Shader};

/// What the rule finds in a module with these declarations.
fn resource_findings(declarations: &str, uses: &str, size: u32) -> Vec<Rule> {
    let source =
        format!("{declarations}\n@compute @workgroup_size({size}) fn kernel() {{ {uses} }}");
    let shader = Shader::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let limits = Limits {
        storage_bindings: 7,
        ..Limits::WEBGPU
    };
    let findings = resources(&shader, &limits);
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn resources_beyond_the_limits() {
    let memory = |count: u32| format!("var<workgroup> words: array<vec4<f32>, {count}>;");
    let find = |declarations: &str, uses: &str| resource_findings(declarations, uses, 64);
    assert_eq!(find(&memory(1024), "words[0].x = 1.0;"), []);
    let over = [Rule::WorkgroupMemory];
    assert_eq!(find(&memory(1025), "words[0].x = 1.0;"), over);
    let two = memory(1024) + "var<workgroup> more: u32;";
    assert_eq!(find(&two, "words[0].x = 1.0; more = 1u;"), over);
    // What an entry point does not use takes nothing.
    assert_eq!(find(&two, "words[0].x = 1.0;"), []);

    assert_eq!(resource_findings("", "", 256), []);
    assert_eq!(resource_findings("", "", 257), [Rule::Invocations]);

    let bindings = |count: u32| -> (String, String) {
        (1..=count)
            .map(|n| {
                let declaration =
                    format!("@group(0) @binding({n}) var<storage, read> b{n}: array<f32>;");
                (declaration, format!("_ = b{n}[0];"))
            })
            .unzip()
    };
    let (declarations, uses) = bindings(7);
    assert_eq!(find(&declarations, &uses), []);
    let (declarations, uses) = bindings(8);
    assert_eq!(find(&declarations, &uses), [Rule::Bindings]);
}

#[test]
fn uniforms_that_differ_from_the_host() {
    let found = |declaration: &str| {
        let source = format!("{declaration}\n@compute @workgroup_size(1) fn end_step() {{ }}");
        let shader = Shader::parse(&source).unwrap_or_else(|error| panic!("{error}"));
        let fields = [("record", 0), ("marker", 4), ("pad0", 8), ("pad1", 12)];
        usize::from(uniform_layout(&shader, "dims", &fields, 16).is_some())
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
