//! The uniforms of the kernels, field for field as their `struct Dims` in WGSL.
//!
//! Only `u32` and `f32` fields, and arrays of four `u32` at multiples of 16 bytes; a multiple of 16 bytes in all: then `repr(C)` and WGSL's uniform layout agree.
//! A test compares names and offsets with what naga reads from each kernel.

#![allow(missing_docs)] // the fields are documented in the kernels' files

use bytemuck::{Pod, Zeroable};

/// Split products whose parts one dispatch of add_splits adds at most.
pub(super) const MOST_SPLIT_PRODUCTS: usize = 3;

macro_rules! dims {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
            pub struct $name { $(pub $field: $kind),* }

            impl $name {
                /// Field names with their offsets in bytes.
                pub const LAYOUT: &'static [(&'static str, usize)] =
                    &[$((stringify!($field), std::mem::offset_of!($name, $field))),*];
            }
        )*
    };
}

dims! {
    /// Of the persistent recurrences.
    RecurrenceDims { length: u32, batch: u32, first: u32, count: u32 }

    /// Of last_state.
    LastStateDims { length: u32, batch: u32, units: u32, directions: u32 }

    /// Of gru_backward_parameters.
    GruParametersDims { units: u32, directions: u32, inputs: u32, pad0: u32 }

    /// Of the step-per-dispatch recurrences.
    StepDims {
        length: u32, batch: u32, units: u32, directions: u32,
        step: u32, gathered: u32, masked: u32, sequences: u32,
    }

    /// Of the matrix products.
    MatmulDims {
        m: u32, n: u32, k: u32, terms: u32,
        a_offset: u32, a_row: u32, a_column: u32, a_batch: u32,
        a_term: u32, b_offset: u32, b_row: u32, b_column: u32,
        b_batch: u32, b_term: u32, c_offset: u32, c_row: u32,
        c_batch: u32, has_bias: u32, chunk: u32, splits: u32,
        c_split: u32, sums_split: u32, pad0: u32, pad1: u32,
    }

    /// Of the kernels that go through rows: gather, scatter, zero_masked, the scores of attention.
    RowsDims { rows: u32, width: u32, pad0: u32, pad1: u32 }

    /// Of segment_sum.
    SegmentDims { runs: u32, width: u32, of_x: u32, pad0: u32 }

    /// Of column_sums.
    ColumnSumsDims { rows: u32, width: u32, chunk: u32, chunks: u32 }

    /// Of add_splits. A product is its first part's place, its parts, the numbers of one, and the place of the sum.
    AddSplitsDims { products: [[u32; 4]; MOST_SPLIT_PRODUCTS], count: u32, pad0: u32, pad1: u32, pad2: u32 }

    /// Of transpose_matrix.
    TransposeDims { rows: u32, columns: u32, count: u32, pad0: u32 }

    /// Of the dense kernels.
    DenseDims { rows: u32, inputs: u32, outputs: u32, activation: u32 }

    /// Of dropout.
    DropoutDims {
        count: u32, seed_low: u32, seed_high: u32, step_low: u32,
        step_high: u32, layer: u32, rate: f32, scale: f32,
    }

    /// Of max_pool_*, weighted_sum_* and attention_weights_backward.
    PoolDims { length: u32, batch: u32, width: u32, pad0: u32 }

    /// Of the kernels that make weights of timesteps: mean_weights, attention_weights_forward.
    TimeWeightsDims { length: u32, batch: u32, masked: u32, pad0: u32 }

    /// Of layer_norm_*.
    LayerNormDims { rows: u32, width: u32, features: f32, epsilon: f32 }

    /// Of binary_cross_entropy.
    LossDims { batch: u32, record: u32, pad0: u32, pad1: u32 }

    /// Of logistic_head.
    HeadDims {
        rows: u32, inputs: u32, record: u32, bias: u32,
        weights: u32, pad0: u32, pad1: u32, pad2: u32,
    }

    /// Of softmax_cross_entropy.
    SoftmaxLossDims { batch: u32, classes: u32, record: u32, pad0: u32 }

    /// Of adam.
    AdamDims {
        count: u32, alpha: f32, one_minus_beta1: f32, one_minus_beta2: f32,
        epsilon: f32, decay: f32, pad0: u32, pad1: u32,
    }

    /// Of rmsprop.
    RmsPropDims {
        count: u32, rate: f32, one_minus_rho: f32, epsilon: f32,
        momentum: f32, decay: f32, pad0: u32, pad1: u32,
    }

    /// Of sgd.
    SgdDims { count: u32, rate: f32, momentum: f32, decay: f32 }

    /// Of square_sums.
    SquareSumsDims { count: u32, sums: u32, pad0: u32, pad1: u32 }

    /// Of clip_scale.
    ClipScaleDims { sums: u32, bound: f32, record: u32, pad0: u32 }

    /// Of peak_arithmetic.
    PeakArithmeticDims { rounds: u32, factor: f32, term: f32, pad0: u32 }

    /// Of peak_copy.
    PeakCopyDims { count: u32, pad0: u32, pad1: u32, pad2: u32 }

    /// Of end_step.
    EndDims { record: u32, marker: u32, pad0: u32, pad1: u32 }
}
