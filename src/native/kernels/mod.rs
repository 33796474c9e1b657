//! The kernels, one a file as in `shaders/`; a file may hold the forward and the backward one, and all forms.

mod activation;
pub(super) mod adam;
pub(super) mod attention;
pub(super) mod column_sums;
pub(super) mod dense;
pub(super) mod dropout;
pub(super) mod embedding;
pub(super) mod end_step;
pub(super) mod gradient_norms;
pub(super) mod gru_backward;
pub(super) mod gru_forward;
pub(super) mod gru_parameters;
mod lanes;
pub(super) mod last_state;
pub(super) mod layer_norm;
pub(super) mod logistic_head;
pub(super) mod loss;
pub(super) mod lstm_backward;
pub(super) mod lstm_forward;
pub(super) mod matmul;
mod optimiser;
pub(super) mod pooling;
mod recurrence;
pub(super) mod rmsprop;
mod rows;
pub(super) mod segment_sum;
pub(super) mod sgd;
