//! The table of kernels: a row a file of `shaders/`, with all that the rest of the crate knows of it.

use super::dims::*;
use Traffic::*;

/// How a kernel uses a storage binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `var<storage, read>`
    Read,
    /// `var<storage, read_write>`
    ReadWrite,
}

/// A storage binding. A condition is the name of a choice that the kernel is specialised with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// How the text declares it.
    pub access: Access,
    /// The choice without which the text does not have it.
    pub only_if: Option<&'static str>,
    /// The choice without which the kernel does not touch it, though it is bound.
    pub(super) touched_if: Option<&'static str>,
    /// Whether the kernel reads what the buffer holds before it writes there.
    pub(super) replaced: bool,
    /// The choice without which the kernel only writes there.
    pub(super) replaced_if: Option<&'static str>,
}

/// Read.
const READ: Binding = Binding {
    access: Access::Read,
    only_if: None,
    touched_if: None,
    replaced: false,
    replaced_if: None,
};

/// Written, whatever it held.
const WRITE: Binding = Binding {
    access: Access::ReadWrite,
    ..READ
};

/// Read, and written.
const REPLACE: Binding = Binding {
    replaced: true,
    ..WRITE
};

impl Binding {
    const fn only_if(self, flag: &'static str) -> Self {
        Binding {
            only_if: Some(flag),
            ..self
        }
    }

    const fn touched_if(self, flag: &'static str) -> Self {
        Binding {
            touched_if: Some(flag),
            ..self
        }
    }

    const fn replaced_if(self, flag: &'static str) -> Self {
        Binding {
            replaced_if: Some(flag),
            ..self
        }
    }
}

/// How the bytes that a dispatch of a kernel moves are counted: see [`Dispatch::bytes`](super::Dispatch::bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// The kernel touches all that it is bound to: each binding once, and twice what it replaces.
    WholeBindings,
    /// Rows and the id of each.
    Rows,
    /// Runs of rows, and a sum of each.
    Segments,
    /// The parts of products that are split, and the sums of each.
    SplitSums,
    /// The factors and the product, and with `sums` those of the second factor's columns.
    Product,
    /// The factors, the product and the sums of the second factor's columns.
    ProductAndSums,
    /// A persistent forward recurrence of an LSTM.
    LstmForward,
    /// A persistent backward recurrence of an LSTM.
    LstmBackward,
    /// A timestep of an LSTM's forward recurrence.
    LstmStepForward,
    /// A timestep of an LSTM's backward recurrence.
    LstmStepBackward,
    /// A persistent forward recurrence of a GRU.
    GruForward,
    /// A persistent backward recurrence of a GRU.
    GruBackward,
    /// A timestep of a GRU's forward recurrence.
    GruStepForward,
    /// A timestep of a GRU's backward recurrence.
    GruStepBackward,
    /// The state of one timestep out of all.
    LastState,
    /// What a loss of two classes needs, and its record.
    BinaryLoss,
    /// What a layer of two classes, its loss and its gradients need, and its record.
    LogisticHead,
    /// What a loss of several classes needs, and its record.
    SoftmaxLoss,
    /// A weight of every position, and its slot where that may be masked.
    MeanWeights,
    /// The same, and the score of every position.
    AttentionWeights,
    /// Partial sums, and a place in the norms.
    ClipScale,
    /// Places in the record.
    EndOfStep,
}

/// What stands in `shaders/`: one entry a file, named as the file and its entry point.
#[derive(Debug)]
pub struct KernelFile {
    /// Name of the file, without `.wgsl`, and of its entry point.
    pub name: &'static str,
    /// Text of the file, a minijinja template.
    pub template: &'static str,
    /// Storage bindings from binding 1 on; binding 0 is the uniform `dims`.
    pub bindings: &'static [Binding],
    /// Field names of the uniform with their offsets in bytes.
    pub dims: &'static [(&'static str, usize)],
    /// Bytes of the uniform.
    pub dims_bytes: usize,
    /// How its bytes are counted.
    pub traffic: Traffic,
}

macro_rules! kernel_files {
    ($($name:literal: $dims:ident, $bindings:expr, $traffic:expr;)*) => {
        &[$(KernelFile {
            name: $name,
            template: include_str!(concat!("../../shaders/", $name, ".wgsl")),
            bindings: &$bindings,
            dims: $dims::LAYOUT,
            dims_bytes: size_of::<$dims>(),
            traffic: $traffic,
        },)*]
    };
}

/// Parts that kernels name in a line `// uses: common/NAME, …`.
pub(super) static COMMON: &[(&str, &str)] = &[
    (
        "common/activations",
        include_str!("../../shaders/common/activations.wgsl"),
    ),
    (
        "common/binary_loss",
        include_str!("../../shaders/common/binary_loss.wgsl"),
    ),
    (
        "common/dense_activation",
        include_str!("../../shaders/common/dense_activation.wgsl"),
    ),
    (
        "common/matmul_dims",
        include_str!("../../shaders/common/matmul_dims.wgsl"),
    ),
    (
        "common/philox",
        include_str!("../../shaders/common/philox.wgsl"),
    ),
    (
        "common/recurrence",
        include_str!("../../shaders/common/recurrence.wgsl"),
    ),
    (
        "common/storage",
        include_str!("../../shaders/common/storage.wgsl"),
    ),
];

/// Every kernel: name, uniform, storage bindings, and how its bytes are counted.
pub static KERNELS: &[KernelFile] = kernel_files! {
    "adam": AdamDims, [READ, REPLACE, REPLACE, REPLACE, REPLACE, READ.only_if("clip")], WholeBindings;
    "add_splits": AddSplitsDims, [READ, WRITE], SplitSums;
    "attention_scores_backward": RowsDims, [READ, READ, REPLACE], WholeBindings;
    "attention_scores_forward": RowsDims, [READ, REPLACE, WRITE], WholeBindings;
    "attention_weights_backward": PoolDims, [READ, READ, READ, WRITE], WholeBindings;
    "attention_weights_forward": TimeWeightsDims, [READ, READ, WRITE], AttentionWeights;
    "binary_cross_entropy": LossDims, [READ, READ, READ, WRITE, WRITE], BinaryLoss;
    "clip_scale": ClipScaleDims, [READ, WRITE, WRITE, WRITE], ClipScale;
    "column_sums": ColumnSumsDims, [READ, WRITE], WholeBindings;
    "dense_backward": DenseDims, [READ, READ, READ, READ, WRITE, WRITE, WRITE], WholeBindings;
    "dense_forward": DenseDims, [READ, READ, READ, WRITE], WholeBindings;
    // Without a given mask, dropout is bound to its input a second time.
    "dropout": DropoutDims, [READ, READ.touched_if("given"), WRITE], WholeBindings;
    "embedding_gather": RowsDims, [READ, READ, WRITE], Rows;
    "embedding_scatter": RowsDims, [READ, READ, WRITE], Rows;
    "end_step": EndDims, [REPLACE, WRITE], EndOfStep;
    "gru_backward_parameters": GruParametersDims, [READ, REPLACE, REPLACE, WRITE], WholeBindings;
    "gru_backward_portable": RecurrenceDims, [READ, READ, READ, READ, REPLACE, REPLACE], GruBackward;
    "gru_backward_split": RecurrenceDims, [READ, READ, READ, READ, REPLACE, REPLACE], GruBackward;
    "gru_forward_portable": RecurrenceDims, [READ, READ, READ, READ, WRITE, WRITE.only_if("save")], GruForward;
    "gru_forward_split": RecurrenceDims, [READ, READ, READ, READ, WRITE, WRITE.only_if("save")], GruForward;
    "gru_step_backward": StepDims, [READ, READ, READ, READ, REPLACE, REPLACE], GruStepBackward;
    "gru_step_forward": StepDims, [READ, READ, READ, READ, WRITE, WRITE.only_if("save")], GruStepForward;
    "last_state": LastStateDims, [READ, WRITE], LastState;
    "layer_norm_backward": LayerNormDims, [READ, READ, READ, READ, WRITE, WRITE], WholeBindings;
    "layer_norm_forward": LayerNormDims, [READ, READ, READ, WRITE, WRITE], WholeBindings;
    "logistic_head": HeadDims, [READ, READ, READ, WRITE, WRITE, WRITE, WRITE], LogisticHead;
    "lstm_backward_portable": RecurrenceDims, [READ, READ, READ, READ, REPLACE, REPLACE], LstmBackward;
    "lstm_backward_split": RecurrenceDims, [READ, READ, READ, READ, REPLACE, REPLACE], LstmBackward;
    "lstm_backward_subgroup": RecurrenceDims, [READ, READ, READ, READ, REPLACE, REPLACE], LstmBackward;
    "lstm_forward_portable": RecurrenceDims, [READ, READ, READ, WRITE, REPLACE, WRITE.only_if("save")], LstmForward;
    "lstm_forward_split": RecurrenceDims, [READ, READ, READ, WRITE, REPLACE, WRITE.only_if("save"), REPLACE.only_if("half")], LstmForward;
    "lstm_forward_subgroup": RecurrenceDims, [READ, READ, READ, WRITE, REPLACE, WRITE.only_if("save"), REPLACE.only_if("half")], LstmForward;
    "lstm_step_backward": StepDims, [READ, READ, READ, READ, REPLACE, REPLACE], LstmStepBackward;
    "lstm_step_forward": StepDims, [READ, READ, READ, WRITE, WRITE, WRITE], LstmStepForward;
    "matmul": MatmulDims, [READ, READ, READ, WRITE], Product;
    "matmul_portable": MatmulDims, [READ, READ, READ, WRITE, WRITE.only_if("sums")], Product;
    "matmul_transposed_a": MatmulDims, [READ, READ, WRITE, WRITE], ProductAndSums;
    "max_pool_backward": PoolDims, [READ, READ, READ, READ, WRITE], WholeBindings;
    "max_pool_forward": PoolDims, [READ, WRITE, WRITE], WholeBindings;
    "mean_weights": TimeWeightsDims, [READ, WRITE], MeanWeights;
    "peak_arithmetic": PeakArithmeticDims, [WRITE], WholeBindings;
    "peak_copy": PeakCopyDims, [READ, WRITE], WholeBindings;
    "rmsprop": RmsPropDims, [READ, REPLACE, REPLACE, REPLACE, REPLACE.only_if("momentum"), READ.only_if("clip")], WholeBindings;
    "segment_sum": SegmentDims, [READ, READ, READ, READ, READ, WRITE], Segments;
    "sgd": SgdDims, [READ, REPLACE, REPLACE, REPLACE.only_if("momentum"), READ.only_if("clip")], WholeBindings;
    "softmax_cross_entropy": SoftmaxLossDims, [READ, READ, READ, WRITE, WRITE, WRITE], SoftmaxLoss;
    "square_sums": SquareSumsDims, [READ, WRITE], WholeBindings;
    "transpose_matrix": TransposeDims, [READ, WRITE], WholeBindings;
    "weighted_sum_backward": PoolDims, [READ, READ, REPLACE.replaced_if("add")], WholeBindings;
    "weighted_sum_forward": PoolDims, [READ, READ, WRITE], WholeBindings;
    "zero_masked": RowsDims, [READ, READ, WRITE], WholeBindings;
};
