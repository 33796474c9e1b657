//! [`check`]: everything that is found about a shader and its launches.

use crate::finding::Finding;
use crate::interpreter::run;
use crate::launch::Launch;
use crate::lint::lint;
use crate::shader::Shader;

/// What the text shows, and what goes wrong in the launches. A finding that several of them share is there once.
///
/// ```
/// use wgsl_check::{Buffer, Launch, Rule, Shader, check};
///
/// let shader = Shader::parse("
///     @group(0) @binding(0) var<storage, read_write> x: array<u32>;
///     var<workgroup> sum: array<u32, 64>;
///     @compute @workgroup_size(64)
///     fn main(@builtin(local_invocation_index) i: u32) {
///         sum[i] = x[i];
///         x[i] = sum[63u - i];
///     }")?;
/// let launch = Launch::new([1, 1, 1]).bind(0, 0, Buffer::zeros(256));
/// let findings = check(&shader, &[launch]);
/// assert_eq!(findings[0].rule, Rule::Race);
/// assert_eq!(findings[0].invocations[0].index, 0);
/// # Ok::<(), wgsl_check::InvalidShader>(())
/// ```
pub fn check(shader: &Shader, launches: &[Launch]) -> Vec<Finding> {
    let mut findings = lint(shader);
    for launch in launches {
        merge(&mut findings, run(shader, launch).findings);
    }
    findings
}

/// Adds findings to others, without those of a rule and a place that are there already.
pub fn merge(findings: &mut Vec<Finding>, more: impl IntoIterator<Item = Finding>) {
    for finding in more {
        let known = findings.iter().any(|other| {
            other.rule == finding.rule
                && other.place == finding.place
                && (finding.place.is_some() || other.detail == finding.detail)
        });
        if !known {
            findings.push(finding);
        }
    }
}
