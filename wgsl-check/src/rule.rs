//! [`Rule`]: what a shader or a launch can do wrong.

use serde::{Serialize, Serializer};

/// A rule that a shader can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The text does not parse, or is not valid WGSL.
    Invalid,
    /// The launch does not fit the shader.
    Launch,
    /// A barrier that not all invocations of a workgroup reach.
    Divergence,
    /// A subgroup operation in non-uniform control flow.
    Subgroup,
    /// Several invocations store to one word.
    SharedStore,
    /// Two invocations touch one word without an order, one of them writing.
    Race,
    /// An index past the end.
    Bounds,
    /// A word is read that nobody wrote.
    Unwritten,
    /// A number that is not one, made from finite numbers, reaches a buffer.
    NotANumber,
    /// The launch does not end within its bound on steps.
    Endless,
    /// More workgroup memory than there is.
    WorkgroupMemory,
    /// More invocations a workgroup than there may be.
    Invocations,
    /// More storage bindings than there may be.
    Bindings,
    /// A uniform's fields lie elsewhere than the host puts them.
    Layout,
    /// A buffer holds other numbers than the launch expects.
    Expectation,
    /// Something that the interpreter cannot follow.
    Opaque,
}

/// A row a rule: the rule, its id, its name in two or three words, why it matters, and the remedy.
const TABLE: &[(Rule, &str, &str, &str, &str)] = &[
    (
        Rule::Invalid,
        "invalid",
        "not valid WGSL",
        "no driver takes it",
        "mend the place that the message names; imports of naga_oil and WESL have to be expanded first",
    ),
    (
        Rule::Launch,
        "launch",
        "launch that does not fit",
        "a device would refuse the dispatch, or run it on memory that is not there",
        "give the launch what the shader declares: entry point, bindings, bytes, overrides",
    ),
    (
        Rule::Divergence,
        "divergent-barrier",
        "divergent barrier",
        "a barrier or workgroupUniformLoad that not all invocations of a workgroup reach together has no defined \
         effect; some GPUs hang, others go on without waiting",
        "move it out of the branch or loop, or make the condition the same for the whole workgroup: constants, \
         uniforms, workgroup_id",
    ),
    (
        Rule::Subgroup,
        "divergent-subgroup-operation",
        "divergent subgroup operation",
        "a broadcast takes its value from a lane that may not be there, and a reduction leaves lanes out; GPUs \
         differ in which lanes they take for being there",
        "move it before the branch, loop or return, and select from its result afterwards",
    ),
    (
        Rule::SharedStore,
        "shared-store",
        "shared store",
        "several invocations store to one word without an order, so what stands there afterwards differs from run \
         to run; added numbers get lost",
        "give each invocation a word of its own, or let one invocation store, inside `if index == 0u`",
    ),
    (
        Rule::Race,
        "data-race",
        "data race",
        "two invocations touch one word, one of them writing, and no barrier says which comes first",
        "put a workgroupBarrier between both, or let them touch different words; between workgroups only another \
         dispatch helps",
    ),
    (
        Rule::Bounds,
        "out-of-bounds",
        "index out of bounds",
        "the driver may drop the access, move it to another word, or give 0; none of them is an error",
        "clamp the index, or return before the access",
    ),
    (
        Rule::Unwritten,
        "unwritten",
        "read of what nobody wrote",
        "what a buffer holds before its first write is whatever was there before",
        "write it in an earlier dispatch or from the host, or clear the buffer first",
    ),
    (
        Rule::NotANumber,
        "not-a-number",
        "not a number",
        "a NaN spreads into all that is computed from it, and a driver may treat it as any number",
        "guard the operation: clamp what goes into a root, a logarithm or a division",
    ),
    (
        Rule::Endless,
        "endless",
        "no end",
        "a watchdog resets the GPU, and with it everything that runs there",
        "mend the condition of the loop; where so many steps are meant, allow the launch more of them",
    ),
    (
        Rule::WorkgroupMemory,
        "workgroup-memory",
        "too much workgroup memory",
        "wgpu makes the pipeline all the same, and the driver may fail or compute nothing",
        "hold less in a workgroup, or ask for a higher limit where the device has it",
    ),
    (
        Rule::Invocations,
        "invocations",
        "too many invocations",
        "WebGPU's default limit is 256 invocations a workgroup",
        "share the work among fewer, or ask for a higher limit where the device has it",
    ),
    (
        Rule::Bindings,
        "bindings",
        "too many bindings",
        "a device has few storage bindings: Metal 8, of which wgpu takes one",
        "put two arrays into one buffer",
    ),
    (
        Rule::Layout,
        "uniform-layout",
        "uniform layout",
        "the host fills other fields of the uniform than the kernel reads",
        "give the struct in WGSL and the one of the host the same fields in one order",
    ),
    (
        Rule::Expectation,
        "expectation",
        "other numbers than expected",
        "the kernel computes something else than its test says",
        "mend the kernel, or what the launch expects",
    ),
    (
        Rule::Opaque,
        "opaque",
        "cannot be followed",
        "what depends on this is not checked",
        "let indices and loops depend on what the launch gives, or test this part on a device",
    ),
];

impl Rule {
    fn row(self) -> &'static (Rule, &'static str, &'static str, &'static str, &'static str) {
        TABLE
            .iter()
            .find(|row| row.0 == self)
            .unwrap_or(&TABLE[TABLE.len() - 1])
    }

    /// Every rule.
    pub fn all() -> impl Iterator<Item = Rule> {
        TABLE.iter().map(|row| row.0)
    }

    /// Its id, for machines: `data-race`.
    pub fn id(self) -> &'static str {
        self.row().1
    }

    /// Its name in two or three words: "data race".
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// Why it matters.
    pub fn why(self) -> &'static str {
        self.row().3
    }

    /// How to get rid of it.
    pub fn remedy(self) -> &'static str {
        self.row().4
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_row_of_its_own() {
        let ids: std::collections::BTreeSet<&str> = Rule::all().map(Rule::id).collect();
        assert_eq!(ids.len(), 16);
        for rule in Rule::all() {
            assert_eq!(rule.row().0, rule);
        }
        assert_eq!(Rule::Race.id(), "data-race");
        assert_eq!(Rule::Opaque.title(), "cannot be followed");
    }
}
