//! Which form a recurrence takes, and how many rows of the batch a workgroup owns.

use super::kernel::Kernel;
use super::limits::{Form, Limits};

/// Most recurrent weights that an invocation holds in registers.
const WEIGHTS: usize = 256;

/// Most rows of a workgroup: beyond, the unrolled kernels take too long to compile.
const MOST_ROWS: usize = 12;

/// How a layer's recurrence runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// All timesteps in one dispatch, with subgroup operations.
    Subgroup {
        /// Lanes a subgroup.
        lanes: usize,
        /// Rows of the batch that a workgroup owns.
        rows: usize,
    },
    /// All timesteps in one dispatch, with WebGPU's default limits.
    Portable {
        /// Rows of the batch that a workgroup owns.
        rows: usize,
    },
    /// One dispatch a timestep, for any number of units.
    Step,
}

impl Recurrence {
    /// The fastest form that an LSTM of `units` units in `directions` directions can take over `batch` rows.
    ///
    /// A persistent form needs its weights in registers and its exchange in workgroup memory. The rows
    /// are spread over as many workgroups as the adapter wants, which changes no row's arithmetic.
    pub fn choose(units: usize, directions: usize, batch: usize, limits: &Limits) -> Recurrence {
        // The backward kernels exchange dz and its partial sums: 8 vec4 a unit for four rows.
        let quads_in_memory = limits.workgroup_bytes / (8 * 16 * units);
        let (form, most_quads) = match limits.form {
            Form::Subgroup { lanes }
                if units.is_multiple_of(lanes)
                    && 4 * units <= WEIGHTS
                    && units <= limits.workgroup_invocations =>
            {
                (Some(lanes), quads_in_memory)
            }
            // A workgroup has an invocation for each unit of each quad: at most 4 quads.
            _ if units <= WEIGHTS && 4 * units <= limits.workgroup_invocations => {
                (None, quads_in_memory.min(4))
            }
            _ => return Recurrence::Step,
        };
        let most_rows = (4 * most_quads).min(MOST_ROWS);
        if most_rows == 0 {
            return Recurrence::Step;
        }
        let wanted = limits.wanted_workgroups.div_ceil(directions).min(batch);
        let tiles = batch.div_ceil(most_rows).max(wanted);
        let rows = batch.div_ceil(tiles);
        match form {
            Some(lanes) => Recurrence::Subgroup { lanes, rows },
            None => Recurrence::Portable { rows },
        }
    }

    /// Numbers in the buffer of cell states of one timestep.
    pub(super) fn state_size(self, units: usize, directions: usize, batch: usize) -> usize {
        match self {
            Recurrence::Step => directions * batch * units,
            _ => directions * self.tiles(batch) * self.quads() * units * 4,
        }
    }

    /// Workgroups a direction.
    pub(super) fn tiles(self, batch: usize) -> usize {
        batch.div_ceil(self.rows())
    }

    fn rows(self) -> usize {
        match self {
            Recurrence::Subgroup { rows, .. } | Recurrence::Portable { rows } => rows,
            Recurrence::Step => 1,
        }
    }

    fn quads(self) -> usize {
        self.rows().div_ceil(4)
    }

    /// The forward or backward kernel with the sizes both share.
    pub(super) fn kernel(self, forward: bool, units: usize, directions: usize) -> Kernel {
        let kernel = match (self, forward) {
            (Recurrence::Subgroup { lanes, .. }, true) => {
                Kernel::new("lstm_forward_subgroup").size("S", lanes)
            }
            (Recurrence::Subgroup { lanes, .. }, false) => Kernel::new("lstm_backward_subgroup")
                .size("S", lanes)
                .size("M", outputs_a_lane(units / lanes)),
            (Recurrence::Portable { .. }, true) => Kernel::new("lstm_forward_portable"),
            (Recurrence::Portable { .. }, false) => Kernel::new("lstm_backward_portable"),
            (Recurrence::Step, true) => return Kernel::new("lstm_step_forward"),
            (Recurrence::Step, false) => return Kernel::new("lstm_step_backward"),
        };
        kernel
            .size("D", directions)
            .size("H", units)
            .size("R", self.rows())
            .size("Q", self.quads())
    }
}

/// Units whose gradient a lane sums: the more, the more products a broadcast value serves.
fn outputs_a_lane(subgroups: usize) -> usize {
    [4, 2]
        .into_iter()
        .find(|outputs| subgroups.is_multiple_of(*outputs))
        .unwrap_or(1)
}
