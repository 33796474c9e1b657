//! Philox 4×32-10: random numbers that are a function of (seed, stream, position) and of nothing else.
//!
//! A counter-based generator has no hidden state, so a value can be drawn again, out of order, on
//! another thread or in a kernel, and a resumed run draws what an uninterrupted one would have.
//! `shaders/common/philox.wgsl` computes the same words.

/// The 10-round Philox block function: four random words from a counter and a key.
///
/// # Source
/// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
///
/// # Examples
/// ```
/// // The first known answer of the authors' library.
/// let words = gatefold::random::philox4x32([0; 4], [0; 2]);
/// assert_eq!(words, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    const ROUNDS: usize = 10;
    const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
    const KEY_STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        let (high0, low0) = halves(u64::from(MULTIPLIERS[0]) * u64::from(c0));
        let (high1, low1) = halves(u64::from(MULTIPLIERS[1]) * u64::from(c2));
        (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0);
        k0 = k0.wrapping_add(KEY_STEPS[0]);
        k1 = k1.wrapping_add(KEY_STEPS[1]);
    }
    [c0, c1, c2, c3]
}

/// The high and the low word of `wide`.
fn halves(wide: u64) -> (u32, u32) {
    ((wide >> 32) as u32, wide as u32)
}

/// Who draws: every use of random numbers has its own stream, so that none shifts another's.
///
/// This is the only place that numbers streams. The purpose, from 1, stands in the top byte of the
/// counter's last word. There, dropout masks have their layer's index (counter
/// `[element / 4, step low, step high, layer]`, see [`crate::reference::dropout`]), so that they
/// share no counter with a stream as long as a model has fewer than 2²⁴ layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Initial values of one parameter.
    Initialiser {
        /// Its index in [`crate::model::Model::parameters`].
        parameter: u32,
    },
    /// Order of the training reviews in one epoch.
    Shuffle {
        /// The epoch, counted from 1.
        epoch: u32,
    },
    /// Order of the batches of similar length in one epoch.
    Buckets {
        /// The epoch, counted from 1.
        epoch: u32,
    },
    /// Order of the test reviews in the validation after one epoch.
    Validation {
        /// The epoch, counted from 1.
        epoch: u32,
    },
    /// Combinations of a sweep that are drawn.
    Sweep,
    /// One part of a generated corpus.
    Corpus {
        /// Number of the part, as the generator counts.
        part: u32,
    },
}

impl Stream {
    /// The stream's number, for [`Philox::new`].
    pub fn id(self) -> u64 {
        let (purpose, index) = match self {
            Stream::Initialiser { parameter } => (1, u64::from(parameter)),
            Stream::Shuffle { epoch } => (2, u64::from(epoch)),
            Stream::Buckets { epoch } => (3, u64::from(epoch)),
            Stream::Corpus { part } => (4, u64::from(part)),
            Stream::Validation { epoch } => (5, u64::from(epoch)),
            Stream::Sweep => (6, 0),
        };
        (purpose << 56) | index
    }
}

/// The words of one stream, one after the other.
///
/// Its whole state is (seed, stream, [`position`](Philox::position)): block `n` of the stream is
/// [`philox4x32`] of the counter `[n low, n high, stream low, stream high]` with the seed's low and
/// high word as key.
///
/// # Examples
/// ```
/// use gatefold::random::{Philox, Stream};
///
/// let mut random = Philox::new(7, Stream::Shuffle { epoch: 1 }.id());
/// random.below(10);
/// let position = random.position();
/// let next = random.next_u32();
/// random.seek(position);
/// assert_eq!(random.next_u32(), next);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Philox {
    key: [u32; 2],
    stream: [u32; 2],
    /// Words drawn so far.
    position: u64,
    /// The block that holds the word at `position`, valid unless that is the block's first.
    block: [u32; 4],
}

impl Philox {
    /// The stream number `stream` of `seed`, from its beginning.
    pub fn new(seed: u64, stream: u64) -> Self {
        let (seed_high, seed_low) = halves(seed);
        let (stream_high, stream_low) = halves(stream);
        Philox {
            key: [seed_low, seed_high],
            stream: [stream_low, stream_high],
            position: 0,
            block: [0; 4],
        }
    }

    /// Number of words drawn so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes to `position`, as [`position`](Philox::position) gave it.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
        self.block = self.block_at_position();
    }

    fn block_at_position(&self) -> [u32; 4] {
        let (high, low) = halves(self.position / 4);
        philox4x32([low, high, self.stream[0], self.stream[1]], self.key)
    }

    /// The next word.
    pub fn next_u32(&mut self) -> u32 {
        let lane = (self.position % 4) as usize;
        if lane == 0 {
            self.block = self.block_at_position();
        }
        self.position += 1;
        self.block[lane]
    }

    /// A number in `0..n`, each equally likely; 0 where `n` is 0.
    ///
    /// # Source
    /// Lemire, "Fast random integer generation in an interval" (2019).
    pub fn below(&mut self, n: u32) -> u32 {
        loop {
            let (value, fraction) = halves(u64::from(self.next_u32()) * u64::from(n));
            // 2³² mod n of the fractions would make some values likelier: draw again on those.
            if fraction >= n || fraction >= n.wrapping_neg() % n {
                return value;
            }
        }
    }

    /// A number in [0, 1): a multiple of 2⁻²⁴, from the top 24 bits of one word.
    pub fn unit_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// A number in [0, 1): a multiple of 2⁻⁵³, from two words.
    pub fn unit_f64(&mut self) -> f64 {
        let high = u64::from(self.next_u32());
        let low = u64::from(self.next_u32());
        (((high << 32) | low) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A number of the standard normal distribution, from four words.
    ///
    /// # Source
    /// Box and Muller (1958). The second number of each pair is not kept, so that the position
    /// remains the whole state.
    pub fn normal(&mut self) -> f64 {
        let open_at_zero = 1.0 - self.unit_f64();
        let angle = std::f64::consts::TAU * self.unit_f64();
        (-2.0 * open_at_zero.ln()).sqrt() * angle.cos()
    }
}
