//! The ids of a whole data set, in a mapped file.

use memmap2::Mmap;

/// The ids of a whole data set, in a mapped file.
pub(in crate::data) struct TokenFile {
    pub(super) map: Mmap,
    /// Where the ids begin: a multiple of 4.
    pub(super) start: usize,
}

impl TokenFile {
    /// The ids of all reviews, one review after the other.
    pub(in crate::data) fn tokens(&self) -> &[u32] {
        // Aligned, as a mapping begins at a page.
        bytemuck::cast_slice(&self.map[self.start..])
    }
}
