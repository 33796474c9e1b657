//! Running a plan: one upload of uniforms, one command buffer, one compute pass, no wait.

use std::num::NonZeroU64;

use tracing::trace_span;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding,
    BufferDescriptor, BufferUsages, CommandEncoder, CommandEncoderDescriptor, ComputePass,
    ComputePassDescriptor,
};

use super::bind_groups::BindGroupKey;
use super::device::Gpu;
use crate::error::{Error, Result};
use crate::plan::{Dispatch, Plan, Slice};

/// Bytes between the uniforms of two dispatches.
const DIMS_STRIDE: usize = Plan::DIMS_BYTES;

/// Bytes that are bound where a kernel has no uniform: WebGPU's least of a uniform's binding.
const NO_DIMS: usize = 16;

/// A plan with the pipelines and buffers that its names stand for.
pub(super) struct PreparedPlan {
    pipelines: Vec<usize>,
    groups: Vec<BindGroup>,
    pub(super) buffers: Vec<usize>,
}

impl Gpu {
    /// Allocates what a plan needs and compiles its kernels, without running it.
    ///
    /// # Errors
    /// As [`Gpu::run`].
    pub fn reserve(&mut self, plan: &Plan) -> Result<()> {
        self.prepare(plan).map(|_| ())
    }

    /// Allocates what a plan needs, and leaves its kernels to be compiled by the first run.
    ///
    /// # Errors
    /// As [`Gpu::run`].
    pub fn allocate(&mut self, plan: &Plan) -> Result<()> {
        self.provide(plan).map(|_| ())
    }

    /// Writes `uploads` (buffer names and their bytes), then runs the plan; returns when it is submitted.
    ///
    /// # Errors
    /// [`Error::Plan`] if the plan's parts [do not fit](Plan::check) each other, [`Error::Limit`] if it asks for more
    /// than the adapter has: neither reaches the device, which stays usable.
    /// [`Error::Kernel`] if a kernel does not compile;
    /// [`Error::Device`] if memory runs out or the device reported a fault, of an
    /// earlier submission as well.
    pub fn run(&mut self, plan: &Plan, uploads: &[(&str, &[u8])]) -> Result<()> {
        self.check()?;
        let prepared = self.prepare(plan)?;
        self.upload(uploads)?;
        let commands = trace_span!("encode").in_scope(|| {
            let mut encoder = self.begin(plan, &prepared);
            let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
            for index in 0..plan.dispatches.len() {
                self.record(&mut pass, plan, &prepared, index);
            }
            drop(pass);
            encoder.finish()
        });
        trace_span!("submit").in_scope(|| self.queue.submit([commands]));
        self.check()
    }

    /// Writes bytes to buffers of these names.
    pub(super) fn upload(&self, uploads: &[(&str, &[u8])]) -> Result<()> {
        let _span = trace_span!("upload").entered();
        uploads
            .iter()
            .try_for_each(|(name, bytes)| self.write(name, bytes))
    }

    /// Replaces the start of a buffer of an earlier plan.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no such buffer or it is too short; [`Error::Plan`] for bytes that are not whole
    /// numbers of 4 bytes.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if !bytes
            .len()
            .is_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT as usize)
        {
            return Err(Error::Plan {
                place: format!("buffer {name}"),
                problem: format!("{} bytes are not whole numbers of 4 bytes", bytes.len()),
            });
        }
        let held = self.arena.holding(name, bytes.len() as u64)?;
        self.queue.write_buffer(&held.buffer, 0, bytes);
        Ok(())
    }

    /// Buffers, pipelines, uniforms and bind groups of a plan.
    pub(super) fn prepare(&mut self, plan: &Plan) -> Result<PreparedPlan> {
        let _span = trace_span!("prepare").entered();
        let buffers = self.provide(plan)?;
        let dims = self.upload_dims(plan);
        let mut pipelines = Vec::with_capacity(plan.dispatches.len());
        for dispatch in &plan.dispatches {
            pipelines.push(self.pipelines.provide(&self.device, &dispatch.kernel)?);
        }
        self.bind_groups.bound();
        let groups = plan.dispatches.iter().zip(&pipelines);
        let groups = groups
            .map(|(dispatch, &pipeline)| self.bind_group(dispatch, pipeline, &buffers, &dims))
            .collect();
        Ok(PreparedPlan {
            pipelines,
            groups,
            buffers,
        })
    }

    /// The buffers of a plan that fits the adapter, in its order.
    fn provide(&mut self, plan: &Plan) -> Result<Vec<usize>> {
        plan.check()?;
        let most = self.device.limits().max_storage_buffer_binding_size;
        self.check_limits(plan)?;
        let mut buffers = Vec::with_capacity(plan.buffers.len());
        for spec in &plan.buffers {
            let (index, is_new) = self.arena.provide(&self.device, spec, most)?;
            if is_new {
                // Bind groups of the buffer that it replaces would keep that one alive.
                self.bind_groups.clear();
            }
            buffers.push(index);
        }
        Ok(buffers)
    }

    /// Whether the adapter can bind and run what the plan wants.
    fn check_limits(&self, plan: &Plan) -> Result<()> {
        let limits = self.device.limits();
        let over = |what: &str, need: String, limit, have: u64, remedy: &str| {
            Err(Error::Limit {
                what: what.to_owned(),
                need,
                limit,
                have: have.to_string(),
                remedy: Some(remedy.to_owned()),
            })
        };
        for dispatch in &plan.dispatches {
            let most = limits.max_compute_workgroups_per_dimension;
            if let Some(groups) = dispatch.groups.iter().find(|&&groups| groups > most) {
                let (need, remedy) = (
                    format!("{groups} workgroups"),
                    "spread them over x, y and z",
                );
                let limit = "max_compute_workgroups_per_dimension";
                return over(&dispatch.label, need, limit, most.into(), remedy);
            }
            let most = limits.max_storage_buffer_binding_size;
            if let Some(slice) = dispatch.bindings.iter().find(|slice| slice.bytes > most) {
                let need = format!("a binding of {} bytes", slice.bytes);
                let limit = "max_storage_buffer_binding_size";
                return over(
                    &dispatch.label,
                    need,
                    limit,
                    most,
                    "bind less of the buffer",
                );
            }
        }
        let most = limits.max_buffer_size;
        match plan.buffers.iter().find(|buffer| buffer.bytes > most) {
            None => Ok(()),
            Some(buffer) => {
                let need = format!("{} bytes", buffer.bytes);
                over(
                    &buffer.name,
                    need,
                    "max_buffer_size",
                    most,
                    "use several buffers",
                )
            }
        }
    }

    fn upload_dims(&mut self, plan: &Plan) -> Buffer {
        let bytes = (plan.dispatches.len() * DIMS_STRIDE).max(DIMS_STRIDE);
        let mut content = vec![0; bytes];
        for (dispatch, place) in plan
            .dispatches
            .iter()
            .zip(content.chunks_exact_mut(DIMS_STRIDE))
        {
            place[..dispatch.dims.len()].copy_from_slice(&dispatch.dims);
        }
        let buffer = match &self.dims {
            Some(buffer) if buffer.size() >= bytes as u64 => buffer.clone(),
            _ => {
                self.bind_groups.clear();
                self.device.create_buffer(&BufferDescriptor {
                    label: Some("dims"),
                    size: bytes.next_power_of_two() as u64,
                    usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            }
        };
        self.queue.write_buffer(&buffer, 0, &content);
        self.dims = Some(buffer.clone());
        buffer
    }

    fn bind_group(
        &mut self,
        dispatch: &Dispatch,
        pipeline: usize,
        buffers: &[usize],
        dims: &Buffer,
    ) -> BindGroup {
        let slices = dispatch
            .bindings
            .iter()
            .map(|slice| (buffers[slice.buffer.0], slice.offset, slice.bytes));
        let key: BindGroupKey = (pipeline, dispatch.dims.len(), slices.collect());
        if let Some(group) = self.bind_groups.get(&key) {
            return group;
        }
        let range = |buffer, offset, bytes| {
            BindingResource::Buffer(BufferBinding {
                buffer,
                offset,
                size: NonZeroU64::new(bytes),
            })
        };
        let dims_bytes = match dispatch.dims.len() {
            0 => NO_DIMS,
            bytes => bytes,
        };
        let uniform = BindGroupEntry {
            binding: 0,
            resource: range(dims, 0, dims_bytes as u64),
        };
        let storage = key
            .2
            .iter()
            .enumerate()
            .map(|(index, &(buffer, offset, bytes))| BindGroupEntry {
                binding: index as u32 + 1,
                resource: range(&self.arena.held(buffer).buffer, offset, bytes),
            });
        let entries: Vec<_> = std::iter::once(uniform).chain(storage).collect();
        let group = self.device.create_bind_group(&BindGroupDescriptor {
            label: Some(&dispatch.label),
            layout: &self.pipelines.get(pipeline).layout,
            entries: &entries,
        });
        self.bind_groups.insert(key, group.clone());
        group
    }

    /// A command encoder that has cleared what the plan wants cleared.
    pub(super) fn begin(&self, plan: &Plan, prepared: &PreparedPlan) -> CommandEncoder {
        let mut encoder = self
            .device
            .create_command_encoder(&CommandEncoderDescriptor::default());
        for &Slice {
            buffer,
            offset,
            bytes,
        } in &plan.clears
        {
            encoder.clear_buffer(
                &self.arena.held(prepared.buffers[buffer.0]).buffer,
                offset,
                Some(bytes),
            );
        }
        encoder
    }

    /// Records one dispatch of a plan.
    pub(super) fn record(
        &self,
        pass: &mut ComputePass<'_>,
        plan: &Plan,
        prepared: &PreparedPlan,
        index: usize,
    ) {
        let [x, y, z] = plan.dispatches[index].groups;
        pass.set_pipeline(&self.pipelines.get(prepared.pipelines[index]).pipeline);
        pass.set_bind_group(0, &prepared.groups[index], &[(index * DIMS_STRIDE) as u32]);
        pass.dispatch_workgroups(x, y, z);
    }
}
