//! Who touched which word of memory, and after which barrier.

use std::collections::HashMap;

use naga::{AddressSpace, GlobalVariable, Handle, StorageAccess};

use super::Launch;
use crate::support::kernels::Shader;
use crate::support::lint::{Finding, Rule};

/// An invocation at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    pub group: u32,
    pub invocation: u32,
    /// Barriers passed so far, in all workgroups.
    pub epoch: u32,
}

impl Who {
    /// Whether nothing says which of both comes first.
    fn races(self, other: Who, shared_by_groups: bool) -> bool {
        if self.group != other.group {
            return shared_by_groups;
        }
        self.invocation != other.invocation && self.epoch == other.epoch
    }
}

/// The last to touch a word; of readers the last two that differ, so that a writer meets another than itself.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    writer: Option<Who>,
    readers: [Option<Who>; 2],
}

/// A variable's words.
enum Space {
    Uniform,
    /// Buffer and first word; words; whether the kernel may write it.
    Storage {
        buffer: usize,
        offset: usize,
        words: usize,
        writable: bool,
    },
    Workgroup,
}

/// All memory of a dispatch.
pub struct Memory<'a> {
    shader: &'a Shader,
    launch: &'a Launch,
    spaces: HashMap<Handle<GlobalVariable>, Space>,
    buffers: HashMap<(usize, usize), Word>,
    workgroup: HashMap<(Handle<GlobalVariable>, usize), Word>,
    pub group: u32,
    pub epoch: u32,
    found: Vec<Finding>,
}

impl<'a> Memory<'a> {
    pub fn new(shader: &'a Shader, launch: &'a Launch) -> Memory<'a> {
        let mut spaces = HashMap::new();
        for (handle, variable) in shader.module.global_variables.iter() {
            let space = match variable.space {
                AddressSpace::Uniform => Space::Uniform,
                AddressSpace::WorkGroup => Space::Workgroup,
                AddressSpace::Storage { access } => {
                    let binding = variable.binding.map_or(0, |at| at.binding);
                    let buffer = &launch.buffers[binding as usize - 1];
                    Space::Storage {
                        buffer: buffer.id,
                        offset: buffer.offset,
                        words: buffer.words,
                        writable: access.contains(StorageAccess::STORE),
                    }
                }
                space => panic!("memory in {space:?} is not simulated"),
            };
            spaces.insert(handle, space);
        }
        Memory {
            shader,
            launch,
            spaces,
            buffers: HashMap::new(),
            workgroup: HashMap::new(),
            group: 0,
            epoch: 0,
            found: Vec::new(),
        }
    }

    /// Workgroup memory is another's from here on.
    pub fn next_workgroup(&mut self) {
        self.workgroup.clear();
        self.group += 1;
        self.epoch += 1;
    }

    /// Notes a finding, once a place.
    pub fn report(&mut self, rule: Rule, span: naga::Span, detail: String) {
        let finding = Finding::at(rule, &self.shader.source, span, detail);
        let known = |other: &Finding| other.rule == rule && other.place == finding.place;
        if !self.found.iter().any(known) {
            self.found.push(finding);
        }
    }

    pub fn findings(self) -> Vec<Finding> {
        self.found
    }

    /// An invocation loads or stores `count` words from `first` on; returns what they hold, where that is known.
    pub fn touch(
        &mut self,
        variable: Handle<GlobalVariable>,
        first: usize,
        count: usize,
        invocation: u32,
        store: bool,
        span: naga::Span,
    ) -> [Option<u32>; 4] {
        let who = Who {
            group: self.group,
            invocation,
            epoch: self.epoch,
        };
        let shader = self.shader;
        let name = || {
            let variable = &shader.module.global_variables[variable];
            variable.name.clone().unwrap_or_default()
        };
        let mut values = [None; 4];
        let mut race = None;
        match self.spaces[&variable] {
            Space::Uniform => {
                for (value, word) in values.iter_mut().zip(first..first + count) {
                    *value = self.launch.dims.get(word).copied();
                }
            }
            Space::Workgroup => {
                for word in first..first + count {
                    let entry = self.workgroup.entry((variable, word)).or_default();
                    race = race.or(entry.touch(who, store, false));
                }
            }
            Space::Storage {
                buffer,
                offset,
                words,
                writable,
            } => {
                if first + count > words {
                    let detail = format!("{}, word {first} of {words}", name());
                    self.report(Rule::Bounds, span, detail);
                    return values;
                }
                let binding = self.launch.buffers.iter().find(|b| b.id == buffer);
                let content = binding.and_then(|binding| binding.content.as_ref());
                for (place, word) in (first..first + count).enumerate() {
                    let at = offset + word;
                    if let Some(value) = values.get_mut(place) {
                        *value = content.and_then(|content| content.get(at).copied());
                    }
                    if writable {
                        let entry = self.buffers.entry((buffer, at)).or_default();
                        race = race.or(entry.touch(who, store, true));
                    }
                }
            }
        }
        if let Some(other) = race {
            let where_ = match other.group == who.group {
                true => "of the same workgroup",
                false => "of another workgroup",
            };
            let detail = format!(
                "{}, word {first}: invocation {invocation} and invocation {} {where_}",
                name(),
                other.invocation
            );
            self.report(Rule::Race, span, detail);
        }
        values
    }
}

impl Word {
    /// Notes an access; returns whom it races with.
    fn touch(&mut self, who: Who, store: bool, shared_by_groups: bool) -> Option<Who> {
        let against = |other: &Who| who.races(*other, shared_by_groups);
        let mut race = self.writer.filter(against);
        if store {
            race = race.or(self.readers.into_iter().flatten().find(against));
            self.writer = Some(who);
        } else if self.readers[0]
            .is_none_or(|last| (last.group, last.invocation) != (who.group, who.invocation))
        {
            self.readers = [Some(who), self.readers[0]];
        } else {
            self.readers[0] = Some(who);
        }
        race
    }
}
