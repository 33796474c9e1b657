//! What naga's validator lets through, as far as the text shows it.

mod resources;
mod uniformity;
mod walk;

pub use resources::{Field, Limits, resources, subgroup_operations, uniform_layout};
pub use walk::{functions, spans, statements};

use crate::finding::Finding;
use crate::shader::Shader;

/// Divergent barriers and subgroup operations, and shared stores: what the text shows without a launch.
pub fn lint(shader: &Shader) -> Vec<Finding> {
    uniformity::findings(&shader.module, &shader.source)
}
