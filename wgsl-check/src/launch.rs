//! [`Launch`]: a dispatch of a shader, with the memory that it runs on.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a dispatch gives a shader.
///
/// ```
/// use wgsl_check::{Buffer, Launch};
///
/// let launch = Launch::new([4, 1, 1])
///     .entry("main")
///     .subgroup_size(32)
///     .constant("ROWS", 16.0)
///     .bind(0, 0, Buffer::f32(&[1.0, 2.0]))
///     .bind(0, 1, Buffer::zeros(8));
/// assert_eq!(launch.groups, [4, 1, 1]);
/// ```
#[derive(Debug, Clone)]
pub struct Launch {
    /// The entry point; `None` stands for the only one.
    pub entry: Option<String>,
    /// Workgroups along each axis.
    pub groups: [u32; 3],
    /// Lanes of a subgroup: a power of two up to 128.
    pub subgroup_size: u32,
    /// Values of `override`s, by name or by the number of `@id`.
    pub constants: BTreeMap<String, f64>,
    /// The memory.
    pub buffers: Vec<Buffer>,
    /// What is bound, by group and binding.
    pub bindings: BTreeMap<(u32, u32), Slice>,
    /// Steps that the launch may take: statements and expressions, each counted once for every 64 invocations of a
    /// workgroup.
    pub steps: u64,
}

/// A part of a buffer. Slices of one buffer share its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Which of [`Launch::buffers`].
    pub buffer: usize,
    /// First byte, a multiple of 4.
    pub offset: usize,
    /// Bytes, a multiple of 4.
    pub bytes: usize,
}

/// Memory and what it holds before the launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    pub(crate) content: Content,
    pub(crate) words: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// These words, then zeros.
    Words(Arc<Vec<u32>>),
    /// Something that is not known.
    Unknown,
    /// Nobody wrote it.
    Unwritten,
}

impl Buffer {
    fn words(words: Vec<u32>) -> Buffer {
        Buffer {
            words: words.len(),
            content: Content::Words(Arc::new(words)),
        }
    }

    /// Numbers of type `f32`.
    pub fn f32(numbers: &[f32]) -> Buffer {
        Buffer::words(numbers.iter().map(|number| number.to_bits()).collect())
    }

    /// Numbers of type `u32`.
    pub fn u32(numbers: &[u32]) -> Buffer {
        Buffer::words(numbers.to_vec())
    }

    /// Numbers of type `i32`.
    pub fn i32(numbers: &[i32]) -> Buffer {
        Buffer::words(numbers.iter().map(|&number| number as u32).collect())
    }

    /// Bytes as a host writes them, filled up to a multiple of 4 with zeros.
    pub fn bytes(bytes: &[u8]) -> Buffer {
        let word = |chunk: &[u8]| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_le_bytes(word)
        };
        Buffer::words(bytes.chunks(4).map(word).collect())
    }

    /// Words that several launches share.
    pub fn shared(words: Arc<Vec<u32>>) -> Buffer {
        Buffer {
            words: words.len(),
            content: Content::Words(words),
        }
    }

    /// So many bytes of zeros.
    pub fn zeros(bytes: usize) -> Buffer {
        Buffer {
            content: Content::Words(Arc::default()),
            words: bytes.div_ceil(4),
        }
    }

    /// So many bytes that hold something, which the launch does not say: what is computed from it is not known either,
    /// and an index that depends on it is a finding.
    pub fn unknown(bytes: usize) -> Buffer {
        Buffer {
            content: Content::Unknown,
            words: bytes.div_ceil(4),
        }
    }

    /// So many bytes that nobody wrote: to read them before they are written is a finding.
    pub fn unwritten(bytes: usize) -> Buffer {
        Buffer {
            content: Content::Unwritten,
            words: bytes.div_ceil(4),
        }
    }

    /// The same with so many bytes: what is missing is zeros, what is too much falls away.
    pub fn with_len(self, bytes: usize) -> Buffer {
        Buffer {
            words: bytes.div_ceil(4),
            ..self
        }
    }

    /// The words that it holds before the launch; none where they are not known.
    pub fn known_words(&self) -> Option<Vec<u32>> {
        match &self.content {
            Content::Words(words) => {
                let mut words = words.to_vec();
                words.resize(self.words, 0);
                Some(words)
            }
            Content::Unknown | Content::Unwritten => None,
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        4 * self.words
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.words == 0
    }
}

impl Launch {
    /// Steps that a launch may take unless it says otherwise.
    pub const STEPS: u64 = 20_000_000;

    /// A launch of so many workgroups, with subgroups of 32 lanes and nothing bound.
    pub fn new(groups: [u32; 3]) -> Launch {
        Launch {
            entry: None,
            groups,
            subgroup_size: 32,
            constants: BTreeMap::new(),
            buffers: Vec::new(),
            bindings: BTreeMap::new(),
            steps: Launch::STEPS,
        }
    }

    /// Names the entry point.
    pub fn entry(mut self, name: &str) -> Launch {
        self.entry = Some(name.to_owned());
        self
    }

    /// Sets the lanes of a subgroup.
    pub fn subgroup_size(mut self, lanes: u32) -> Launch {
        self.subgroup_size = lanes;
        self
    }

    /// Gives an `override` its value, by name or by the number of its `@id`.
    pub fn constant(mut self, name: &str, value: f64) -> Launch {
        self.constants.insert(name.to_owned(), value);
        self
    }

    /// Binds a whole buffer.
    pub fn bind(mut self, group: u32, binding: u32, buffer: Buffer) -> Launch {
        let bytes = buffer.len();
        self.buffers.push(buffer);
        let slice = Slice {
            buffer: self.buffers.len() - 1,
            offset: 0,
            bytes,
        };
        self.bind_slice(group, binding, slice)
    }

    /// Binds a part of one of [`Launch::buffers`].
    pub fn bind_slice(mut self, group: u32, binding: u32, slice: Slice) -> Launch {
        self.bindings.insert((group, binding), slice);
        self
    }

    /// Sets how many steps the launch may take.
    pub fn steps(mut self, steps: u64) -> Launch {
        self.steps = steps;
        self
    }
}
