//! Every kernel, specialised for every size that the plans of these tests ask for: what can be known of its
//! text without a device.

#[path = "shaders/lint.rs"]
mod lint;
#[path = "shaders/modules.rs"]
mod modules;
#[path = "shaders/spirv_val.rs"]
mod spirv_val;

use std::path::Path;

use gatefold::plan::{Access, KERNELS, dims};
use naga::{AddressSpace, MathFunction, ShaderStage, StorageAccess, TypeInner};

use modules::{Specialised, all, statements};

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
            .module
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
        for (_, variable) in k.module.global_variables.iter() {
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
        let storage = k.kernel.bindings().unwrap().iter().enumerate();
        let expected: Vec<_> = std::iter::once((0, 0, None))
            .chain(storage.map(|(i, &access)| (0, i as u32 + 1, Some(access))))
            .collect();
        let mut complaints = Vec::new();
        if found != expected {
            complaints.push(format!("bindings {found:?}, the table has {expected:?}"));
        }
        if found.len() > 8 {
            complaints.push(format!(
                "{} storage bindings; Metal leaves 7",
                found.len() - 1
            ));
        }
        complaints
    });
}

/// Name and offset of each field of the Rust struct that a kernel's uniform is filled from, and its size.
fn rust_dims(kernel: &str) -> (&'static [(&'static str, usize)], usize) {
    macro_rules! layout {
        ($name:ident) => {
            (dims::$name::LAYOUT, size_of::<dims::$name>())
        };
    }
    match kernel {
        "adam" => layout!(AdamDims),
        "binary_cross_entropy" => layout!(LossDims),
        "column_sums" => layout!(ColumnSumsDims),
        "dropout" => layout!(DropoutDims),
        "end_step" => layout!(EndDims),
        "lstm_last_state" => layout!(LastStateDims),
        "segment_sum" => layout!(SegmentDims),
        "transpose_matrix" => layout!(TransposeDims),
        name if name.starts_with("dense_") => layout!(DenseDims),
        name if name.starts_with("embedding_") => layout!(RowsDims),
        name if name.starts_with("lstm_step_") => layout!(StepDims),
        name if name.starts_with("lstm_") => layout!(RecurrenceDims),
        name if name.starts_with("matmul") => layout!(MatmulDims),
        name => panic!("which Rust struct fills the uniform of {name}? say it here"),
    }
}

#[test]
fn uniforms_are_laid_out_as_in_rust() {
    check(|k| {
        let uniforms = k
            .module
            .global_variables
            .iter()
            .filter(|(_, variable)| variable.space == AddressSpace::Uniform);
        let [(_, uniform)] = uniforms.collect::<Vec<_>>()[..] else {
            return vec!["not one uniform".into()];
        };
        let TypeInner::Struct { ref members, span } = k.module.types[uniform.ty].inner else {
            return vec!["the uniform is no struct".into()];
        };
        let found: Vec<(&str, usize)> = members
            .iter()
            .map(|m| (m.name.as_deref().unwrap_or(""), m.offset as usize))
            .collect();
        let (fields, size) = rust_dims(k.kernel.name());
        let mut complaints = Vec::new();
        if uniform.name.as_deref() != Some("dims") {
            complaints.push(format!("the uniform is called {:?}", uniform.name));
        }
        if found != fields || span as usize != size {
            complaints.push(format!(
                "{span} bytes {found:?}, in Rust {size} bytes {fields:?}"
            ));
        }
        for bytes in &k.dims_bytes {
            if *bytes != size {
                complaints.push(format!(
                    "a plan gives it a uniform of {bytes} bytes, not {size}"
                ));
            }
        }
        complaints
    });
}

#[test]
fn workgroups_fit_the_limits() {
    check(|k| {
        let mut complaints = Vec::new();
        let invocations: u32 = k
            .module
            .entry_points
            .iter()
            .map(|e| e.workgroup_size.iter().product::<u32>())
            .sum();
        if invocations as usize > k.invocations {
            complaints.push(format!(
                "{invocations} invocations a workgroup, of {}",
                k.invocations
            ));
        }
        // wgpu does not check this limit.
        let bytes: usize = k
            .module
            .global_variables
            .iter()
            .filter(|(_, variable)| variable.space == AddressSpace::WorkGroup)
            .map(|(_, variable)| {
                k.module.types[variable.ty]
                    .inner
                    .size(k.module.to_ctx())
                    .next_multiple_of(16) as usize
            })
            .sum();
        if bytes > k.workgroup_bytes {
            complaints.push(format!(
                "{bytes} bytes of workgroup memory, of {}",
                k.workgroup_bytes
            ));
        }
        complaints
    });
}

#[test]
fn kernels_of_the_portable_form_use_no_subgroups() {
    check(|k| {
        let count = lint::subgroup_operations(&k.module);
        match (k.portable, count) {
            (true, 1..) => vec![format!("{count} subgroup operations or built-ins")],
            _ => vec![],
        }
    });
    let others = all().iter().filter(|k| !k.portable);
    assert!(
        others.map(|k| lint::subgroup_operations(&k.module)).max() > Some(0),
        "the lint finds none anywhere"
    );
}

#[test]
fn no_kernel_calls_what_some_driver_gets_wrong() {
    check(|k| {
        let mut complaints = Vec::new();
        for function in modules::functions(&k.module) {
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
        for (_, kind) in k.module.types.iter() {
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
fn barriers_stand_in_uniform_control_flow() {
    check(|k| lint::divergent_barriers(&k.module));
}

#[test]
fn the_barrier_lint_finds_what_it_should() {
    let body = |text: &str| {
        format!(
            "struct Dims {{ n: u32 }}
             @group(0) @binding(0) var<uniform> dims: Dims;
             @group(0) @binding(1) var<storage, read_write> x: array<u32>;
             var<workgroup> shared_words: array<u32, 64>;
             @compute @workgroup_size(64)
             fn kernel(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {{
                 {text}
             }}"
        )
    };
    let complaints = |text: &str| {
        lint::divergent_barriers(&naga::front::wgsl::parse_str(&body(text)).unwrap()).len()
    };
    for fine in [
        "workgroupBarrier();",
        "if dims.n > 3u { workgroupBarrier(); }",
        "if group.x > 3u { return; } workgroupBarrier();",
        "for (var k = 0u; k < dims.n; k++) { shared_words[i] = k; workgroupBarrier(); }",
        "for (var k = 32u; k > 0u; k /= 2u) { workgroupBarrier(); if i < k { shared_words[i] += shared_words[i + k]; } }",
        "for (var k = i; k < dims.n; k += 64u) { x[k] = k; } workgroupBarrier();",
    ] {
        assert_eq!(complaints(fine), 0, "{fine}");
    }
    for wrong in [
        "if i < 3u { workgroupBarrier(); }",
        "if i < dims.n { return; } workgroupBarrier();",
        "for (var k = i; k < dims.n; k += 64u) { workgroupBarrier(); }",
        "for (var k = 0u; k < dims.n; k++) { if x[k] == i { break; } workgroupBarrier(); }",
        "for (var k = 0u; k < dims.n; k++) { workgroupBarrier(); if x[k] == i { continue; } shared_words[i] = k; }",
        "var n = 3u; if i == 2u { n = 4u; } if n == 3u { workgroupBarrier(); }",
        "let n = shared_words[0]; if n == 3u { workgroupBarrier(); }",
    ] {
        assert!(complaints(wrong) > 0, "{wrong}");
    }
}

#[test]
fn every_kernel_translates_to_spirv_msl_and_hlsl() {
    check(modules::translate);
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
