//! Rows shared out among threads.

/// Rows that a thread takes at once.
pub(super) const PART: usize = 256;

/// The first `rows` rows of y, cut into parts of at most [`PART`] rows.
pub(super) fn row_parts(
    y: &mut [f32],
    rows: usize,
    width: usize,
) -> impl Iterator<Item = &mut [f32]> {
    y[..rows * width].chunks_mut(PART * width)
}
