#![doc = include_str!("../README.md")]
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`Shader::parse`] | WGSL, parsed and validated by naga |
//! | [`Launch`], [`Buffer`] | workgroups, entry point, overrides, subgroup size, memory by group and binding |
//! | [`run`] | what the buffers hold afterwards, and what was found |
//! | [`check`] | all findings of a shader and its launches |
//! | [`lint`] | what the text alone shows |
//! | [`mutate`] | mutants, verdicts, reports |
//!
//! # How near a device
//!
//! Additions, products, quotients and roots of `f32` are rounded as IEEE 754 says; `fma`, `dot`, products of matrices and the
//! functions of the table "accuracy of built-in functions" in WGSL are computed in 64 bits and rounded once. A driver may fuse a
//! product and a sum, reorder, flush the smallest numbers to 0, and be off by as much as that table lets it: compare with a bound.
//! Atomics take their turn in the order of the invocations, and workgroups in that of their ids: one of the orders that a device
//! may take. Subgroups are as many consecutive invocations as the launch says.
//!
//! An access out of bounds gives a value that is not known, or stores nothing.

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

pub use check::{check, merge};
pub use finding::{Finding, Invocation, Place};
pub use interpreter::{NoNumbers, Outcome, run};
pub use launch::{Buffer, Launch, Slice};
pub use rule::Rule;
pub use shader::{InvalidShader, Shader};
