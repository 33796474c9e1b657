//! [`CustomKernel`]: a kernel's text that is not of `shaders/`, and what is wrong with it.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage, StorageAccess};

use super::kernel_table::Access;
use crate::error::{Error, Result};

/// A text that was parsed and validated, and what a dispatch must bring.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CustomKernel {
    pub(super) name: String,
    pub(super) wgsl: String,
    pub(super) bindings: Vec<Access>,
    /// Bytes of the uniform, 0 where it has none.
    pub(super) dims_bytes: usize,
}

impl CustomKernel {
    /// # Errors
    /// [`Error::Kernel`] with the line of the text in which the first fault is, or with what the entry point or a binding
    /// lacks.
    pub(super) fn new(name: &str, wgsl: &str, bindings: &[Access]) -> Result<CustomKernel> {
        let dims_bytes = examined(name, wgsl, bindings).map_err(|problem| Error::Kernel {
            kernel: name.to_owned(),
            problem,
        })?;
        Ok(CustomKernel {
            name: name.to_owned(),
            wgsl: wgsl.to_owned(),
            bindings: bindings.to_vec(),
            dims_bytes,
        })
    }
}

/// Bytes of the text's uniform, or what is wrong with the text.
fn examined(name: &str, wgsl: &str, bindings: &[Access]) -> std::result::Result<usize, String> {
    let module = naga::front::wgsl::parse_str(wgsl).map_err(|error| {
        let line = error.location(wgsl).map(|place| place.line_number);
        at(line, error.message())
    })?;
    Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .map_err(|error| {
            let line = error.location(wgsl).map(|place| place.line_number);
            at(line, &causes(error.as_inner()))
        })?;
    let entry = |entry: &&naga::EntryPoint| entry.name == name;
    match module.entry_points.iter().find(entry) {
        Some(entry) if entry.stage == ShaderStage::Compute => {}
        Some(_) => return Err(format!("the entry point {name} is not a @compute one")),
        None => return Err(format!("the text has no @compute fn {name}")),
    }
    check_bindings(&module, bindings)
}

/// Bytes of the uniform, where the text's storage bindings are those that were named.
fn check_bindings(module: &Module, bindings: &[Access]) -> std::result::Result<usize, String> {
    let mut dims_bytes = 0;
    let mut found = vec![false; bindings.len()];
    for (_, variable) in module.global_variables.iter() {
        let Some(binding) = &variable.binding else {
            continue;
        };
        let place = format!("@group({}) @binding({})", binding.group, binding.binding);
        let index = match (binding.group, binding.binding) {
            (0, binding) => binding as usize,
            _ => return Err(format!("{place}: only group 0 is bound")),
        };
        match variable.space {
            AddressSpace::Uniform if index == 0 => {
                dims_bytes = module.types[variable.ty]
                    .inner
                    .try_size(module.to_ctx())
                    .unwrap_or(0) as usize;
            }
            AddressSpace::Storage { access } if index > 0 => {
                let in_text = if access.contains(StorageAccess::STORE) {
                    Access::ReadWrite
                } else {
                    Access::Read
                };
                match bindings.get(index - 1) {
                    Some(named) if *named == in_text => found[index - 1] = true,
                    Some(named) => {
                        return Err(format!("{place} is {in_text:?} in the text, not {named:?}"));
                    }
                    None => {
                        let count = bindings.len();
                        return Err(format!("{place} is beyond the {count} bindings named"));
                    }
                }
            }
            _ => {
                return Err(format!(
                    "{place}: a uniform is at binding 0, and storage buffers from binding 1 on"
                ));
            }
        }
    }
    match found.iter().position(|found| !found) {
        None => Ok(dims_bytes),
        Some(index) => Err(format!("the text has no @group(0) @binding({})", index + 1)),
    }
}

fn at(line: Option<u32>, problem: &str) -> String {
    match line {
        Some(line) => format!("line {line}: {problem}"),
        None => problem.to_owned(),
    }
}

/// An error with all that it comes from.
fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
