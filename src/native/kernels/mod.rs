//! The kernels, one a file as in `shaders/`; a file may hold the forward and the backward one, and all forms.

mod activation;
pub(super) mod dense;
pub(super) mod embedding;
pub(super) mod end_step;
pub(super) mod gradient_norms;
pub(super) mod gru_parameters;
pub(super) mod last_state;
pub(super) mod loss;
mod rows;
