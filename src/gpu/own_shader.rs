//! [`OwnShader`]: any compute shader on buffers of one's own, run once and waited for.

use std::collections::BTreeSet;

use naga::valid::{Capabilities, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};
use wgpu::util::{BufferInitDescriptor, DeviceExt};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, Buffer, BufferUsages, CommandEncoderDescriptor,
    ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, ErrorFilter,
    PipelineCompilationOptions, ShaderModuleDescriptor, ShaderSource,
};

use super::device::Gpu;
use crate::error::{DeviceFault, Error, Result};

/// A compute shader, one of its entry points, and the values of its `override`s.
#[derive(Debug, Clone, Copy)]
pub struct OwnShader<'a> {
    /// The text.
    pub wgsl: &'a str,
    /// The entry point; `None` stands for the only one.
    pub entry: Option<&'a str>,
    /// Values of `override`s, by name or by the number of `@id`.
    pub constants: &'a [(&'a str, f64)],
}

impl<'a> From<&'a str> for OwnShader<'a> {
    fn from(wgsl: &'a str) -> OwnShader<'a> {
        OwnShader {
            wgsl,
            entry: None,
            constants: &[],
        }
    }
}

/// What is bound at `@group` and `@binding`: a uniform or a storage buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBuffer {
    /// The number of `@group`.
    pub group: u32,
    /// The number of `@binding`.
    pub binding: u32,
    /// What it holds: before the run what is given, afterwards what the shader left.
    pub bytes: Vec<u8>,
}

impl OwnBuffer {
    /// A buffer with these numbers.
    pub fn new<T: bytemuck::NoUninit>(group: u32, binding: u32, numbers: &[T]) -> OwnBuffer {
        OwnBuffer {
            group,
            binding,
            bytes: bytemuck::cast_slice(numbers).to_vec(),
        }
    }

    /// A buffer of so many bytes of zeros.
    pub fn zeros(group: u32, binding: u32, bytes: usize) -> OwnBuffer {
        OwnBuffer {
            group,
            binding,
            bytes: vec![0; bytes],
        }
    }

    /// Its numbers; bytes behind the last whole one are left out.
    pub fn numbers<T: bytemuck::Pod>(&self) -> Vec<T> {
        let whole = self.bytes.len() / size_of::<T>().max(1) * size_of::<T>();
        bytemuck::pod_collect_to_vec(&self.bytes[..whole])
    }
}

/// What the shader reads and writes.
struct Used {
    entry: String,
    bindings: BTreeSet<(u32, u32)>,
}

impl Gpu {
    /// Runs a shader once, in so many workgroups, and brings back what the buffers hold then.
    ///
    /// No buffer of a plan is touched. Buffers that the shader does not use stay as they are.
    ///
    /// ```no_run
    /// use gatefold::gpu::{AdapterChoice, Gpu, OwnBuffer};
    ///
    /// let double = "@group(0) @binding(0) var<storage, read_write> x: array<f32>;
    ///     @compute @workgroup_size(4)
    ///     fn double(@builtin(global_invocation_id) id: vec3<u32>) { x[id.x] *= 2.0; }";
    /// let mut buffers = [OwnBuffer::new(0, 0, &[1.0f32, 2.0, 3.0, 4.0])];
    /// Gpu::open(&AdapterChoice::default())?.run_shader(double, [1, 1, 1], &mut buffers)?;
    /// assert_eq!(buffers[0].numbers::<f32>(), [2.0, 4.0, 6.0, 8.0]);
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Kernel`] if the shader does not compile, or lacks a buffer; [`Error::Device`] if memory runs out or the
    /// device reported a fault.
    pub fn run_shader<'a>(
        &self,
        shader: impl Into<OwnShader<'a>>,
        groups: [u32; 3],
        buffers: &mut [OwnBuffer],
    ) -> Result<()> {
        self.check()?;
        let shader = shader.into();
        let used = used(&shader)?;
        let failed = |problem: String| Error::Kernel {
            kernel: used.entry.clone(),
            problem,
        };
        if let Some((group, binding)) = used.bindings.iter().find(|&&at| {
            let bound = buffers.iter().filter(|b| (b.group, b.binding) == at);
            bound.count() != 1
        }) {
            return Err(failed(format!(
                "@group({group}) @binding({binding}) needs one buffer; give one `OwnBuffer` for it"
            )));
        }
        let memory = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(ErrorFilter::Validation);
        let pipeline = self.own_pipeline(&shader, &used.entry);
        let held: Vec<Option<Buffer>> = buffers
            .iter()
            .map(|own| {
                let is_used = used.bindings.contains(&(own.group, own.binding));
                is_used.then(|| self.own_buffer(own))
            })
            .collect();
        self.dispatch_own(&pipeline, groups, buffers, &held);
        if let Some(error) = pollster::block_on(validation.pop()) {
            return Err(failed(error.to_string()));
        }
        if let Some(error) = pollster::block_on(memory.pop()) {
            return Err(Error::device(DeviceFault::OutOfMemory, error.to_string()));
        }
        for (own, held) in buffers.iter_mut().zip(&held) {
            if let Some(held) = held.as_ref().filter(|_| !own.bytes.is_empty()) {
                let mut bytes = self.read_buffer(held, held.size())?.wait(self)?;
                bytes.truncate(own.bytes.len());
                own.bytes = bytes;
            }
        }
        self.check()
    }

    fn own_pipeline(&self, shader: &OwnShader, entry: &str) -> ComputePipeline {
        let module = self.device.create_shader_module(ShaderModuleDescriptor {
            label: Some(entry),
            source: ShaderSource::Wgsl(shader.wgsl.into()),
        });
        self.device
            .create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(entry),
                layout: None,
                module: &module,
                entry_point: Some(entry),
                compilation_options: PipelineCompilationOptions {
                    constants: shader.constants,
                    ..PipelineCompilationOptions::default()
                },
                cache: None,
            })
    }

    fn own_buffer(&self, own: &OwnBuffer) -> Buffer {
        let mut contents = own.bytes.clone();
        let copied = wgpu::COPY_BUFFER_ALIGNMENT as usize;
        contents.resize(contents.len().next_multiple_of(copied), 0);
        self.device.create_buffer_init(&BufferInitDescriptor {
            label: Some("own"),
            contents: &contents,
            usage: BufferUsages::STORAGE | BufferUsages::UNIFORM | BufferUsages::COPY_SRC,
        })
    }

    fn dispatch_own(
        &self,
        pipeline: &ComputePipeline,
        groups: [u32; 3],
        buffers: &[OwnBuffer],
        held: &[Option<Buffer>],
    ) {
        let numbers: BTreeSet<u32> = buffers
            .iter()
            .zip(held)
            .filter(|(_, held)| held.is_some())
            .map(|(own, _)| own.group)
            .collect();
        let bound = |group: u32| -> BindGroup {
            let of_group = buffers
                .iter()
                .zip(held)
                .filter(|(own, _)| own.group == group);
            let entries: Vec<BindGroupEntry> = of_group
                .filter_map(|(own, held)| {
                    Some(BindGroupEntry {
                        binding: own.binding,
                        resource: held.as_ref()?.as_entire_binding(),
                    })
                })
                .collect();
            self.device.create_bind_group(&BindGroupDescriptor {
                label: None,
                layout: &pipeline.get_bind_group_layout(group),
                entries: &entries,
            })
        };
        let mut encoder = self
            .device
            .create_command_encoder(&CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
        pass.set_pipeline(pipeline);
        for group in numbers {
            pass.set_bind_group(group, &bound(group), &[]);
        }
        pass.dispatch_workgroups(groups[0], groups[1], groups[2]);
        drop(pass);
        self.queue.submit([encoder.finish()]);
    }
}

/// The entry point, and the bindings that it uses.
fn used(shader: &OwnShader) -> Result<Used> {
    let failed = |problem: String| Error::Kernel {
        kernel: shader.entry.unwrap_or("of one's own").to_owned(),
        problem,
    };
    let module = naga::front::wgsl::parse_str(shader.wgsl)
        .map_err(|error| failed(error.emit_to_string(shader.wgsl)))?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .subgroup_stages(ShaderStages::all())
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(&module)
        .map_err(|error| failed(error.emit_to_string(shader.wgsl)))?;
    let computing = module.entry_points.iter().enumerate();
    let computing: Vec<_> = computing
        .filter(|(_, entry)| entry.stage == naga::ShaderStage::Compute)
        .filter(|(_, entry)| shader.entry.is_none_or(|name| name == entry.name))
        .collect();
    let [(index, entry)] = computing[..] else {
        return Err(failed(match shader.entry {
            Some(name) => format!("it has no compute entry point {name}"),
            None => format!(
                "it has {} compute entry points; name one in `OwnShader::entry`",
                computing.len()
            ),
        }));
    };
    let used = info.get_entry_point(index);
    let variables = module.global_variables.iter();
    let bindings = variables.filter(|(handle, _)| !used[*handle].is_empty());
    let bindings = bindings.filter_map(|(_, variable)| variable.binding);
    Ok(Used {
        entry: entry.name.clone(),
        bindings: bindings.map(|at| (at.group, at.binding)).collect(),
    })
}
