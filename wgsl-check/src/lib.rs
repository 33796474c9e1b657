//! Unit tests, data races, lints and mutants for WGSL compute shaders, without a GPU.

mod check;
mod finding;
mod interpreter;
mod launch;
mod layout;
pub mod lint;
mod memory;
pub mod mutate;
mod render;
mod rule;
mod shader;

pub use check::check;
pub use finding::{Finding, Invocation, Place};
pub use interpreter::{NoNumbers, Outcome, run};
pub use launch::{Buffer, Launch, Slice};
pub use rule::Rule;
pub use shader::{InvalidShader, Shader};
