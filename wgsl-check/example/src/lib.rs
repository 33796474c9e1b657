//! A crate with a compute shader.

/// Sums each row of a matrix, a workgroup a row.
pub const ROW_SUMS: &str = include_str!("../shaders/row_sums.wgsl");
