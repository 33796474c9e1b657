//! The built-in values that an entry point takes.

use naga::{BuiltIn, FunctionArgument, Span, TypeInner};

use super::machine::Machine;
use super::value::Values;

impl Machine<'_> {
    /// What the built-in values are that an argument has, or the fields of one.
    pub(crate) fn built_in(&mut self, argument: &FunctionArgument) -> Values {
        let mut bindings = Vec::new();
        match (&argument.binding, &self.module.types[argument.ty].inner) {
            (Some(binding), inner) => bindings.push((binding.clone(), inner)),
            (None, TypeInner::Struct { members, .. }) => {
                for member in members {
                    if let Some(binding) = &member.binding {
                        bindings.push((binding.clone(), &self.module.types[member.ty].inner));
                    }
                }
            }
            (None, _) => {}
        }
        let mut all = Values::default();
        for (binding, inner) in bindings {
            let count = self.layout.flat_of(inner).unwrap_or(1) as usize;
            let of = |lane: u32| match &binding {
                naga::Binding::BuiltIn(built_in) => self.built_in_of(built_in, lane),
                naga::Binding::Location { .. } => None,
            };
            let of_lanes: Option<Vec<[u32; 3]>> = (0..self.lanes as u32).map(of).collect();
            match of_lanes {
                Some(of_lanes) => {
                    for part in 0..count {
                        all.words
                            .extend(of_lanes.iter().map(|value| value[part.min(2)]));
                    }
                }
                None => {
                    all.words.extend(std::iter::repeat_n(0, count * self.lanes));
                    self.opaque(Span::UNDEFINED, &format!("an argument with {binding:?}"));
                }
            }
        }
        all
    }

    fn built_in_of(&self, built_in: &BuiltIn, index: u32) -> Option<[u32; 3]> {
        let (size, lanes) = (self.size, self.launch.subgroup_size);
        let local = [
            index % size[0],
            index / size[0] % size[1],
            index / (size[0] * size[1]),
        ];
        Some(match built_in {
            BuiltIn::LocalInvocationIndex => [index; 3],
            BuiltIn::LocalInvocationId => local,
            BuiltIn::WorkGroupId => self.group,
            BuiltIn::NumWorkGroups => self.launch.groups,
            BuiltIn::WorkGroupSize => size,
            BuiltIn::GlobalInvocationId => std::array::from_fn(|axis| {
                self.group[axis]
                    .wrapping_mul(size[axis])
                    .wrapping_add(local[axis])
            }),
            BuiltIn::SubgroupId => [index / lanes; 3],
            BuiltIn::SubgroupInvocationId => [index % lanes; 3],
            BuiltIn::SubgroupSize => [lanes; 3],
            BuiltIn::NumSubgroups => [(self.lanes as u32).div_ceil(lanes); 3],
            _ => return None,
        })
    }
}
