//! [`Native`]: the processor as a device.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fearless_simd::Level;
use tracing::trace_span;

use super::arena::Arena;
use super::choice::{NativeChoice, Vectors};
use super::limits;
use super::pool::Pool;
use super::table::{NativeKernel, native_kernel};
use super::work::Work;
use crate::error::{Error, Result};
use crate::plan::{Dispatch, Limits, Plan};

/// The processor as a device: its threads, and buffers of its own.
pub struct Native {
    pub(super) level: Level,
    pub(super) pool: Arc<Pool>,
    vectors: Vectors,
    arena: Arena,
    /// Bytes that all buffers together may have.
    memory: u64,
    /// Time that dispatches took so far.
    computed: Duration,
}

impl Native {
    /// What it is called wherever an adapter has a name.
    pub const NAME: &'static str = "cpu";

    /// Takes the processor, or as much of it as was chosen.
    ///
    /// # Errors
    /// [`Error::Argument`] for no threads; [`Error::Adapter`] if the processor lacks the instructions that were chosen, or
    /// the process's limit of memory (`ulimit -v`) leaves no room for buffers;
    /// [`Error::Device`] if the system gives no threads.
    pub fn open(choice: NativeChoice) -> Result<Native> {
        let (level, vectors) = choice.level()?;
        let threads = choice.threads()?;
        let memory = limits::memory(threads)?;
        Ok(Native {
            level,
            vectors,
            pool: Arc::new(Pool::new(threads)?),
            arena: Arena::default(),
            memory,
            computed: Duration::ZERO,
        })
    }

    /// The same processor and threads, with no buffers.
    pub fn share(&self) -> Native {
        Native {
            pool: Arc::clone(&self.pool),
            arena: Arena::default(),
            computed: Duration::ZERO,
            ..*self
        }
    }

    /// This device, with so many bytes for all its buffers together: for tests.
    pub fn with_memory(mut self, bytes: u64) -> Native {
        self.memory = bytes;
        self
    }

    /// Threads that compute.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The instructions that it computes with.
    pub fn vectors(&self) -> Vectors {
        self.vectors
    }

    /// Time that it has computed so far: the rest of a step is the host's part.
    pub fn computed(&self) -> Duration {
        self.computed
    }

    /// The limits that plans are made for.
    pub fn limits(&self) -> Limits {
        limits::of_plans(self.memory)
    }

    /// Bytes of all buffers.
    pub fn buffer_bytes(&self) -> u64 {
        self.arena.bytes()
    }

    /// Names of all buffers, sorted.
    pub fn buffer_names(&self) -> Vec<&str> {
        self.arena.names()
    }

    /// Frees all buffers; their content is lost.
    pub fn free_buffers(&mut self) {
        self.arena.clear();
    }

    /// Allocates what a plan needs, without running it.
    ///
    /// # Errors
    /// As [`Native::run`].
    pub fn reserve(&mut self, plan: &Plan) -> Result<()> {
        self.prepare(plan).map(|_| ())
    }

    /// Writes `uploads` (buffer names and their bytes), then runs the plan; returns when it is done.
    ///
    /// # Errors
    /// [`Error::Plan`] if the plan's parts [do not fit](Plan::check) each other, [`Error::Kernel`] for a kernel that has no
    /// native form, as one that is [custom](crate::plan::Kernel::custom), [`Error::Limit`] if there is too little memory:
    /// nothing has run then.
    pub fn run(&mut self, plan: &Plan, uploads: &[(&str, &[u8])]) -> Result<()> {
        self.each_dispatch(plan, uploads, |_, _| {})
    }

    /// As [`Native::run`], but gives the moment at which each dispatch began and the time that it took.
    ///
    /// # Errors
    /// As [`Native::run`].
    pub fn profile(
        &mut self,
        plan: &Plan,
        uploads: &[(&str, &[u8])],
    ) -> Result<Vec<(Instant, Duration)>> {
        let mut times = Vec::with_capacity(plan.dispatches.len());
        self.each_dispatch(plan, uploads, |begin, time| times.push((begin, time)))?;
        Ok(times)
    }

    /// Replaces the start of a buffer of an earlier plan.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no such buffer or it is too short; [`Error::Plan`] for bytes that are not whole
    /// numbers of 4 bytes.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.arena.write(name, bytes)
    }

    /// The first `bytes` of a buffer.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no such buffer or it is too short.
    pub fn bytes(&self, name: &str, bytes: u64) -> Result<&[u8]> {
        self.arena.read(name, bytes)
    }

    /// The first `count` numbers of a buffer.
    ///
    /// # Errors
    /// As [`Native::bytes`].
    pub fn read<T: bytemuck::Pod>(&self, name: &str, count: usize) -> Result<Vec<T>> {
        let bytes = self.bytes(name, (count * size_of::<T>()) as u64)?;
        Ok(bytemuck::pod_collect_to_vec(bytes))
    }

    fn each_dispatch(
        &mut self,
        plan: &Plan,
        uploads: &[(&str, &[u8])],
        mut done: impl FnMut(Instant, Duration),
    ) -> Result<()> {
        let (places, kernels) = trace_span!("prepare").in_scope(|| self.prepare(plan))?;
        trace_span!("upload").in_scope(|| {
            let mut uploads = uploads.iter();
            uploads.try_for_each(|(name, bytes)| self.arena.write(name, bytes))
        })?;
        let _span = trace_span!("compute").entered();
        for &clear in &plan.clears {
            self.arena.clear_range(clear, &places);
        }
        for (dispatch, kernel) in plan.dispatches.iter().zip(kernels) {
            let begin = Instant::now();
            self.dispatch(dispatch, kernel, &places)?;
            let time = begin.elapsed();
            self.computed += time;
            done(begin, time);
        }
        Ok(())
    }

    /// The places of a plan's buffers, and its kernels.
    fn prepare(&mut self, plan: &Plan) -> Result<(Vec<usize>, Vec<NativeKernel>)> {
        plan.check()?;
        let kernels = plan.dispatches.iter().map(kernel_of);
        let kernels = kernels.collect::<Result<Vec<_>>>()?;
        limits::check_memory(self.arena.bytes_with(&plan.buffers), self.memory)?;
        let places = plan.buffers.iter().map(|spec| self.arena.provide(spec));
        Ok((places.collect::<Result<_>>()?, kernels))
    }

    fn dispatch(
        &mut self,
        dispatch: &Dispatch,
        kernel: NativeKernel,
        places: &[usize],
    ) -> Result<()> {
        let (level, pool) = (self.level, &self.pool);
        self.arena.bound(dispatch, places, |bindings| {
            let work = Work {
                level,
                pool,
                dispatch,
                bindings,
            };
            // A kernel indexes slices by what the uniform says: of a plan made by hand that may be anything.
            catch_unwind(AssertUnwindSafe(|| kernel(work))).unwrap_or_else(|_| {
                Err(Error::Plan {
                    place: format!("dispatch {}", dispatch.label),
                    problem: "its uniform reaches beyond what it is bound to".to_owned(),
                })
            })
        })
    }
}

/// The function that computes a dispatch.
///
/// # Errors
/// [`Error::Kernel`] if there is none, [`Error::Plan`] for a uniform of another size than the kernel's.
fn kernel_of(dispatch: &Dispatch) -> Result<NativeKernel> {
    let none = || Error::Kernel {
        kernel: dispatch.kernel.name().to_owned(),
        problem: "has no native form; it runs on adapters alone".to_owned(),
    };
    let needed = dispatch.kernel.file().map_err(|_| none())?.dims_bytes;
    let function = native_kernel(dispatch.kernel.name()).ok_or_else(none)?;
    let bytes = dispatch.dims.len();
    if bytes != needed {
        return Err(Error::Plan {
            place: format!("dispatch {}", dispatch.label),
            problem: format!("the kernel's uniform has {needed} bytes, not {bytes}"),
        });
    }
    Ok(function)
}
