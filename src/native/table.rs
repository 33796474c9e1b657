//! Which function computes which kernel.

use super::kernels::*;
use super::work::Work;
use crate::error::Result;

/// A kernel's native form: it computes the whole dispatch, over the threads of its [`Work`].
pub(super) type NativeKernel = fn(Work<'_>) -> Result<()>;

/// By the kernels' names, sorted. Every kernel that can be planned for a native device is here, as a test demands.
const TABLE: &[(&str, NativeKernel)] = &[
    ("binary_cross_entropy", loss::binary),
    ("clip_scale", gradient_norms::clip_scale),
    ("dense_backward_input", dense::backward_input),
    ("dense_backward_parameters", dense::backward_parameters),
    ("dense_forward", dense::forward),
    ("embedding_gather", embedding::gather),
    ("embedding_scatter", embedding::scatter),
    ("end_step", end_step::run),
    ("gru_backward_parameters", gru_parameters::run),
    ("last_state", last_state::run),
    ("softmax_cross_entropy", loss::softmax),
    ("square_sums", gradient_norms::square_sums),
    ("zero_masked", embedding::zero_masked),
];

/// The native form of the kernel of this name.
pub(super) fn native_kernel(name: &str) -> Option<NativeKernel> {
    let row = TABLE.iter().find(|(kernel, _)| *kernel == name);
    row.map(|(_, function)| *function)
}
