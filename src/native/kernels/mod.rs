//! The kernels, one a file as in `shaders/`; a file may hold the forward and the backward one, and all forms.

pub(super) mod end_step;
