//! Whether a launch fits a shader: its entry point, overrides, bindings and sizes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use naga::back::pipeline_constants::process_overrides;
use naga::valid::ModuleInfo;
use naga::{AddressSpace, ArraySize, Module, ShaderStage, StorageAccess, TypeInner};

use crate::finding::Finding;
use crate::launch::Launch;
use crate::layout::Layout;
use crate::memory::Region;
use crate::rule::Rule;
use crate::shader::Shader;

/// Invocations of a workgroup at most.
const INVOCATIONS: u64 = 4096;

/// Workgroups of a launch at most, along an axis and in all.
const GROUPS: u64 = 65_535;

/// Words of private memory that all invocations of a workgroup may take together.
const WORDS: u64 = 1 << 26;

/// Words of workgroup memory; devices have a sixteenth of it.
const WORKGROUP_WORDS: u64 = 1 << 18;

/// A launch that fits its shader.
pub(crate) struct Prepared<'a> {
    pub module: Cow<'a, Module>,
    pub info: Cow<'a, ModuleInfo>,
    /// Index of the entry point.
    pub entry: usize,
    /// Where each global variable is, by its index.
    pub places: Vec<Where>,
}

/// Where a global variable is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Where {
    /// A buffer's words, so many of them.
    Bound { region: Region, words: usize },
    /// So many words for the workgroup.
    Workgroup { words: usize },
    /// So many words for each invocation.
    Private { words: usize },
    /// Nowhere that the interpreter follows, and why.
    Opaque(&'static str),
    /// Not used by this entry point.
    Unused,
}

fn wrong(detail: impl Into<String>) -> Vec<Finding> {
    vec![Finding::new(Rule::Launch, detail)]
}

/// Looks the launch over; what does not fit comes back as findings.
pub(crate) fn prepare<'a>(
    shader: &'a Shader,
    launch: &Launch,
) -> Result<Prepared<'a>, Vec<Finding>> {
    let name = entry_name(shader, launch)?;
    let (module, info) = specialise(shader, launch, &name)?;
    let named =
        |entry: &naga::EntryPoint| entry.stage == ShaderStage::Compute && entry.name == name;
    let Some(entry) = module.entry_points.iter().position(named) else {
        return Err(wrong(format!("there is no entry point {name}")));
    };
    let size = module.entry_points[entry].workgroup_size.map(u64::from);
    sizes(launch, size)?;
    let mut findings = Vec::new();
    let mut places = Vec::new();
    let (mut words, mut shared) = (0, 0);
    let tracked = tracked(&module, launch);
    let layout = Layout::new(&module);
    let used = info.get_entry_point(entry);
    for (handle, variable) in module.global_variables.iter() {
        if used[handle].is_empty() {
            places.push(Where::Unused);
            continue;
        }
        let flat = layout.flat(variable.ty);
        let place = match variable.space {
            AddressSpace::Private => match flat {
                Some(flat) => {
                    words += u64::from(flat) * size.iter().product::<u64>();
                    Where::Private {
                        words: flat as usize,
                    }
                }
                None => Where::Opaque("a private variable of a type that is not followed"),
            },
            AddressSpace::WorkGroup => match flat {
                Some(flat) => {
                    shared += u64::from(flat);
                    Where::Workgroup {
                        words: flat as usize,
                    }
                }
                None => Where::Opaque("a workgroup variable of a type that is not followed"),
            },
            AddressSpace::Uniform | AddressSpace::Storage { .. } => {
                match bound(&module, launch, variable, &tracked) {
                    Ok(place) => place,
                    Err(detail) => {
                        let span = module.global_variables.get_span(handle);
                        findings.push(Finding::new(Rule::Launch, detail).at(shader.source(), span));
                        Where::Unused
                    }
                }
            }
            AddressSpace::Handle => Where::Opaque("a texture or sampler"),
            _ => Where::Opaque("a variable of an address space that is not followed"),
        };
        places.push(place);
    }
    if words > WORDS {
        findings.extend(wrong(format!(
            "the private variables of a workgroup take {} MiB, of {} at most",
            words >> 18,
            WORDS >> 18
        )));
    }
    if shared > WORKGROUP_WORDS {
        findings.extend(wrong(format!(
            "the workgroup variables take {} KiB, of {} at most",
            shared >> 8,
            WORKGROUP_WORDS >> 8
        )));
    }
    drop(layout);
    if findings.is_empty() {
        Ok(Prepared {
            module,
            info,
            entry,
            places,
        })
    } else {
        Err(findings)
    }
}

fn entry_name(shader: &Shader, launch: &Launch) -> Result<String, Vec<Finding>> {
    let names: Vec<&str> = shader.entry_points().collect();
    match (&launch.entry, &names[..]) {
        (_, []) => Err(wrong("the shader has no compute entry point")),
        (Some(name), names) if names.contains(&name.as_str()) => Ok(name.clone()),
        (Some(name), names) => Err(wrong(format!(
            "there is no compute entry point {name}; there are: {}",
            names.join(", ")
        ))),
        (None, [name]) => Ok((*name).to_owned()),
        (None, names) => Err(wrong(format!(
            "the launch names none of the entry points {}",
            names.join(", ")
        ))),
    }
}

fn specialise<'a>(
    shader: &'a Shader,
    launch: &Launch,
    name: &str,
) -> Result<(Cow<'a, Module>, Cow<'a, ModuleInfo>), Vec<Finding>> {
    let (module, info) = (&shader.module, &shader.info);
    if module.overrides.is_empty() && launch.constants.is_empty() {
        return Ok((Cow::Borrowed(module), Cow::Borrowed(info)));
    }
    let constants = launch.constants.iter();
    let constants = constants
        .map(|(name, &value)| (name.clone(), value))
        .collect();
    let entry = Some((ShaderStage::Compute, name));
    process_overrides(module, info, entry, &constants)
        .map_err(|error| wrong(format!("overrides: {error}")))
}

fn sizes(launch: &Launch, size: [u64; 3]) -> Result<(), Vec<Finding>> {
    let invocations: u64 = size.iter().product();
    if invocations > INVOCATIONS {
        return Err(wrong(format!(
            "a workgroup has {invocations} invocations; no device has more than {INVOCATIONS}"
        )));
    }
    if let Some(groups) = launch.groups.iter().find(|&&n| u64::from(n) > GROUPS) {
        return Err(wrong(format!(
            "{groups} workgroups along one axis; WebGPU's limit is {GROUPS}"
        )));
    }
    let lanes = launch.subgroup_size;
    if !(lanes.is_power_of_two() && lanes <= 128) {
        return Err(wrong(format!(
            "subgroups of {lanes} lanes; they have a power of two of them, up to 128"
        )));
    }
    Ok(())
}

/// The buffers that some binding lets the shader write.
fn tracked(module: &Module, launch: &Launch) -> BTreeSet<usize> {
    let written = module.global_variables.iter().filter_map(|(_, variable)| {
        let AddressSpace::Storage { access } = variable.space else {
            return None;
        };
        let at = variable.binding?;
        let slice = launch.bindings.get(&(at.group, at.binding))?;
        access
            .contains(StorageAccess::STORE)
            .then_some(slice.buffer)
    });
    written.collect()
}

/// Where a buffer's variable is.
fn bound(
    module: &Module,
    launch: &Launch,
    variable: &naga::GlobalVariable,
    tracked: &BTreeSet<usize>,
) -> Result<Where, String> {
    let name = variable.name.as_deref().unwrap_or("a variable");
    let Some(at) = variable.binding else {
        return Err(format!("{name} has no @group and @binding"));
    };
    let place = format!("{name}, @group({}) @binding({})", at.group, at.binding);
    let Some(slice) = launch.bindings.get(&(at.group, at.binding)) else {
        return Err(format!("{place}: the launch binds nothing there"));
    };
    let Some(buffer) = launch.buffers.get(slice.buffer) else {
        return Err(format!("{place}: there is no buffer {}", slice.buffer));
    };
    let end = slice.offset.checked_add(slice.bytes);
    if end.is_none_or(|end| end > buffer.len()) {
        return Err(format!(
            "{place}: {} bytes from {} on, of a buffer of {} bytes",
            slice.bytes,
            slice.offset,
            buffer.len()
        ));
    }
    if !slice.offset.is_multiple_of(4) || !slice.bytes.is_multiple_of(4) {
        return Err(format!("{place}: offset and bytes are not multiples of 4"));
    }
    let least = least_bytes(module, &module.types[variable.ty].inner);
    if (slice.bytes as u64) < least {
        return Err(format!(
            "{place}: {} bytes are bound, and it takes {least}",
            slice.bytes
        ));
    }
    Ok(Where::Bound {
        region: Region::Buffer {
            buffer: slice.buffer,
            first: slice.offset / 4,
            tracked: tracked.contains(&slice.buffer),
        },
        words: slice.bytes / 4,
    })
}

/// Bytes that a binding must have: a runtime-sized array counts with one element.
fn least_bytes(module: &Module, inner: &TypeInner) -> u64 {
    match *inner {
        TypeInner::Array {
            base,
            size: ArraySize::Dynamic,
            ..
        } => least_bytes(module, &module.types[base].inner),
        TypeInner::Struct { ref members, span } => match members.last() {
            Some(last) => {
                let inner = &module.types[last.ty].inner;
                let last_bytes = u64::from(last.offset) + least_bytes(module, inner);
                match inner {
                    TypeInner::Array {
                        size: ArraySize::Dynamic,
                        ..
                    } => last_bytes,
                    _ => u64::from(span),
                }
            }
            None => 0,
        },
        TypeInner::BindingArray { .. } => 0,
        _ => u64::from(inner.size(module.to_ctx())),
    }
}
