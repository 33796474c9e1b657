//! [`Gpu`]: a device with what it has been asked for, and what it has to say about itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::{trace_span, warn};
use wgpu::{
    DeviceDescriptor, DeviceType, Features, MemoryHints, PollError, PollType, SubmissionIndex,
};

use super::adapter::{AdapterChoice, AdapterReport, choose, gpus};
use super::apple::is_apple;
use super::arena::{Arena, SizeClasses};
use super::bind_groups::BindGroups;
use super::bus_id::narrow_invocations;
use super::faults::{Faults, fault_of, lock, unanswered};
use super::kernel_form::{KernelForm, product_quads};
use super::pipelines::Pipelines;
use crate::error::{DeviceFault, Error, Result};
use crate::plan::{Form, Limits, Templates};

/// Storage bindings that a kernel may have.
const BINDINGS: u32 = 7;

/// A device, its queue, its pipelines and its buffers.
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pipelines: Pipelines,
    pub(super) arena: Arena,
    pub(super) bind_groups: BindGroups,
    pub(super) dims: Option<wgpu::Buffer>,
    pub(super) software: bool,
    /// As in [`Limits`].
    narrow_invocations: Option<usize>,
    /// How the adapter was chosen; `None` where there is none.
    choice: Option<AdapterChoice>,
    /// The device again, and after [`Gpu::reopen`] the new one.
    shared: Arc<Mutex<wgpu::Device>>,
    report: AdapterReport,
    faults: Faults,
    time_limit: Duration,
}

impl Gpu {
    /// Opens the adapter that was chosen, with all the limits it has unless the choice says otherwise.
    ///
    /// # Errors
    /// [`Error::Adapter`] if there is none, none matches, or the process's limit of memory (`ulimit -v`) leaves no room
    /// for one; [`Error::Limit`] if it lacks what every kernel
    /// needs; [`Error::Device`] if the driver refuses.
    pub fn open(choice: &AdapterChoice) -> Result<Gpu> {
        Gpu::of(
            &choose(choice)?,
            choice,
            "; choose another adapter with `AdapterChoice::name`",
        )
    }

    /// Opens the best GPU that can be opened, and tells of those that cannot; `None` where there is none. The choice's name is
    /// not looked at.
    ///
    /// # Errors
    /// [`Error::Adapter`] if the process's limit of memory leaves no room for a driver.
    pub(crate) fn open_best(choice: &AdapterChoice) -> Result<Option<Gpu>> {
        for adapter in gpus(choice.local)? {
            match Gpu::of(&adapter, choice, "") {
                Ok(gpu) => return Ok(Some(gpu)),
                Err(error) => {
                    warn!("{error}; goes on without it, `AdapterChoice::name` asks for it alone")
                }
            }
        }
        Ok(None)
    }

    /// Opens this adapter. A refusal of its driver ends with `remedy`.
    fn of(adapter: &wgpu::Adapter, choice: &AdapterChoice, remedy: &str) -> Result<Gpu> {
        let report = AdapterReport::of(adapter);
        let (limits, optional) = if choice.webgpu_limits {
            (wgpu::Limits::default(), Features::empty())
        } else {
            let optional = Features::SUBGROUP | Features::TIMESTAMP_QUERY;
            (adapter.limits(), adapter.features() & optional)
        };
        if limits.max_storage_buffers_per_shader_stage < BINDINGS {
            return Err(Error::Limit {
                what: "a kernel".into(),
                need: format!("{BINDINGS} storage buffers"),
                limit: "max_storage_buffers_per_shader_stage",
                have: limits.max_storage_buffers_per_shader_stage.to_string(),
                remedy: Some("choose another adapter with `AdapterChoice::name`".into()),
            });
        }
        let info = adapter.get_info();
        let software = info.device_type == DeviceType::Cpu;
        let opened = pollster::block_on(adapter.request_device(&DeviceDescriptor {
            label: Some("gatefold"),
            required_features: optional,
            required_limits: limits,
            memory_hints: MemoryHints::MemoryUsage,
            ..DeviceDescriptor::default()
        }));
        let (device, queue) = opened.map_err(|error| {
            Error::device(
                DeviceFault::Refused,
                format!("{}: {error}{remedy}", report.name),
            )
        })?;
        let mut gpu = Gpu::new(device, queue, report, software);
        gpu.choice = Some(choice.clone());
        gpu.narrow_invocations = narrow_invocations(info.vendor, info.device);
        Ok(gpu)
    }

    /// A device that checks everything and computes nothing, with WebGPU's default limits: for tests of plans.
    pub fn noop() -> Gpu {
        let (device, queue) = wgpu::Device::noop(&DeviceDescriptor::default());
        let limits = device.limits();
        let report = AdapterReport {
            name: "noop".into(),
            backend: "noop".into(),
            kind: "none".into(),
            driver: String::new(),
            subgroup: None,
            binding_bytes: limits.max_storage_buffer_binding_size,
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
            workgroup_invocations: limits.max_compute_invocations_per_workgroup,
            timestamps: false,
            processor: None,
        };
        Gpu::new(device, queue, report, true)
    }

    /// The same adapter with a new device and no buffers, for when this device failed.
    ///
    /// # Errors
    /// As [`Gpu::open`]; [`Error::Adapter`] if the adapter is gone and another one would be taken.
    pub fn reopen(&self) -> Result<Gpu> {
        let mut gpu = match &self.choice {
            Some(choice) => Gpu::open(choice)?,
            None => Gpu::noop(),
        };
        if gpu.report != self.report {
            return Err(Error::Adapter(format!(
                "{} is gone; {} would round differently",
                self.report.name, gpu.report.name
            )));
        }
        *lock(&self.shared) = gpu.device.clone();
        gpu.shared = Arc::clone(&self.shared);
        gpu.time_limit = self.time_limit;
        gpu.set_size_classes(self.arena.classes);
        Ok(gpu)
    }

    /// The same device with buffers and compiled kernels of its own, so that two models can be on it. What one submits runs before what the other submits later; a fault of the device is a fault of both, and each
    /// [reopens](Gpu::reopen) it for itself. wgpu's checks in shaders are on.
    pub fn share(&self) -> Gpu {
        let mut arena = Arena::new();
        arena.classes = self.arena.classes;
        Gpu {
            shared: Arc::new(Mutex::new(self.device.clone())),
            device: self.device.clone(),
            queue: self.queue.clone(),
            pipelines: self.pipelines.again(),
            arena,
            bind_groups: BindGroups::default(),
            dims: None,
            software: self.software,
            narrow_invocations: self.narrow_invocations,
            choice: self.choice.clone(),
            report: self.report.clone(),
            faults: self.faults.clone(),
            time_limit: self.time_limit,
        }
    }

    /// A function that destroys the device, or the one that was opened anew since then, as a reset by the
    /// driver does: for tests and tools.
    pub fn destroyer(&self) -> impl Fn() + Send + 'static {
        let device = Arc::clone(&self.shared);
        move || lock(&device).destroy()
    }

    fn new(device: wgpu::Device, queue: wgpu::Queue, report: AdapterReport, software: bool) -> Gpu {
        let faults = Faults::default();
        let lost = faults.clone();
        device.set_device_lost_callback(move |reason, message| {
            lost.put(DeviceFault::Lost, format!("lost ({reason:?}): {message}"))
        });
        let uncaptured = faults.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            uncaptured.put(fault_of(&error), error.to_string())
        }));
        Gpu {
            shared: Arc::new(Mutex::new(device.clone())),
            device,
            queue,
            pipelines: Pipelines::default(),
            arena: Arena::new(),
            bind_groups: BindGroups::default(),
            dims: None,
            software,
            narrow_invocations: None,
            choice: None,
            report,
            faults,
            time_limit: Duration::from_secs(120),
        }
    }

    /// This device, with kernels compiled from other texts than the ones built in.
    ///
    /// Kernels that an earlier [`Gpu::run`] compiled are dropped.
    pub fn with_templates(mut self, templates: Templates) -> Gpu {
        self.bind_groups.clear();
        self.pipelines = Pipelines::with(templates);
        self
    }

    /// This device, with kernels compiled without wgpu's checks of indices and loops: for measuring what they
    /// cost, and for seeing that no result hangs on them. [`Gpu::reopen`] has them again.
    ///
    /// Kernels that an earlier [`Gpu::run`] compiled are dropped.
    ///
    /// # Safety
    /// Of every kernel that runs, no invocation may read or write beyond a buffer, and every loop must end. The
    /// kernels built in keep to that for every plan and batch of this crate; texts given to [`Gpu::with_templates`]
    /// and plans made by hand are yours to prove.
    #[allow(unsafe_code)]
    pub unsafe fn without_shader_checks(mut self) -> Gpu {
        self.bind_groups.clear();
        let pipelines = std::mem::take(&mut self.pipelines);
        // SAFETY: what is asked for is what this function's caller promises.
        self.pipelines = unsafe { pipelines.without_checks() };
        self
    }

    /// What is known of the adapter.
    pub fn report(&self) -> &AdapterReport {
        &self.report
    }

    /// Whether the adapter computes on the CPU.
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// The limits that plans are made for: the device's, which are the adapter's unless fewer were asked for.
    ///
    /// # Errors
    /// [`Error::Adapter`] if a form is forced and the device has not the subgroups for it.
    pub fn limits(&self, form: KernelForm) -> Result<Limits> {
        let granted = self.device.limits();
        let subgroup = self
            .report
            .subgroup
            .filter(|_| self.device.features().contains(Features::SUBGROUP))
            .map(|(least, most)| (least as usize, most as usize));
        let form = form.on(subgroup, self.software).map_err(|lack| {
            Error::Adapter(format!(
                "{} {lack}; use `KernelForm::Portable`",
                self.report.name
            ))
        })?;
        // A software adapter runs as many workgroups at once as there are cores; a GPU wants many more.
        let wanted_workgroups = if self.software {
            std::thread::available_parallelism().map_or(2, usize::from)
        } else {
            64
        };
        let few_registers = is_apple(&self.report.name);
        Ok(Limits {
            form,
            binding_bytes: granted.max_storage_buffer_binding_size,
            workgroup_bytes: match form {
                Form::Portable | Form::Native => Limits::WEBGPU.workgroup_bytes,
                Form::Split { .. } | Form::Subgroup { .. } => {
                    granted.max_compute_workgroup_storage_size as usize
                }
            },
            workgroup_invocations: match form {
                Form::Portable | Form::Native => Limits::WEBGPU.workgroup_invocations,
                Form::Split { .. } | Form::Subgroup { .. } => {
                    granted.max_compute_invocations_per_workgroup as usize
                }
            },
            wanted_workgroups,
            product_quads: product_quads(subgroup, self.software || few_registers),
            narrow_invocations: self.narrow_invocations,
            few_registers,
            // No watchdog looks at a software adapter.
            segment: if self.software {
                usize::MAX
            } else {
                Limits::WEBGPU.segment
            },
            ..Limits::WEBGPU
        })
    }

    /// Sets which sizes new buffers come in.
    pub fn set_size_classes(&mut self, classes: SizeClasses) {
        self.arena.classes = classes;
    }

    /// Sets how long a wait may last before the device counts as lost.
    pub fn set_time_limit(&mut self, limit: Duration) {
        self.time_limit = limit;
    }

    /// Bytes of all buffers in the arena.
    pub fn buffer_bytes(&self) -> u64 {
        self.arena.bytes()
    }

    /// Names of all buffers in the arena, sorted.
    pub fn buffer_names(&self) -> Vec<&str> {
        self.arena.names()
    }

    /// The kernels that were compiled so far, constants included, sorted: a pipeline each.
    pub fn compiled_kernels(&self) -> Vec<String> {
        self.pipelines.kernels()
    }

    /// Bytes that wgpu's allocator has given out for this device, buffers of uploads and read-backs included; `None`
    /// where the backend leaves memory to its driver (Metal, OpenGL).
    pub fn allocated_bytes(&self) -> Option<u64> {
        let report = self.device.generate_allocator_report()?;
        Some(report.total_allocated_bytes)
    }

    /// Frees all buffers; their content is lost.
    pub fn free_buffers(&mut self) {
        self.arena.clear();
        self.bind_groups.clear();
    }

    /// Fails if the device has reported a fault since it was opened.
    ///
    /// # Errors
    /// [`Error::Device`] with the first fault.
    pub fn check(&self) -> Result<()> {
        if let Some((DeviceFault::Refused, _)) = self.faults.get() {
            // Lets the device say whether it is lost; the fault is there already, whatever this gives.
            let _ = self.poll_until(None);
        }
        self.faults.get().map_or(Ok(()), |(fault, problem)| {
            Err(Error::Device { fault, problem })
        })
    }

    /// Waits until all that was submitted is done.
    ///
    /// # Errors
    /// [`Error::Device`] past the time limit, or if the device reported a fault.
    pub fn wait(&self) -> Result<()> {
        self.wait_for(None)
    }

    /// Waits for one submission, or for all.
    pub(super) fn wait_for(&self, submission: Option<SubmissionIndex>) -> Result<()> {
        let _span = trace_span!("wait").entered();
        let waited = self.poll_until(submission);
        self.check()?;
        waited.map_err(|error| unanswered(&error, self.time_limit))
    }

    fn poll_until(&self, submission: Option<SubmissionIndex>) -> Result<(), PollError> {
        let wait = PollType::Wait {
            submission_index: submission,
            timeout: Some(self.time_limit),
        };
        self.device.poll(wait).map(|_| ())
    }

    /// Lets finished work call back, without waiting.
    ///
    /// # Errors
    /// [`Error::Device`] if the device reported a fault.
    pub fn poll(&self) -> Result<()> {
        let polled = self.device.poll(PollType::Poll);
        self.check()?;
        polled
            .map(|_| ())
            .map_err(|error| Error::device(DeviceFault::Refused, error.to_string()))
    }
}
