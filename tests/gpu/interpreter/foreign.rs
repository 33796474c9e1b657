//! Shaders that others wrote, fetched by `scripts/fetch-shaders.sh`: the interpreter leaves the numbers that the adapter
//! leaves, and finds nothing that is not explained.

use std::path::{Path, PathBuf};

use gatefold::random::Philox;
use naga::{AddressSpace, ArraySize, Module, ScalarKind, ShaderStage, TypeInner};
use wgsl_check::lint::statements;
use wgsl_check::{Buffer, Finding, Launch, Rule, Shader, check, run};

use super::{difference, on_adapter};
use crate::support::{device, skipped};

/// Names the folder that the script fetched to.
const VARIABLE: &str = "GATEFOLD_SHADERS";

/// Elements that runtime-sized arrays are given.
const ELEMENTS: usize = 2048;

/// Shaders of which this many at least have to be there, and equal.
const LEAST: usize = 30;

/// Findings that are right: the end of a path, an entry point, the rule, and why.
const EXPLAINED: &[(&str, &str, Rule, &str)] = &[(
    "subgroup_operations/shader.wgsl",
    "main",
    Rule::Subgroup,
    "it tests what a driver does where lanes part ways",
)];

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/shaders"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        skipped(&format!(
            "no folder {} of shaders that others wrote (run scripts/fetch-shaders.sh)",
            folder.display()
        ));
        return None;
    }
    Some(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "wgsl")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Random words of a type: numbers near 1, small integers that are fit for indices.
fn words(module: &Module, inner: &TypeInner, bytes: usize, random: &mut Philox) -> Vec<u32> {
    let mut words = vec![0; bytes / 4];
    fill(module, inner, &mut words, random);
    words
}

fn fill(module: &Module, inner: &TypeInner, words: &mut [u32], random: &mut Philox) {
    let mut number = |kind: ScalarKind| match kind {
        ScalarKind::Float => (0.05 + 0.9 * random.unit_f32()).to_bits(),
        _ => (random.unit_f32() * 4.0) as u32,
    };
    match *inner {
        TypeInner::Array { base, stride, .. } => {
            for element in words.chunks_mut((stride / 4).max(1) as usize) {
                fill(module, &module.types[base].inner, element, random);
            }
        }
        TypeInner::Struct { ref members, .. } => {
            for member in members {
                let inner = &module.types[member.ty].inner;
                let first = member.offset as usize / 4;
                let count = match inner {
                    TypeInner::Array {
                        size: ArraySize::Dynamic,
                        ..
                    } => words.len() - first,
                    _ => inner.size(module.to_ctx()) as usize / 4,
                };
                fill(module, inner, &mut words[first..first + count], random);
            }
        }
        TypeInner::Scalar(scalar)
        | TypeInner::Atomic(scalar)
        | TypeInner::Vector { scalar, .. }
        | TypeInner::Matrix { scalar, .. } => {
            words
                .iter_mut()
                .for_each(|word| *word = number(scalar.kind));
        }
        _ => {}
    }
}

/// Bytes for a type, with some elements where it has no end.
fn bytes(module: &Module, inner: &TypeInner) -> usize {
    match *inner {
        TypeInner::Array {
            stride,
            size: ArraySize::Dynamic,
            ..
        } => ELEMENTS * stride as usize,
        TypeInner::Struct { ref members, span } => match members.last() {
            Some(last) => {
                let inner = &module.types[last.ty].inner;
                (last.offset as usize + bytes(module, inner)).max(span as usize)
            }
            None => 0,
        },
        _ => inner.size(module.to_ctx()) as usize,
    }
}

/// A launch of an entry point; none if it has what cannot be bound: textures, or what no adapter here has.
fn launch(shader: &Shader, entry: usize, lanes: u32, random: &mut Philox) -> Option<Launch> {
    let module = shader.module();
    let used = shader.info().get_entry_point(entry);
    let name = &module.entry_points[entry].name;
    let mut launch = Launch::new([1, 1, 1]).entry(name).subgroup_size(lanes);
    for (handle, variable) in module.global_variables.iter() {
        if used[handle].is_empty() {
            continue;
        }
        match variable.space {
            AddressSpace::Uniform | AddressSpace::Storage { .. } => {
                let at = variable.binding?;
                let inner = &module.types[variable.ty].inner;
                let bytes = bytes(module, inner).next_multiple_of(16);
                let words = words(module, inner, bytes, random);
                launch = launch.bind(at.group, at.binding, Buffer::u32(&words));
            }
            AddressSpace::Private | AddressSpace::WorkGroup => {}
            _ => return None,
        }
    }
    for (_, constant) in module.overrides.iter().filter(|(_, o)| o.init.is_none()) {
        let key = constant.id.map(|id| id.to_string());
        launch = launch.constant(&key.or_else(|| constant.name.clone())?, 2.0);
    }
    Some(launch)
}

fn is_explained(path: &str, entry: &str, finding: &Finding) -> bool {
    EXPLAINED.iter().any(|(end, of, rule, _)| {
        path.ends_with(end) && (*of == entry || *of == "*") && *rule == finding.rule
    })
}

/// Whether what is computed hangs on the order of invocations, which no two devices have alike.
fn hangs_on_order(module: &Module) -> bool {
    let mut found = false;
    for function in wgsl_check::lint::functions(module) {
        statements(&function.body, &mut |statement| {
            found |= matches!(
                statement,
                naga::Statement::Atomic {
                    result: Some(_),
                    ..
                }
            );
        });
    }
    found
}

#[test]
fn shaders_of_others_leave_what_the_adapter_leaves() {
    let (Some(gpu), Some(folder)) = (device::adapter(), folder()) else {
        return;
    };
    let lanes = gpu.report().subgroup.map_or(1, |(least, _)| least);
    let mut random = Philox::new(11, 0);
    let (mut complaints, mut equal, mut files_equal) = (Vec::new(), 0, 0);
    let mut opaque = 0;
    for path in files(&folder) {
        let name = path.display().to_string();
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let Ok(shader) = Shader::parse_named(&text, &name) else {
            continue;
        };
        let before = equal;
        for (index, entry) in shader.module().entry_points.iter().enumerate() {
            if entry.stage != ShaderStage::Compute {
                continue;
            }
            let Some(launch) = launch(&shader, index, lanes, &mut random) else {
                continue;
            };
            let outcome = run(&shader, &launch);
            let findings = check(&shader, std::slice::from_ref(&launch));
            let followed = !findings.iter().any(|finding| finding.rule == Rule::Opaque);
            opaque += usize::from(!followed);
            for finding in findings {
                if finding.rule != Rule::Opaque && !is_explained(&name, &entry.name, &finding) {
                    complaints.push(format!("{name} {}: {finding}", entry.name));
                }
            }
            let clean = outcome.findings().is_empty() && !hangs_on_order(shader.module());
            match on_adapter(&gpu, &shader, &launch) {
                Ok(buffers) if clean => match difference(&outcome, &buffers, false) {
                    Some(difference) => {
                        complaints.push(format!("{name} {}: {difference}", entry.name))
                    }
                    None => equal += 1,
                },
                Ok(_) => {}
                // What this adapter does not take, no interpreter can be compared with.
                Err(_) => eprintln!("{name} {}: not on this adapter", entry.name),
            }
        }
        files_equal += usize::from(equal > before);
    }
    eprintln!(
        "{files_equal} shaders with {equal} entry points are equal, {opaque} entry points are not followed"
    );
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(
        files_equal >= LEAST,
        "{files_equal} shaders of {LEAST} at least"
    );
}
