//! The SPIR-V of every kernel, checked by the Khronos Group's validator where it is installed: naga's validator
//! sees the kernel before it is translated, this one what a Vulkan driver gets.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use rayon::prelude::*;

use crate::support::kernels::{Specialised, all, spirv};
use crate::support::skipped;

/// What the validator says of a module, nothing if it is valid; `Ok(None)` where there is no validator.
fn complaint(words: &[u32]) -> std::io::Result<Option<String>> {
    let spawned = Command::new("spirv-val")
        .args(["--target-env", "vulkan1.1", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut validator = match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        spawned => spawned?,
    };
    if let Some(mut input) = validator.stdin.take() {
        input.write_all(bytemuck::cast_slice(words))?;
    }
    let output = validator.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok(Some(match output.status.success() {
        true => String::new(),
        false => format!("{}: {}", output.status, String::from_utf8_lossy(&said)),
    }))
}

#[test]
fn the_spirv_of_every_kernel_is_valid() {
    let check = |kernel: &Specialised| {
        let complaint = complaint(&spirv(kernel).unwrap()).unwrap()?;
        (!complaint.is_empty()).then(|| format!("{}: {complaint}", kernel.kernel))
    };
    let first = spirv(&all()[0]).unwrap();
    match complaint(&first[..first.len() - 1]).unwrap() {
        None => return skipped("no spirv-val (Debian, Ubuntu: the package spirv-tools)"),
        Some(complaint) => assert!(!complaint.is_empty(), "half a module is valid"),
    }
    let complaints: Vec<String> = all().par_iter().filter_map(check).collect();
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}
