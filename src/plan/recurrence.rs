//! Which form a recurrence takes, and how many rows of the batch a workgroup owns.

use super::kernel::Kernel;
use super::limits::{Form, Limits, NARROW_SUBGROUP, WIDE_SUBGROUP};
use super::storage::Storage;

/// Most recurrent weights that an invocation holds in registers.
const WEIGHTS: usize = 256;

/// Lanes of a subgroup up to which an adapter counts as one that computes on a CPU's vectors: there
/// "registers" are memory near by, and a lane may hold the weights of two units.
const CPU_LANES: usize = 8;

/// Most rows of a workgroup: with more the unrolled kernels run a little faster, but compile too long.
const MOST_ROWS: usize = 8;

/// Units to which the lanes of the split form are rounded up.
const SPLIT_UNITS: usize = 16;

/// Bytes of a vec4: a pack of four states, or the states of a quad of rows.
const VEC4_BYTES: usize = 16;

/// How a layer's recurrence runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// All timesteps in one dispatch, with subgroup operations.
    Subgroup {
        /// Lanes a subgroup.
        lanes: usize,
        /// Units that a lane owns.
        units_a_lane: usize,
        /// Rows of the batch that a workgroup owns.
        rows: usize,
    },
    /// All timesteps in one dispatch, with WebGPU's default limits.
    Portable {
        /// Rows of the batch that a workgroup owns.
        rows: usize,
    },
    /// All timesteps in one dispatch, a row a workgroup, whose lanes share each sum: for GPUs.
    Split {
        /// Groups of 16 units whose weights stay in registers in the forward pass.
        forward: usize,
        /// Groups of 8 units whose weights do in the backward pass.
        backward: usize,
    },
    /// One dispatch a timestep, for any number of units.
    Step,
    /// All timesteps in one dispatch, for any number of units: the native kernels share out the rows themselves.
    Native,
}

impl Recurrence {
    /// The fastest form that an LSTM of `units` units in `directions` directions can take over `batch` rows.
    ///
    /// A persistent form needs its weights in registers and its exchange in workgroup memory. The rows
    /// are spread over as many workgroups as the adapter wants, which changes no row's arithmetic.
    pub fn choose(units: usize, directions: usize, batch: usize, limits: &Limits) -> Recurrence {
        if limits.form == Form::Native {
            return Recurrence::Native;
        }
        if let Some(split) = split(lstm_resident, units, limits) {
            return split;
        }
        if let Form::Subgroup { lanes } = limits.form
            && units.is_multiple_of(lanes)
            && 4 * units <= WEIGHTS
            && units <= limits.workgroup_invocations
        {
            let units_a_lane = if lanes <= CPU_LANES && units.is_multiple_of(2 * lanes) {
                2
            } else {
                1
            };
            // The backward kernel exchanges a partial sum a subgroup, in two halves. Four rows fill their packs.
            let subgroups = units / (lanes * units_a_lane);
            let quad_bytes = 2 * subgroups * units * VEC4_BYTES;
            if let Some(rows) = rows(
                limits.workgroup_bytes / quad_bytes,
                directions,
                batch,
                limits,
            ) {
                return Recurrence::Subgroup {
                    lanes,
                    units_a_lane,
                    rows,
                };
            }
        }
        portable(4, units, directions, batch, limits).unwrap_or(Recurrence::Step)
    }

    /// The fastest form that a GRU can take; as [`Recurrence::choose`], but there is none with subgroup operations.
    pub fn choose_gru(
        units: usize,
        directions: usize,
        batch: usize,
        limits: &Limits,
    ) -> Recurrence {
        if limits.form == Form::Native {
            return Recurrence::Native;
        }
        if let Some(split) = split(gru_resident, units, limits) {
            return split;
        }
        portable(3, units, directions, batch, limits).unwrap_or(Recurrence::Step)
    }

    /// The form for batches of so many timesteps: the backward kernel of the split form asks for gates a timestep ahead, so it
    /// wants two.
    pub(super) fn over(self, length: usize) -> Recurrence {
        match self {
            Recurrence::Split { .. } if length < 2 => Recurrence::Step,
            other => other,
        }
    }

    /// Numbers in the buffer of cell states of one timestep.
    pub(super) fn state_size(self, units: usize, directions: usize, batch: usize) -> usize {
        let workgroups = directions * self.tiles(batch);
        match self {
            Recurrence::Subgroup {
                units_a_lane, rows, ..
            } => workgroups * 4 * packs(rows, units_a_lane) * units / units_a_lane,
            // The quad of an only row is a number.
            Recurrence::Portable { rows: 1 } => workgroups * units,
            Recurrence::Portable { .. } => workgroups * 4 * self.quads() * units,
            Recurrence::Split { .. } | Recurrence::Step | Recurrence::Native => {
                directions * batch * units
            }
        }
    }

    /// Form of the cell states of an LSTM whose gates are kept in the form `gates`. In the portable form two units, each an invocation's,
    /// would share a word where a workgroup has one row, and rows a workgroup are to change no bit.
    pub(super) fn cell_storage(self, gates: Storage) -> Storage {
        match self {
            Recurrence::Portable { .. } => Storage::F32,
            _ => gates,
        }
    }

    /// Words in the buffer of cell states of one timestep, where gates are kept in the form `gates`.
    pub(super) fn cell_words(
        self,
        units: usize,
        directions: usize,
        batch: usize,
        gates: Storage,
    ) -> usize {
        let storage = self.cell_storage(gates);
        match self {
            // Words do not go from row to row.
            Recurrence::Split { .. } => directions * batch * storage.words(units),
            _ => storage.words(self.state_size(units, directions, batch)),
        }
    }

    /// Workgroups a direction.
    pub(super) fn tiles(self, batch: usize) -> usize {
        match self {
            Recurrence::Native => 1,
            _ => batch.div_ceil(self.rows()),
        }
    }

    fn rows(self) -> usize {
        match self {
            Recurrence::Subgroup { rows, .. } | Recurrence::Portable { rows } => rows,
            Recurrence::Split { .. } | Recurrence::Step | Recurrence::Native => 1,
        }
    }

    fn quads(self) -> usize {
        self.rows().div_ceil(4)
    }

    /// The forward or backward kernel of an LSTM with the sizes both share.
    pub(super) fn lstm_kernel(self, forward: bool, units: usize, directions: usize) -> Kernel {
        let kernel = match (self, forward) {
            (Recurrence::Subgroup { .. }, true) => Kernel::new("lstm_forward_subgroup"),
            (Recurrence::Subgroup { .. }, false) => Kernel::new("lstm_backward_subgroup"),
            (Recurrence::Split { .. }, true) => Kernel::new("lstm_forward_split"),
            (Recurrence::Split { .. }, false) => Kernel::new("lstm_backward_split"),
            (Recurrence::Portable { .. } | Recurrence::Native, true) => {
                Kernel::new("lstm_forward_portable")
            }
            (Recurrence::Portable { .. } | Recurrence::Native, false) => {
                Kernel::new("lstm_backward_portable")
            }
            (Recurrence::Step, true) => return Kernel::new("lstm_step_forward"),
            (Recurrence::Step, false) => return Kernel::new("lstm_step_backward"),
        };
        self.sized(kernel, forward, units, directions)
    }

    /// The forward or backward kernel of a GRU with the sizes both share.
    pub(super) fn gru_kernel(self, forward: bool, units: usize, directions: usize) -> Kernel {
        let name = match (self, forward) {
            (Recurrence::Step, true) => return Kernel::new("gru_step_forward"),
            (Recurrence::Step, false) => return Kernel::new("gru_step_backward"),
            (Recurrence::Split { .. }, true) => "gru_forward_split",
            (Recurrence::Split { .. }, false) => "gru_backward_split",
            (_, true) => "gru_forward_portable",
            (_, false) => "gru_backward_portable",
        };
        self.sized(Kernel::new(name), forward, units, directions)
    }

    fn sized(self, kernel: Kernel, is_forward: bool, units: usize, directions: usize) -> Kernel {
        let kernel = kernel.size("D", directions).size("H", units);
        let of_rows = kernel.clone().size("R", self.rows());
        match self {
            Recurrence::Native => kernel,
            Recurrence::Split { forward, backward } => {
                kernel.size("K", if is_forward { forward } else { backward })
            }
            Recurrence::Subgroup {
                lanes,
                units_a_lane,
                rows,
            } => of_rows
                .size("S", lanes)
                .size("W", units_a_lane)
                .size("P", packs(rows, units_a_lane)),
            _ => of_rows.size("Q", self.quads()),
        }
    }
}

/// How many groups of units keep their weights in registers: in the forward pass of 16 units, which are 16 weights a lane, and in
/// the backward pass of 8 units, which are 8.
type Resident = [usize; 2];

/// What decides how many stay: docs/performance.md has what compilers made of each number.
struct Registers {
    /// Lanes of the smallest subgroup are few.
    narrow: bool,
    /// They are many.
    wide: bool,
    /// As in [`Limits::few_registers`].
    few: bool,
    /// Gates are kept as halves.
    halves: bool,
}

/// Those of an LSTM whose units are so many groups of 16. The wider the layer, the more lanes a workgroup has and the fewer
/// registers each.
fn lstm_resident(groups: usize, on: &Registers) -> Resident {
    match groups {
        5..=8 if on.narrow => [3, if on.halves { 4 } else { 2 }],
        6 if !on.wide || on.few => [5, 8],
        ..=6 => [groups, 2 * groups],
        8 if on.few && on.halves => [3, 7],
        7..=8 => [4, 7],
        _ if on.narrow || on.wide => [1, 1],
        _ => [2, 2],
    }
}

/// The same of a GRU, which has three gates.
fn gru_resident(groups: usize, on: &Registers) -> Resident {
    match groups {
        6 if !on.wide => [5, 12],
        ..=6 => [groups, 2 * groups],
        7 => [5, 7],
        8 => [5, if on.halves { 8 } else { 9 }],
        _ if on.narrow || on.few => [1, 1],
        _ if on.wide => [1, 2],
        _ => [2, 4],
    }
}

/// The split form, if the adapter takes it and its lanes fit a workgroup, in full subgroups. `resident` is the cell's; no weights
/// stay where a lane has half the registers.
fn split(
    resident: impl Fn(usize, &Registers) -> Resident,
    units: usize,
    limits: &Limits,
) -> Option<Recurrence> {
    let Form::Split { least, lanes } = limits.form else {
        return None;
    };
    let registers = Registers {
        narrow: least <= NARROW_SUBGROUP,
        wide: least >= WIDE_SUBGROUP,
        few: limits.few_registers,
        halves: limits.storage.is_half(),
    };
    let groups = units.div_ceil(SPLIT_UNITS);
    let invocations = groups * SPLIT_UNITS * 4;
    // The backward kernel exchanges the gradients of a unit's gates, in two halves.
    let bytes = 2 * groups * SPLIT_UNITS * VEC4_BYTES;
    let fits = invocations.is_multiple_of(lanes)
        && invocations <= limits.workgroup_invocations
        && bytes <= limits.workgroup_bytes;
    let [forward, backward] = match limits.narrow_invocations {
        Some(most) if invocations > most => [0; 2],
        _ => resident(groups, &registers),
    };
    fits.then_some(Recurrence::Split { forward, backward })
}

/// The portable form of a cell with this many gates, if its weights fit registers and its exchange memory.
fn portable(
    gates: usize,
    units: usize,
    directions: usize,
    batch: usize,
    limits: &Limits,
) -> Option<Recurrence> {
    if units > WEIGHTS || gates * units > limits.workgroup_invocations {
        return None;
    }
    // The backward kernel exchanges the gates' gradients and their partial sums. A workgroup has an invocation
    // for each unit of each quad: at most as many quads as gates.
    let quads = (limits.workgroup_bytes / (2 * gates * units * VEC4_BYTES)).min(gates);
    let rows = rows(quads, directions, batch, limits)?;
    Some(Recurrence::Portable { rows })
}

/// Packs, of four numbers each, that hold the states of an invocation's units for a workgroup's rows.
fn packs(rows: usize, units_a_lane: usize) -> usize {
    (rows * units_a_lane).div_ceil(4)
}

/// Rows of a workgroup that has memory for `quads` quads; `None` where it has none.
fn rows(quads: usize, directions: usize, batch: usize, limits: &Limits) -> Option<usize> {
    let most_rows = (4 * quads).min(MOST_ROWS);
    if most_rows == 0 {
        return None;
    }
    if let Some(tile) = limits.row_tile {
        return Some(tile.clamp(1, 4 * quads).min(batch));
    }
    let wanted = limits.wanted_workgroups.div_ceil(directions).min(batch);
    let tiles = batch.div_ceil(most_rows).max(wanted);
    Some(batch.div_ceil(tiles))
}
