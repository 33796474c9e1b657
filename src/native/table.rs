//! Which function computes which kernel.

use super::kernels::*;
use super::work::Work;
use crate::error::Result;

/// A kernel's native form: it computes the whole dispatch, over the threads of its [`Work`].
pub(super) type NativeKernel = fn(Work<'_>) -> Result<()>;

/// By the kernels' names, sorted. Every kernel that can be planned for a native device is here, as a test demands.
const TABLE: &[(&str, NativeKernel)] = &[
    ("adam", adam::run),
    ("add_splits", column_sums::add_splits),
    ("attention_scores_backward", attention::scores_backward),
    ("attention_scores_forward", attention::scores_forward),
    ("attention_weights_backward", attention::weights_backward),
    ("attention_weights_forward", attention::weights_forward),
    ("binary_cross_entropy", loss::binary),
    ("clip_scale", gradient_norms::clip_scale),
    ("column_sums", column_sums::run),
    ("dense_backward", dense::backward),
    ("dense_forward", dense::forward),
    ("dropout", dropout::run),
    ("embedding_gather", embedding::gather),
    ("embedding_scatter", embedding::scatter),
    ("end_step", end_step::run),
    ("gru_backward_parameters", gru_parameters::run),
    ("gru_backward_portable", gru_backward::run),
    ("gru_forward_portable", gru_forward::run),
    ("last_state", last_state::run),
    ("layer_norm_backward", layer_norm::backward),
    ("layer_norm_forward", layer_norm::forward),
    ("logistic_head", logistic_head::run),
    ("lstm_backward_portable", lstm_backward::run),
    ("lstm_forward_portable", lstm_forward::run),
    ("matmul_portable", matmul::run),
    ("matmul_transposed_a", matmul::run_with_sums),
    ("max_pool_backward", pooling::max_backward),
    ("max_pool_forward", pooling::max_forward),
    ("mean_weights", pooling::mean_weights),
    ("rmsprop", rmsprop::run),
    ("segment_sum", segment_sum::run),
    ("sgd", sgd::run),
    ("softmax_cross_entropy", loss::softmax),
    ("square_sums", gradient_norms::square_sums),
    ("weighted_sum_backward", pooling::weighted_sum_backward),
    ("weighted_sum_forward", pooling::weighted_sum_forward),
    ("zero_masked", embedding::zero_masked),
];

/// The native form of the kernel of this name.
pub(super) fn native_kernel(name: &str) -> Option<NativeKernel> {
    let row = TABLE.iter().find(|(kernel, _)| *kernel == name);
    row.map(|(_, function)| *function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::KERNELS;

    /// What plans for a native device never have: forms that adapters have beside the portable one, and measuring.
    fn is_of_adapters(name: &str) -> bool {
        let forms = ["matmul", "transpose_matrix"];
        name.ends_with("_split")
            || name.ends_with("_subgroup")
            || name.contains("_step_")
            || name.starts_with("peak_")
            || forms.contains(&name)
    }

    /// The index in `shaders/` names the file of each, and of no other.
    #[test]
    fn the_index_says_where_each_is() {
        let index = include_str!("../../shaders/README.md");
        let sources = include_str!("table.rs");
        for kernel in KERNELS {
            let row = format!("| [`{0}`]({0}.wgsl) |", kernel.name);
            let row = index.lines().find(|line| line.starts_with(&row));
            let cell = row
                .and_then(|row| row.split(" | ").nth(3))
                .unwrap_or("no row");
            let here = format!("(\"{}\", ", kernel.name);
            let expected = match sources.split_once(&here) {
                Some((_, rest)) => format!("`{}.rs`", rest.split(':').next().unwrap_or_default()),
                None => "–".to_owned(),
            };
            assert_eq!(cell, expected, "{}", kernel.name);
        }
    }

    #[test]
    fn every_kernel_that_can_be_planned_is_here_and_no_other() {
        let planned = KERNELS.iter().map(|kernel| kernel.name);
        let planned: Vec<&str> = planned.filter(|name| !is_of_adapters(name)).collect();
        let here: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
        assert_eq!(here, planned);
    }
}
