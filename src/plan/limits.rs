//! What an adapter gives, as far as a plan depends on it.

use super::storage::Storage;
use crate::error::{Error, Result};

/// Which form the hot kernels take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// No subgroup operation, WebGPU's default limits.
    Portable,
    /// For adapters whose subgroups all have this many lanes.
    Subgroup {
        /// Lanes a subgroup, a power of two.
        lanes: usize,
    },
    /// For GPUs whose subgroups have at least 8 lanes, whatever their size.
    Split {
        /// Lanes of the smallest subgroup, which tell how many registers a lane has: see [`WIDE_SUBGROUP`].
        least: usize,
        /// Lanes of the largest subgroup, a power of two.
        lanes: usize,
    },
    /// The processor's own kernels: they are those of the portable form by name, and take any number of units.
    Native,
}

/// Lanes of the smallest subgroup up to which a compiler may give a lane half of a processor's registers, or fewer: those of
/// Intel's GPUs before Xe2.
pub(super) const NARROW_SUBGROUP: usize = 8;

/// Lanes of the smallest subgroup from which on a lane has registers for 8 × 8 sums, or for all weights of a wide layer, but where
/// there are [few](Limits::few_registers): those of AMD and NVIDIA.
pub const WIDE_SUBGROUP: usize = 32;

/// An adapter's limits, and the choices that change how a plan runs but, other than `storage`, never its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Form of the recurrences and products.
    pub form: Form,
    /// Bytes of the largest storage binding.
    pub binding_bytes: u64,
    /// Bytes of workgroup memory.
    pub workgroup_bytes: usize,
    /// Invocations a workgroup.
    pub workgroup_invocations: usize,
    /// Workgroups along an axis of a dispatch.
    pub workgroups: u32,
    /// Workgroups that a recurrence, or a product, should be cut into, so that the adapter is busy.
    pub wanted_workgroups: usize,
    /// Quads of rows, and of columns, of a portable product that an invocation has registers for: 1 or 2.
    pub product_quads: usize,
    /// The most invocations of a workgroup whose subgroups have 8 lanes, where an adapter is known for few, as Intel's GPUs before
    /// Tiger Lake. In a larger one a lane has half the registers, and the split form keeps no weights in them.
    pub narrow_invocations: Option<usize>,
    /// Whether a lane has 128 registers of 32 bits at most, however few lanes there are, as on Apple's GPUs.
    pub few_registers: bool,
    /// Rows of the batch that a workgroup of a recurrence should own, as far as its memory goes; `None` leaves it to
    /// `wanted_workgroups`.
    pub row_tile: Option<usize>,
    /// Timesteps of a recurrence in one dispatch: bounds a dispatch's time, which watchdogs watch.
    pub segment: usize,
    /// Form of what a training step's recurrences keep.
    pub storage: Storage,
}

impl Limits {
    /// WebGPU's default limits, which every adapter has.
    pub const WEBGPU: Limits = Limits {
        form: Form::Portable,
        binding_bytes: 128 << 20,
        workgroup_bytes: 16 << 10,
        workgroup_invocations: 256,
        workgroups: 65_535,
        wanted_workgroups: 2,
        product_quads: 1,
        narrow_invocations: None,
        few_registers: false,
        row_tile: None,
        segment: 256,
        storage: Storage::F32,
    };

    /// These limits with this storage.
    ///
    /// # Errors
    /// [`Error::Argument`] for halves on the processor, whose kernels have none.
    pub fn with_storage(self, storage: Storage) -> Result<Limits> {
        let limits = Limits { storage, ..self };
        limits.check_storage()?;
        Ok(limits)
    }

    /// Whether there are kernels for the storage.
    pub(super) fn check_storage(&self) -> Result<()> {
        if self.storage.is_half() && self.form == Form::Native {
            let problem = "the processor's own kernels keep f32; leave it out, or name an adapter with `AdapterChoice::name`";
            return Err(Error::argument("storage", problem));
        }
        Ok(())
    }

    /// These limits with so many rows a workgroup of a recurrence; `None` leaves them to the plan.
    ///
    /// # Errors
    /// [`Error::Argument`] where kernels have no workgroups, as native ones, or one row in each, as in the split form.
    pub fn with_row_tile(self, rows: Option<usize>) -> Result<Limits> {
        let problem = match (rows, self.form) {
            (Some(_), Form::Native) => {
                "the processor's own kernels have no workgroups, and share out rows by themselves; leave it out"
            }
            (Some(_), Form::Split { .. }) => {
                "the kernels for GPUs have one row a workgroup; leave it out, or choose `KernelForm::Portable`"
            }
            (None, _) | (Some(_), Form::Portable | Form::Subgroup { .. }) => {
                return Ok(Limits {
                    row_tile: rows,
                    ..self
                });
            }
        };
        Err(Error::argument("Limits::row_tile", problem))
    }
}
