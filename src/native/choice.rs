//! [`NativeChoice`]: how much of the processor to take.

use std::fmt;

use fearless_simd::Level;

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
    /// 4 numbers, on every x86; without fused multiplication and addition, so the slowest.
    Sse,
    /// 4 numbers, on 64-bit ARM.
    Neon,
}

impl fmt::Display for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Vectors::Avx512 => "AVX-512",
            Vectors::Avx2 => "AVX2",
            Vectors::Sse => "SSE",
            Vectors::Neon => "NEON",
        })
    }
}

impl Vectors {
    /// Numbers in a vector.
    pub fn lanes(self) -> usize {
        match self {
            Vectors::Avx512 => 16,
            Vectors::Avx2 => 8,
            Vectors::Sse | Vectors::Neon => 4,
        }
    }

    /// The widest of this processor; `None` where none of these are known.
    pub fn widest() -> Option<Vectors> {
        let all = [Vectors::Avx512, Vectors::Avx2, Vectors::Sse, Vectors::Neon];
        all.into_iter().find(|vectors| vectors.level().is_some())
    }

    /// The level of these instructions; none where the processor has not got them.
    fn level(self) -> Option<Level> {
        let best = Level::new();
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Vectors::Avx512 => best.as_avx512().map(Level::Avx512),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Vectors::Avx2 => best.as_avx2().map(Level::Avx2),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Vectors::Sse => best.as_sse2().map(Level::Sse2),
            #[cfg(target_arch = "aarch64")]
            Vectors::Neon => best.as_neon().map(Level::Neon),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = best;
                None
            }
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
    pub(super) fn level(self) -> Result<(Level, Option<Vectors>)> {
        let Some(vectors) = self.vectors.or(Vectors::widest()) else {
            return Ok((Level::new(), None));
        };
        match vectors.level() {
            Some(level) => Ok((level, Some(vectors))),
            None => Err(Error::Adapter(format!(
                "this processor has no {vectors}; leave `vectors` out to use the widest that it has{}",
                Vectors::widest().map_or(String::new(), |widest| format!(", {widest}"))
            ))),
        }
    }
}
