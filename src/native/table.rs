//! Which function computes which kernel.

use super::kernels::*;
use super::work::Work;
use crate::error::Result;

/// A kernel's native form: it computes the whole dispatch, over the threads of its [`Work`].
pub(super) type NativeKernel = fn(Work<'_>) -> Result<()>;

/// By the kernels' names, sorted. Every kernel that can be planned for a native device is here, as a test demands.
const TABLE: &[(&str, NativeKernel)] = &[
    ("end_step", end_step::run),
];

/// The native form of the kernel of this name.
pub(super) fn native_kernel(name: &str) -> Option<NativeKernel> {
    let row = TABLE.iter().find(|(kernel, _)| *kernel == name);
    row.map(|(_, function)| *function)
}
