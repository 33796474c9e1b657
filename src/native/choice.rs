//! [`NativeChoice`]: how much of the processor to take.

use std::fmt;

use fearless_simd::{Fallback, Level};

use crate::error::{Error, Result};

/// How much of the processor to take. Results are the same bytes whatever is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NativeChoice {
    /// Threads that compute; as many as the process may use at once if none is given.
    pub threads: Option<u16>,
    /// The instructions to take; the widest that the processor has if none are given.
    pub vectors: Option<Vectors>,
}

/// Instructions on vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vectors {
    /// 16 numbers, on x86 from Ice Lake and Zen 4 on.
    Avx512,
    /// 8 numbers and fused multiplication and addition, on x86 from Haswell and Zen on.
    Avx2,
    /// 4 numbers, on 64-bit ARM.
    Neon,
    /// A number at a time, on every processor: slow.
    Plain,
}

impl fmt::Display for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vectors::Avx512 => "AVX-512",
            Vectors::Avx2 => "AVX2",
            Vectors::Neon => "NEON",
            Vectors::Plain => "no vectors",
        })
    }
}

impl Vectors {
    /// Numbers in a vector.
    pub fn lanes(self) -> usize {
        match self {
            Vectors::Avx512 => 16,
            Vectors::Avx2 => 8,
            Vectors::Neon => 4,
            Vectors::Plain => 1,
        }
    }

    /// The widest of this processor.
    pub fn widest() -> Vectors {
        let all = [Vectors::Avx512, Vectors::Avx2, Vectors::Neon];
        let mut there = all.into_iter().filter(|vectors| vectors.level().is_some());
        there.next().unwrap_or(Vectors::Plain)
    }

    /// The level of these instructions; none where the processor has not got them.
    fn level(self) -> Option<Level> {
        let best = Level::new();
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Vectors::Avx512 => best.as_avx512().map(Level::Avx512),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Vectors::Avx2 => best.as_avx2().map(Level::Avx2),
            #[cfg(target_arch = "aarch64")]
            Vectors::Neon => best.as_neon().map(Level::Neon),
            Vectors::Plain => Some(Level::Fallback(Fallback::new())),
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }
}

impl NativeChoice {
    /// How many threads that is.
    ///
    /// # Errors
    /// [`Error::Argument`] for none.
    pub(super) fn threads(self) -> Result<usize> {
        match self.threads {
            Some(0) => Err(Error::argument(
                "threads",
                "0: at least one thread has to compute; leave it out to use all",
            )),
            Some(threads) => Ok(threads.into()),
            None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }

    /// The level of the vectors, and what they are.
    ///
    /// # Errors
    /// [`Error::Adapter`] where the processor has not got them.
    pub(super) fn level(self) -> Result<(Level, Vectors)> {
        let vectors = self.vectors.unwrap_or_else(Vectors::widest);
        let level = vectors.level().ok_or_else(|| {
            Error::Adapter(format!(
                "this processor has no {vectors}; leave `vectors` out for the widest that it has, {}",
                Vectors::widest()
            ))
        })?;
        Ok((level, vectors))
    }
}
