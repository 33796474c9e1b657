//! Every kernel, specialised for every size that the plans of these tests ask for: what can be known of its
//! text without a device.

mod spirv_val;

use std::path::Path;

use gatefold::plan::{Access, KERNELS};
use naga::{AddressSpace, MathFunction, ShaderStage, StorageAccess, TypeInner};

use rayon::prelude::*;
use wgsl_check::lint::{functions, statements, subgroup_operations};

use crate::support::kernels::{Specialised, all, translate};
use crate::support::lint;

/// Fails with all complaints, each under its kernel's name.
fn check(complain: impl Fn(&Specialised) -> Vec<String>) {
    let complaints: Vec<String> = all()
        .iter()
        .flat_map(|kernel| {
            complain(kernel)
                .into_iter()
                .map(move |c| format!("{}: {c}", kernel.kernel))
        })
        .collect();
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_kernel_is_used_by_some_plan() {
    for file in KERNELS {
        assert!(
            all().iter().any(|k| k.kernel.name() == file.name),
            "{} is in no plan",
            file.name
        );
    }
}

#[test]
fn every_kernel_has_one_entry_point_named_as_its_file() {
    check(|k| {
        let found: Vec<_> = k
            .shader
            .module()
            .entry_points
            .iter()
            .map(|entry| (entry.name.as_str(), entry.stage))
            .collect();
        if found == [(k.kernel.name(), ShaderStage::Compute)] {
            vec![]
        } else {
            vec![format!("entry points {found:?}")]
        }
    });
}

#[test]
fn bindings_are_those_of_the_table() {
    check(|k| {
        let mut found: Vec<(u32, u32, Option<Access>)> = Vec::new();
        for (_, variable) in k.shader.module().global_variables.iter() {
            let access = match variable.space {
                AddressSpace::Uniform => None,
                AddressSpace::Storage { access } if access == StorageAccess::LOAD => {
                    Some(Access::Read)
                }
                AddressSpace::Storage { .. } => Some(Access::ReadWrite),
                _ => continue,
            };
            let binding = variable.binding.expect("wgsl wants a binding");
            found.push((binding.group, binding.binding, access));
        }
        found.sort_by_key(|&(group, binding, _)| (group, binding));
        let storage = k.kernel.bindings().unwrap().into_iter().enumerate();
        let expected: Vec<_> = std::iter::once((0, 0, None))
            .chain(storage.map(|(i, access)| (0, i as u32 + 1, Some(access))))
            .collect();
        let mut complaints = Vec::new();
        if found != expected {
            complaints.push(format!("bindings {found:?}, the table has {expected:?}"));
        }
        complaints
    });
}

#[test]
fn the_lint_finds_nothing() {
    // In parallel, for the simulation takes its time.
    let found: Vec<String> = all()
        .par_iter()
        .flat_map_iter(|kernel| {
            let findings = lint::check(kernel).into_iter();
            findings.map(|finding| format!("{}: {finding}", kernel.kernel))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_kernel_is_simulated_at_some_size() {
    for file in KERNELS {
        assert!(
            all()
                .iter()
                .any(|k| k.kernel.name() == file.name && lint::simulated(k).next().is_some()),
            "{} is never simulated",
            file.name
        );
    }
}

#[test]
fn plans_fill_whole_uniforms() {
    check(|k| {
        let size = k.kernel.file().unwrap().dims_bytes;
        let wrong = k.dims_bytes.iter().filter(|&&bytes| bytes != size);
        wrong
            .map(|bytes| format!("a plan gives it a uniform of {bytes} bytes, not {size}"))
            .collect()
    });
}

#[test]
fn kernels_of_the_portable_form_use_no_subgroups() {
    check(|k| {
        let count = subgroup_operations(k.shader.module());
        match (k.portable, count) {
            (true, 1..) => vec![format!("{count} subgroup operations or built-ins")],
            _ => vec![],
        }
    });
    let others = all().iter().filter(|k| !k.portable);
    assert!(
        others.map(|k| subgroup_operations(k.shader.module())).max() > Some(0),
        "the lint finds none anywhere"
    );
}

#[test]
fn no_kernel_calls_what_some_driver_gets_wrong() {
    check(|k| {
        let mut complaints = Vec::new();
        for function in functions(k.shader.module()) {
            for (_, expression) in function.expressions.iter() {
                match expression {
                    naga::Expression::Math {
                        fun: MathFunction::Tanh | MathFunction::Sinh | MathFunction::Cosh,
                        ..
                    } => {
                        complaints.push(
                            "the built-in tanh overflows on some drivers; take tanh_safe"
                                .to_string(),
                        );
                    }
                    naga::Expression::Access { base, .. }
                        if matches!(
                            function.expressions[*base],
                            naga::Expression::LocalVariable(_)
                        ) =>
                    {
                        complaints.push(
                            "a private array indexed by a variable, which DX12's compiler rejects"
                                .to_string(),
                        );
                    }
                    _ => {}
                }
            }
            statements(&function.body, &mut |statement| {
                if let naga::Statement::Atomic {
                    fun: naga::AtomicFunction::Exchange { compare: Some(_) },
                    ..
                } = statement
                {
                    complaints.push("a compare-and-exchange".to_string());
                }
            });
        }
        for (_, kind) in k.shader.module().types.iter() {
            if let TypeInner::Atomic(scalar) = kind.inner
                && !matches!(scalar.kind, naga::ScalarKind::Uint | naga::ScalarKind::Sint)
            {
                complaints.push("a float atomic, whose order is not fixed".to_string());
            }
        }
        complaints
    });
}

#[test]
fn every_kernel_translates_to_spirv_msl_and_hlsl() {
    check(translate);
}

#[test]
fn every_file_says_what_it_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut complaints = Vec::new();
    for file in KERNELS {
        let header: Vec<&str> = file
            .template
            .lines()
            .take_while(|line| line.starts_with("//"))
            .collect();
        let mut want = |what: &str, there: bool| {
            if !there {
                complaints.push(format!("{}: {what}", file.name));
            }
        };
        want(
            "its first line is `// NAME: what it does`",
            header[0].starts_with(&format!("// {}: ", file.name)),
        );
        let says = |word: &str| {
            header
                .iter()
                .any(|line| line.to_lowercase().contains(&word.to_lowercase()))
        };
        for word in ["Math", "Shapes", "Grid", "Order", "Test"] {
            want(&format!("its header has no {word}"), says(word));
        }
        // A twin stands in src/, a test in tests/.
        for word in header
            .iter()
            .flat_map(|line| line.split_whitespace())
            .filter(|word| word.ends_with(".rs"))
        {
            let path = if word.starts_with("tests/") {
                root.join(word)
            } else {
                root.join("src").join(word)
            };
            want(
                &format!("its header names {word}, which does not exist"),
                path.is_file(),
            );
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_table_holds_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()?
                .strip_suffix(".wgsl")
                .map(str::to_owned)
        })
        .collect();
    files.sort();
    let table: Vec<&str> = KERNELS.iter().map(|file| file.name).collect();
    assert_eq!(files, table);
}
