//! How many bytes a dispatch moves, told from its uniform and its bindings.

use bytemuck::AnyBitPattern;

use super::dims::{
    LastStateDims, LossDims, MatmulDims, RecurrenceDims, RowsDims, SegmentDims, SoftmaxLossDims,
    StepDims, TimeWeightsDims,
};
use super::dispatch::Dispatch;
use super::kernel::Access;

/// Bytes of a number or an id.
const WORD: u64 = 4;

impl Dispatch {
    /// Bytes that the dispatch must move between memory and processors: each number that it takes in once,
    /// however often the kernel uses it, each that it gives out once, and both for one that it replaces. Rows
    /// that are gathered count each time they are gathered.
    ///
    /// Divided by time this is a lower bound of the rate at which memory was read and written: what a kernel loads
    /// again because it could not keep it is not in it.
    ///
    /// # Examples
    /// ```
    /// use gatefold::plan::{Limits, peak_copy};
    ///
    /// let plan = peak_copy(&Limits::WEBGPU, 1000, 1)?;
    /// assert_eq!(plan.dispatches[0].bytes(), 2 * 16 * 1000);
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn bytes(&self) -> u64 {
        let counted = match self.kernel.name() {
            "embedding_gather" | "embedding_scatter" => self.moved_rows(),
            "segment_sum" => self.segment_sums(),
            "matmul" | "matmul_portable" | "matmul_transposed_a" => self.product(),
            "lstm_forward_subgroup" | "lstm_forward_portable" => self.recurrence_forward(),
            "lstm_backward_subgroup" | "lstm_backward_portable" => self.recurrence_backward(),
            "lstm_step_forward" => self.step_forward(),
            "lstm_step_backward" => self.step_backward(),
            "last_state" => self.dims().map(|dims: LastStateDims| {
                2 * u64::from(dims.batch) * u64::from(dims.directions * dims.units)
            }),
            // Probabilities, labels and gradients; loss and right predictions.
            "binary_cross_entropy" => self
                .dims()
                .map(|dims: LossDims| 3 * u64::from(dims.batch) + 2),
            // Sums, probabilities and gradients of every class, labels; loss and right predictions.
            "softmax_cross_entropy" => self.dims().map(|dims: SoftmaxLossDims| {
                u64::from(dims.batch) * (3 * u64::from(dims.classes) + 1) + 2
            }),
            // A weight of every position, and its slot where that may be masked; of attention its score as well.
            "mean_weights" => self.weights_of_positions().map(|(p, slots)| p + slots),
            "attention_weights_forward" => {
                self.weights_of_positions().map(|(p, slots)| 2 * p + slots)
            }
            // The fault, read and set back; fault and marker in the record.
            "end_step" => Some(4),
            _ => None,
        };
        counted.map_or_else(|| self.whole_bindings(), |numbers| WORD * numbers)
    }

    /// The uniform.
    fn dims<T: AnyBitPattern>(&self) -> Option<T> {
        bytemuck::try_pod_read_unaligned(&self.dims).ok()
    }

    /// Every binding once, and twice what the kernel replaces: right for kernels that touch all they are given.
    fn whole_bindings(&self) -> u64 {
        let accesses = self.kernel.bindings().unwrap_or_default();
        // Without a given mask, dropout is bound to its input a second time and does not read it.
        let unread = self.kernel.name() == "dropout" && !self.kernel.has_flag("given");
        self.bindings
            .iter()
            .zip(accesses)
            .enumerate()
            .filter(|&(binding, _)| !(unread && binding == 1))
            .map(|(binding, (slice, access))| match access {
                Access::ReadWrite if self.replaces(binding) => 2 * slice.bytes,
                _ => slice.bytes,
            })
            .sum()
    }

    /// Whether the kernel reads what it writes there.
    fn replaces(&self, binding: usize) -> bool {
        match self.kernel.name() {
            "adam" | "rmsprop" | "sgd" => true,
            "attention_scores_forward" => binding == 1,
            "attention_scores_backward" => true,
            "weighted_sum_backward" => self.kernel.has_flag("add"),
            _ => false,
        }
    }

    /// (P, slots read) of weights over time.
    fn weights_of_positions(&self) -> Option<(u64, u64)> {
        let dims: TimeWeightsDims = self.dims()?;
        let positions = u64::from(dims.length) * u64::from(dims.batch);
        Some((positions, u64::from(dims.masked) * positions))
    }

    /// Rows read and written, and the id of each.
    fn moved_rows(&self) -> Option<u64> {
        let dims: RowsDims = self.dims()?;
        let width = u64::from(dims.width) * self.kernel.element_numbers();
        Some(u64::from(dims.rows) * (2 * width + 1))
    }

    /// Source rows and the place of each; sums, and where each begins and belongs.
    fn segment_sums(&self) -> Option<u64> {
        let dims: SegmentDims = self.dims()?;
        let width = u64::from(dims.width) * self.kernel.element_numbers();
        let (rows, runs) = (self.flops / width.max(1), u64::from(dims.runs));
        Some(rows * (width + 1) + runs * (width + 2))
    }

    /// Both factors, the bias, and the product or its partial sums; the sums of B's columns where they are made.
    fn product(&self) -> Option<u64> {
        let dims: MatmulDims = self.dims()?;
        let [m, n, k, terms, splits] =
            [dims.m, dims.n, dims.k, dims.terms, dims.splits].map(|size| u64::from(size).max(1));
        let batches = u64::from(self.groups[2]) / splits;
        let bias = if dims.has_bias == 1 { n } else { 0 };
        let sums = if self.kernel.name() == "matmul_transposed_a" {
            n
        } else {
            0
        };
        Some(batches * (terms * k * (m + n) + bias + splits * (m * n + sums)))
    }

    /// (B, D·H, weights) of a persistent recurrence, and its segment.
    fn recurrence(&self) -> Option<(u64, u64, u64, RecurrenceDims)> {
        let dims: RecurrenceDims = self.dims()?;
        let (directions, units) = (self.kernel.size_of("D")?, self.kernel.size_of("H")?);
        let width = directions * units;
        Some((u64::from(dims.batch), width, 4 * width * units, dims))
    }

    /// z and its row of every position, h unless the last is enough, c and gates where they are kept; weights; the state
    /// on the way in, and on the way out what no position has kept.
    fn recurrence_forward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence()?;
        let positions = batch * u64::from(dims.count);
        let slot = u64::from(self.kernel.has_flag("gathered") || self.kernel.has_flag("masked"));
        let kept = self.kernel.has_flag("save");
        let last = self.kernel.has_flag("last");
        let stored = match (kept, last) {
            (true, _) => 6,
            (false, false) => 1,
            (false, true) => 0,
        };
        let a_position = (4 + stored) * width + slot;
        let entering = if dims.first > 0 { 2 * batch * width } else { 0 };
        let leaving = u64::from(!kept) * batch * width + u64::from(last) * batch * width;
        Some(positions * a_position + weights + entering + leaving)
    }

    /// d_h, c of the timestep before and gates of every position, and dz; weights; c on the way in; what is carried in
    /// and out.
    fn recurrence_backward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence()?;
        let state = batch * width;
        let (first, last) = (dims.first == 0, dims.first + dims.count == dims.length);
        let sequences = self.kernel.has_flag("sequences");
        let gradient = if sequences {
            u64::from(dims.count)
        } else {
            // The gradient of a last state is that of one timestep alone.
            u64::from(first)
        };
        let cells = u64::from(dims.count) + 1 - u64::from(last);
        let carried = if first { 2 } else { 4 };
        let states = gradient + cells + 8 * u64::from(dims.count) + carried;
        let slots = u64::from(self.kernel.has_flag("masked")) * batch * u64::from(dims.count);
        Some(states * state + weights + slots)
    }

    /// (B·D·H, weights) of a timestep on its own, and its uniform.
    fn step(&self) -> Option<(u64, u64, StepDims)> {
        let dims: StepDims = self.dims()?;
        let width = u64::from(dims.directions * dims.units);
        let weights = 4 * width * u64::from(dims.units);
        Some((u64::from(dims.batch) * width, weights, dims))
    }

    /// z and its row, h, c and gates; weights and the state before, but for the first timestep, which has none.
    fn step_forward(&self) -> Option<u64> {
        let (state, weights, dims) = self.step()?;
        let before = if dims.step > 0 {
            2 * state + weights
        } else {
            0
        };
        Some(10 * state + u64::from(dims.batch) + before)
    }

    /// c, gates and dz, what is carried out, d_h; c of the timestep before; of the timestep after, which the last one
    /// has not, dz, weights and what is carried in.
    fn step_backward(&self) -> Option<u64> {
        let (state, weights, dims) = self.step()?;
        let last = dims.step + 1 == dims.length;
        let gradient = u64::from(dims.sequences == 1 || last);
        let before = u64::from(dims.step > 0);
        let (after, weights) = if last { (0, 0) } else { (5, weights) };
        let slots = u64::from(dims.masked * dims.batch) * (2 - u64::from(last));
        Some((1 + 8 + 2 + gradient + before + after) * state + weights + slots)
    }
}
