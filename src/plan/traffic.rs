//! How many bytes a dispatch moves, told from its uniform and its bindings.

use bytemuck::AnyBitPattern;

use super::dims::{
    AddSplitsDims, ClipScaleDims, HeadDims, LastStateDims, LossDims, MatmulDims, RecurrenceDims,
    RowsDims, SegmentDims, SoftmaxLossDims, StepDims, TimeWeightsDims,
};
use super::dispatch::Dispatch;
use super::kernel_table::{Binding, Traffic};

/// Bytes of a number or an id.
const WORD: u64 = 4;

impl Dispatch {
    /// Bytes that the dispatch must move between memory and processors: each number that it takes in once,
    /// however often the kernel uses it, each that it gives out once, and both for one that it replaces. Rows
    /// that are gathered count each time they are gathered.
    ///
    /// Divided by time this is a lower bound of the rate at which memory was read and written: what a kernel loads
    /// again because it could not keep it is not in it. 0 where the uniform is not the kernel's.
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
        let Ok(file) = self.kernel.file() else {
            return 0;
        };
        let numbers = match file.traffic {
            Traffic::WholeBindings => return self.whole_bindings(file.bindings),
            Traffic::Rows => self.moved_rows(),
            Traffic::Segments => self.segment_sums(),
            Traffic::SplitSums => self.split_sums(),
            Traffic::Product => self.product(self.kernel.has_flag("sums")),
            Traffic::ProductAndSums => self.product(true),
            Traffic::LstmForward => self.lstm_forward(),
            Traffic::LstmBackward => self.lstm_backward(),
            Traffic::LstmStepForward => self.lstm_step_forward(),
            Traffic::LstmStepBackward => self.lstm_step_backward(),
            Traffic::GruForward => self.gru_forward(),
            Traffic::GruBackward => self.gru_backward(),
            Traffic::GruStepForward => self.gru_step_forward(),
            Traffic::GruStepBackward => self.gru_step_backward(),
            Traffic::LastState => self.dims().map(|dims: LastStateDims| {
                2 * u64::from(dims.batch) * u64::from(dims.directions * dims.units)
            }),
            // Probabilities, labels, weights and gradients; loss and right predictions.
            Traffic::BinaryLoss => self
                .dims()
                .map(|dims: LossDims| 4 * u64::from(dims.batch) + 2),
            // x and its gradient, both parameters and theirs; labels, weights, probabilities; loss and right predictions.
            Traffic::LogisticHead => self.dims().map(|dims: HeadDims| {
                let (rows, inputs) = (u64::from(dims.rows), u64::from(dims.inputs));
                2 * rows * inputs + 2 * (inputs + 1) + 3 * rows + 2
            }),
            // Sums, probabilities and gradients of every class, labels, weights; loss and right predictions.
            Traffic::SoftmaxLoss => self.dims().map(|dims: SoftmaxLossDims| {
                u64::from(dims.batch) * (3 * u64::from(dims.classes) + 2) + 2
            }),
            Traffic::MeanWeights => self.weights_of_positions().map(|(p, slots)| p + slots),
            Traffic::AttentionWeights => {
                self.weights_of_positions().map(|(p, slots)| 2 * p + slots)
            }
            // The sums; the norm and the factor.
            Traffic::ClipScale => self
                .dims()
                .map(|dims: ClipScaleDims| u64::from(dims.sums) + 2),
            // The fault, read and set back; fault and marker in the record.
            Traffic::EndOfStep => Some(4),
        };
        WORD * numbers.unwrap_or(0)
    }

    /// The uniform.
    fn dims<T: AnyBitPattern>(&self) -> Option<T> {
        bytemuck::try_pod_read_unaligned(&self.dims).ok()
    }

    /// Every binding once, and twice what the kernel replaces: right for kernels that touch all they are given.
    fn whole_bindings(&self, bindings: &[Binding]) -> u64 {
        let bound = bindings
            .iter()
            .filter(|binding| self.kernel.has(binding.only_if));
        bound
            .zip(&self.bindings)
            .filter(|(binding, _)| self.kernel.has(binding.touched_if))
            .map(|(binding, slice)| {
                let replaced = binding.replaced && self.kernel.has(binding.replaced_if);
                slice.bytes * (1 + u64::from(replaced))
            })
            .sum()
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

    /// Numbers as words of 4 bytes, where so many of them are halves if the kernel has any.
    fn with_halves(&self, numbers: u64, halves: u64) -> u64 {
        match self.kernel.has_flag("half") {
            true => numbers - halves / 2,
            false => numbers,
        }
    }

    /// Source rows and the place of each; sums, and where each begins and belongs.
    fn segment_sums(&self) -> Option<u64> {
        let dims: SegmentDims = self.dims()?;
        let width = u64::from(dims.width) * self.kernel.element_numbers();
        let (rows, runs) = (self.flops / width.max(1), u64::from(dims.runs));
        let numbers = rows * (width + 1) + runs * (width + 2);
        // Those of the runs that are not of x are sums, in f32: all of them, each once.
        let partial = match dims.of_x < dims.runs {
            true => self.bindings.get(1)?.bytes / WORD,
            false => 0,
        };
        Some(self.with_halves(numbers, (rows * width).saturating_sub(partial)))
    }

    /// The parts of each product, and their sum.
    fn split_sums(&self) -> Option<u64> {
        let dims: AddSplitsDims = self.dims()?;
        let products = dims.products.iter().take(dims.count as usize);
        let elements =
            products.map(|&[_, parts, width, _]| u64::from(parts + 1) * u64::from(width));
        Some(self.kernel.element_numbers() * elements.sum::<u64>())
    }

    /// Both factors, the bias, and the product or its partial sums; the sums of B's columns where they are made.
    fn product(&self, makes_sums: bool) -> Option<u64> {
        let dims: MatmulDims = self.dims()?;
        let [m, n, k, terms, splits] =
            [dims.m, dims.n, dims.k, dims.terms, dims.splits].map(|size| u64::from(size).max(1));
        let batches = u64::from(self.groups[2]) / splits;
        let bias = if dims.has_bias == 1 { n } else { 0 };
        let sums = if makes_sums { n } else { 0 };
        let numbers = batches * (terms * k * (m + n) + bias + splits * (m * n + sums));
        let matrices = [
            ("half_a", terms * k * m),
            ("half_b", terms * k * n),
            ("half_c", splits * m * n),
        ];
        let halves = matrices
            .iter()
            .filter(|(flag, _)| self.kernel.has_flag(flag));
        let halves: u64 = halves.map(|(_, numbers)| numbers).sum();
        Some(self.with_halves(numbers, batches * halves))
    }

    /// (B, D·H, weights) of a persistent recurrence whose state has weights to so many gates, and its segment.
    fn recurrence(&self, gates: u64) -> Option<(u64, u64, u64, RecurrenceDims)> {
        let dims: RecurrenceDims = self.dims()?;
        let (directions, units) = (self.kernel.size_of("D")?, self.kernel.size_of("H")?);
        let width = directions * units;
        Some((u64::from(dims.batch), width, gates * width * units, dims))
    }

    /// Whether the cell states of an LSTM are halves, and go from segment to segment by themselves: not in the portable form.
    fn halves_cells(&self) -> bool {
        self.kernel.has_flag("half") && !self.kernel.name().ends_with("_portable")
    }

    /// z and its row of every position, h unless the last is enough, c and gates where they are kept; weights; the state
    /// on the way in, and on the way out what no position has kept.
    fn lstm_forward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence(4)?;
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
        let halves_cells = self.halves_cells();
        let leaving = u64::from(!kept || halves_cells) + u64::from(last);
        let numbers = positions * a_position + weights + entering + leaving * batch * width;
        let halves = positions * (8 + u64::from(halves_cells)) * width;
        Some(self.with_halves(numbers, halves))
    }

    /// d_h, c of the timestep before and gates of every position, and dz; weights; c on the way in; what is carried in
    /// and out.
    fn lstm_backward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence(4)?;
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
        let numbers = states * state + weights + slots;
        let halves = 8 * u64::from(dims.count) + u64::from(self.halves_cells()) * cells;
        Some(self.with_halves(numbers, halves * state))
    }

    /// (B·D·H, weights) of a timestep on its own, and its uniform.
    fn step(&self) -> Option<(u64, u64, StepDims)> {
        let dims: StepDims = self.dims()?;
        let width = u64::from(dims.directions * dims.units);
        let weights = 4 * width * u64::from(dims.units);
        Some((u64::from(dims.batch) * width, weights, dims))
    }

    /// z and its row, h, c and gates; weights and the state before, but for the first timestep, which has none.
    fn lstm_step_forward(&self) -> Option<u64> {
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
    fn lstm_step_backward(&self) -> Option<u64> {
        let (state, weights, dims) = self.step()?;
        let last = dims.step + 1 == dims.length;
        let gradient = u64::from(dims.sequences == 1 || last);
        let before = u64::from(dims.step > 0);
        let (after, weights) = if last { (0, 0) } else { (5, weights) };
        let slots = u64::from(dims.masked * dims.batch) * (2 - u64::from(last));
        Some((1 + 8 + 2 + gradient + before + after) * state + weights + slots)
    }

    /// x·W + b and its row of every position, h unless the last is enough, gates where they are kept; weights and bias of
    /// the three gates; h on the way in, and on the way out where no position has kept it.
    fn gru_forward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence(3)?;
        let slot = u64::from(self.kernel.has_flag("gathered") || self.kernel.has_flag("masked"));
        let last = self.kernel.has_flag("last");
        let stored = u64::from(!last) + 4 * u64::from(self.kernel.has_flag("save"));
        let a_position = (4 + stored) * width + slot;
        let positions = batch * u64::from(dims.count);
        let states = u64::from(dims.first > 0) + u64::from(last);
        let numbers = positions * a_position + weights + 3 * width + states * batch * width;
        Some(self.with_halves(numbers, 8 * positions * width))
    }

    /// d_h, h of the timestep before and gates of every position, and the gradients in the gates' place; weights; what is
    /// carried in and out.
    fn gru_backward(&self) -> Option<u64> {
        let (batch, width, weights, dims) = self.recurrence(3)?;
        let (first, last) = (dims.first == 0, dims.first + dims.count == dims.length);
        let count = u64::from(dims.count);
        let gradient = if self.kernel.has_flag("sequences") {
            count
        } else {
            // The gradient of a last state is that of one timestep alone.
            u64::from(first)
        };
        let before = count - u64::from(last);
        let carried = 1 + u64::from(!first);
        let states = gradient + before + 8 * count + carried;
        let slots = u64::from(self.kernel.has_flag("masked")) * batch * count;
        let numbers = states * batch * width + weights + slots;
        Some(self.with_halves(numbers, 8 * count * batch * width))
    }

    /// x·W + b and its row, h, gates where they are kept, bias; weights and the state before, but for the first timestep,
    /// which has none.
    fn gru_step_forward(&self) -> Option<u64> {
        let (state, weights, dims) = self.step()?;
        let stored = 1 + 4 * u64::from(self.kernel.has_flag("save"));
        let bias = 4 * u64::from(dims.directions * dims.units);
        let before = if dims.step > 0 { state + weights } else { 0 };
        Some((4 + stored) * state + u64::from(dims.batch) + bias + before)
    }

    /// Gates and the gradients in their place, what is carried out, d_h; h of the timestep before; of the timestep after,
    /// which the last one has not, gradients, weights and what is carried in.
    fn gru_step_backward(&self) -> Option<u64> {
        let (state, weights, dims) = self.step()?;
        let last = dims.step + 1 == dims.length;
        let gradient = u64::from(dims.sequences == 1 || last);
        let before = u64::from(dims.step > 0);
        let (after, weights) = if last { (0, 0) } else { (5, weights) };
        let slots = u64::from(dims.masked * dims.batch);
        Some((8 + 1 + gradient + before + after) * state + weights + slots)
    }
}
