//! Pipelines by kernel: compiled when first needed, kept for good.

use std::collections::HashMap;

use wgpu::{
    BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType,
    BufferBindingType, ComputePipeline, ComputePipelineDescriptor, Device, ErrorFilter,
    PipelineCompilationOptions, PipelineLayoutDescriptor, ShaderModule, ShaderModuleDescriptor,
    ShaderRuntimeChecks, ShaderSource, ShaderStages,
};

use crate::error::{Error, Result};
use crate::plan::{Access, Kernel, Templates};

/// A compiled kernel.
pub(super) struct Pipeline {
    pub(super) pipeline: ComputePipeline,
    pub(super) layout: BindGroupLayout,
}

/// Every kernel compiled so far.
#[derive(Default)]
pub(super) struct Pipelines {
    /// What kernels are compiled from.
    templates: Templates,
    /// Whether wgpu's checks are left out of them: only as [`Pipelines::without_checks`] promises.
    unchecked: bool,
    compiled: Vec<Pipeline>,
    index: HashMap<Kernel, usize>,
}

impl Pipelines {
    /// None yet; they will be compiled from these texts.
    pub(super) fn with(templates: Templates) -> Pipelines {
        Pipelines {
            templates,
            ..Pipelines::default()
        }
    }

    /// None yet, of the same texts.
    pub(super) fn again(&self) -> Pipelines {
        Pipelines::with(self.templates.clone())
    }

    /// None yet, of the same texts; they will be compiled without wgpu's checks.
    ///
    /// # Safety
    /// Of every kernel asked for, no invocation may read or write beyond a buffer, and every loop must end.
    #[allow(unsafe_code)]
    pub(super) unsafe fn without_checks(self) -> Pipelines {
        Pipelines {
            templates: self.templates,
            unchecked: true,
            ..Pipelines::default()
        }
    }

    pub(super) fn get(&self, index: usize) -> &Pipeline {
        &self.compiled[index]
    }

    /// Every kernel compiled so far, sorted.
    pub(super) fn kernels(&self) -> Vec<String> {
        let mut kernels: Vec<String> = self.index.keys().map(Kernel::to_string).collect();
        kernels.sort_unstable();
        kernels
    }

    /// Index of the kernel's pipeline, which is compiled if it is new.
    ///
    /// # Errors
    /// [`Error::Kernel`] with what the template engine, the validator or the driver said.
    pub(super) fn provide(&mut self, device: &Device, kernel: &Kernel) -> Result<usize> {
        if let Some(&index) = self.index.get(kernel) {
            return Ok(index);
        }
        let compiled = self.compile(device, kernel)?;
        self.compiled.push(compiled);
        self.index.insert(kernel.clone(), self.compiled.len() - 1);
        Ok(self.compiled.len() - 1)
    }

    fn compile(&self, device: &Device, kernel: &Kernel) -> Result<Pipeline> {
        let source = kernel.source_from(&self.templates)?;
        let label = kernel.to_string();
        let scope = device.push_error_scope(ErrorFilter::Validation);
        let module = self.module(
            device,
            ShaderModuleDescriptor {
                label: Some(&label),
                source: ShaderSource::Wgsl(source.into()),
            },
        );
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some(&label),
            entries: &layout_entries(&kernel.bindings()?),
        });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some(&label),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some(&label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(kernel.name()),
            compilation_options: PipelineCompilationOptions::default(),
            cache: None,
        });
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(Error::Kernel {
                kernel: label,
                problem: error.to_string(),
            }),
            None => Ok(Pipeline { pipeline, layout }),
        }
    }

    #[allow(unsafe_code)]
    fn module(&self, device: &Device, descriptor: ShaderModuleDescriptor) -> ShaderModule {
        if self.unchecked {
            // SAFETY: `unchecked` is set by `without_checks` alone, whose caller promises what is asked for here.
            unsafe {
                device.create_shader_module_trusted(descriptor, ShaderRuntimeChecks::unchecked())
            }
        } else {
            device.create_shader_module(descriptor)
        }
    }
}

/// Binding 0 is the uniform, at an offset given with the dispatch; the storage buffers follow.
fn layout_entries(bindings: &[Access]) -> Vec<BindGroupLayoutEntry> {
    let entry = |binding: usize, ty, has_dynamic_offset| BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer {
            ty,
            has_dynamic_offset,
            min_binding_size: None,
        },
        count: None,
    };
    let storage = bindings.iter().enumerate().map(|(index, access)| {
        entry(
            index + 1,
            BufferBindingType::Storage {
                read_only: *access == Access::Read,
            },
            false,
        )
    });
    std::iter::once(entry(0, BufferBindingType::Uniform, true))
        .chain(storage)
        .collect()
}
