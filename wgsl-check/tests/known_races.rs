//! Races and divergent barriers that others met, rebuilt in a few lines each, and their mended forms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::{Buffer, Finding, Launch, Rule, Shader, check};

/// What is found in two workgroups of 8.
fn found(body: &str) -> Vec<Finding> {
    let source = format!(
        "@group(0) @binding(0) var<storage, read_write> data: array<u32>;
         @group(0) @binding(1) var<storage, read_write> sum: array<u32>;
         var<workgroup> w: array<u32, 16>;
         @compute @workgroup_size(8)
         fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {{
             let at = group.x * 8u + i;
             _ = &data; _ = &sum;
             {body}
         }}"
    );
    let shader = Shader::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let launch = Launch::new([2, 1, 1])
        .bind(0, 0, Buffer::u32(&[1; 16]))
        .bind(0, 1, Buffer::zeros(64));
    check(&shader, &[launch])
}

#[track_caller]
fn broken_and_mended(rule: Rule, broken: &str, mended: &str) {
    let findings = found(broken);
    assert!(
        findings.iter().any(|finding| finding.rule == rule),
        "{broken}\n{findings:?}"
    );
    assert_eq!(found(mended), [], "{mended}");
}

/// google/tour-of-wgsl#86: each pass of a sum reads words that others of the same pass write.
#[test]
fn a_sum_in_place() {
    broken_and_mended(
        Rule::Race,
        "w[i] = data[at]; workgroupBarrier();
         for (var n = 4u; n >= 1u; n = n / 2u) {
             if i < n { w[i] = w[i * 2u] + w[i * 2u + 1u]; }
             workgroupBarrier();
         }
         if i == 0u { sum[group.x] = w[0]; }",
        "w[i] = data[at]; workgroupBarrier();
         for (var n = 4u; n >= 1u; n = n / 2u) {
             var both = 0u;
             if i < n { both = w[i * 2u] + w[i * 2u + 1u]; }
             workgroupBarrier();
             if i < n { w[i] = both; }
             workgroupBarrier();
         }
         if i == 0u { sum[group.x] = w[0]; }",
    );
}

/// gpuweb/gpuweb#3774, cg-tuwien/Math2Model#22: storageBarrier waits for no other workgroup.
#[test]
fn a_storage_barrier_between_workgroups() {
    broken_and_mended(
        Rule::Race,
        "data[at] = at; storageBarrier();
         if group.x == 0u && i == 0u { var all = 0u; for (var k = 0u; k < 16u; k++) { all += data[k]; } sum[0] = all; }",
        "data[at] = at; storageBarrier();
         if i == 0u { var all = 0u; for (var k = 0u; k < 8u; k++) { all += data[group.x * 8u + k]; } sum[group.x] = all; }",
    );
}

/// gfx-rs/naga#2424: a prefix sum whose barrier stands where a part of the workgroup alone comes.
#[test]
fn a_barrier_in_a_branch() {
    broken_and_mended(
        Rule::Divergence,
        "w[i] = data[at]; workgroupBarrier();
         if i < 4u { let n = w[i + 4u]; workgroupBarrier(); w[i] += n; }",
        "w[i] = data[at]; workgroupBarrier();
         var n = 0u;
         if i < 4u { n = w[i + 4u]; }
         workgroupBarrier();
         if i < 4u { w[i] += n; }",
    );
}

/// The prefix sum of Hillis and Steele with one buffer in the place of two.
#[test]
fn a_prefix_sum_with_one_buffer() {
    broken_and_mended(
        Rule::Race,
        "w[i] = data[at]; workgroupBarrier();
         for (var n = 1u; n < 8u; n *= 2u) { if i >= n { w[i] += w[i - n]; } workgroupBarrier(); }
         data[at] = w[i];",
        "w[i] = data[at]; workgroupBarrier();
         var near = 0u;
         for (var n = 1u; n < 8u; n *= 2u) {
             let far = 8u - near;
             w[far + i] = w[near + i];
             if i >= n { w[far + i] += w[near + i - n]; }
             near = far;
             workgroupBarrier();
         }
         data[at] = w[near + i];",
    );
}

/// What one invocation writes for all is read without a barrier; `workgroupUniformLoad` has one.
#[test]
fn a_broadcast_without_a_barrier() {
    broken_and_mended(
        Rule::Race,
        "if i == 0u { w[0] = data[at]; } sum[at] = w[0];",
        "if i == 0u { w[0] = data[at]; } let all = workgroupUniformLoad(&w[0]); sum[at] = all;",
    );
}
