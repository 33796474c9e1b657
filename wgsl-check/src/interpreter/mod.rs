//! Runs a shader on the host: numbers, memory, and who touched which word of it.
//!
//! A workgroup's invocations walk through naga's code together, each with values of its own. Every load and store of
//! memory that several see is noted with the invocation and with the barriers it has passed. So what a device shows
//! at times, and a software adapter hardly ever, is found each time: two invocations at one word with no barrier
//! between them, one of them writing; an index past the end; a barrier that not all invocations reach.
//!
//! Workgroups run one after another, in the order of their ids. Where a value is not known, as what an
//! [unknown buffer](crate::Buffer::unknown) holds, both ways of a branch are gone, and what is stored there is not known
//! afterwards.

mod access;
mod arithmetic;
mod atomics;
mod built_ins;
mod constants;
mod expressions;
mod frame;
mod geometry;
mod machine;
mod math;
mod own;
mod packing;
mod paths;
mod pointer;
mod prepare;
mod statements;
mod subgroup;
mod target;
mod value;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::launch::{Launch, Slice};
use crate::memory::Contents;
use crate::rule::Rule;
use crate::shader::{Shader, on_large_stack};
use machine::Machine;

/// What a launch came to: what was found, and what the buffers hold afterwards.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub(crate) findings: Vec<Finding>,
    bindings: BTreeMap<(u32, u32), Slice>,
    contents: Vec<Contents>,
    steps: u64,
}

/// Why an outcome has no such numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoNumbers {
    /// Nothing is bound there.
    #[error("the launch binds nothing at @group({group}) @binding({binding}); `Launch::bind` does")]
    Unbound {
        /// The group that was asked for.
        group: u32,
        /// The binding that was asked for.
        binding: u32,
    },
    /// A word's value hangs on what the launch does not say.
    #[error(
        "word {word} of @group({group}) @binding({binding}) is not known, for it comes from a buffer whose content the \
         launch does not say, or the launch did not end; see the findings"
    )]
    Unknown {
        /// The group that was asked for.
        group: u32,
        /// The binding that was asked for.
        binding: u32,
        /// The first word that is not known.
        word: usize,
    },
}

impl Outcome {
    fn failed(launch: &Launch, findings: Vec<Finding>) -> Outcome {
        let contents = launch.buffers.iter().map(|buffer| Contents {
            words: vec![0; buffer.words],
            unknown: vec![true; buffer.words],
        });
        Outcome {
            findings,
            bindings: launch.bindings.clone(),
            contents: contents.collect(),
            steps: 0,
        }
    }

    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The steps that the launch took, as [`Launch::steps`] counts them.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Each word of a binding, none where it is not known.
    ///
    /// # Errors
    /// [`NoNumbers::Unbound`] if nothing is bound there.
    pub fn words(&self, group: u32, binding: u32) -> Result<Vec<Option<u32>>, NoNumbers> {
        let unbound = NoNumbers::Unbound { group, binding };
        let slice = self
            .bindings
            .get(&(group, binding))
            .ok_or(unbound.clone())?;
        let contents = self.contents.get(slice.buffer).ok_or(unbound)?;
        let words = contents.words.iter().zip(&contents.unknown);
        let words = words.skip(slice.offset / 4).take(slice.bytes / 4);
        Ok(words
            .map(|(&word, unknown)| (!unknown).then_some(word))
            .collect())
    }

    /// The numbers of a binding of `u32`.
    ///
    /// # Errors
    /// [`NoNumbers`] if nothing is bound there, or a word is not known.
    pub fn u32(&self, group: u32, binding: u32) -> Result<Vec<u32>, NoNumbers> {
        let words = self.words(group, binding)?.into_iter().enumerate();
        words
            .map(|(at, word)| {
                word.ok_or(NoNumbers::Unknown {
                    group,
                    binding,
                    word: at,
                })
            })
            .collect()
    }

    /// The numbers of a binding of `f32`.
    ///
    /// # Errors
    /// As [`Outcome::u32`].
    pub fn f32(&self, group: u32, binding: u32) -> Result<Vec<f32>, NoNumbers> {
        let words = self.u32(group, binding)?;
        Ok(words.into_iter().map(f32::from_bits).collect())
    }

    /// The numbers of a binding of `i32`.
    ///
    /// # Errors
    /// As [`Outcome::u32`].
    pub fn i32(&self, group: u32, binding: u32) -> Result<Vec<i32>, NoNumbers> {
        let words = self.u32(group, binding)?;
        Ok(words.into_iter().map(|word| word as i32).collect())
    }
}

/// Runs a launch; what is wrong with it, or goes wrong in it, is among the outcome's findings.
///
/// ```
/// use wgsl_check::{Buffer, Launch, Shader, run};
///
/// let shader = Shader::parse("
///     @group(0) @binding(0) var<storage, read_write> x: array<f32>;
///     @compute @workgroup_size(4)
///     fn double(@builtin(global_invocation_id) id: vec3<u32>) { x[id.x] *= 2.0; }")?;
/// let outcome = run(&shader, &Launch::new([1, 1, 1]).bind(0, 0, Buffer::f32(&[1.0, 2.0, 3.0, 4.0])));
/// assert!(outcome.findings().is_empty());
/// assert_eq!(outcome.f32(0, 0)?, [2.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(shader: &Shader, launch: &Launch) -> Outcome {
    let outcome = on_large_stack(|| match prepare::prepare(shader, launch) {
        Ok(prepared) => {
            let (findings, contents, steps) = Machine::new(shader, launch, &prepared).run();
            Outcome {
                findings,
                bindings: launch.bindings.clone(),
                contents,
                steps,
            }
        }
        Err(findings) => Outcome::failed(launch, findings),
    });
    outcome.unwrap_or_else(|| {
        let detail = "the interpreter failed on this shader, or no thread could be started for it";
        Outcome::failed(launch, vec![Finding::new(Rule::Opaque, detail)])
    })
}
