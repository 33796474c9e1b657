//! [`Buffer`]: numbers that start as zeros and stay where they are.

use memmap2::MmapMut;

use crate::error::{DeviceFault, Error, Result};

/// Bytes of the large pages that systems have: rows gathered at random would miss the TLB otherwise.
const PAGE: usize = 2 << 20;

/// Numbers in memory of their own. Empty ones have none.
#[derive(Default)]
pub(super) struct Buffer {
    map: Option<MmapMut>,
    numbers: usize,
}

impl Buffer {
    /// So many zeros. The system gives memory as it is first written.
    ///
    /// # Errors
    /// [`Error::Device`] where the system gives no more.
    pub(super) fn zeros(name: &str, numbers: usize) -> Result<Buffer> {
        let none = |problem: String| {
            Error::device(
                DeviceFault::OutOfMemory,
                format!(
                    "no memory for buffer {name} of {} MiB ({problem})",
                    (4 * numbers).div_ceil(1 << 20)
                ),
            )
        };
        let mut bytes = 4 * numbers;
        if bytes >= PAGE {
            bytes = bytes.next_multiple_of(PAGE);
        }
        let map = MmapMut::map_anon(bytes).map_err(|error| none(error.to_string()))?;
        #[cfg(target_os = "linux")]
        if bytes >= PAGE {
            // It is advice: without it all works as well.
            let _ = map.advise(memmap2::Advice::HugePage);
        }
        Ok(Buffer {
            map: Some(map),
            numbers,
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.numbers
    }

    pub(super) fn numbers(&self) -> &[f32] {
        match &self.map {
            Some(map) => &bytemuck::cast_slice(map)[..self.numbers],
            None => &[],
        }
    }

    pub(super) fn numbers_mut(&mut self) -> &mut [f32] {
        match &mut self.map {
            Some(map) => &mut bytemuck::cast_slice_mut(map)[..self.numbers],
            None => &mut [],
        }
    }
}
