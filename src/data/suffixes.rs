//! Every place in a corpus where a subword may begin, sorted by the text that follows.

use std::ops::Range;

use rayon::prelude::*;

use super::tokens::UNDERSCORE;

/// Characters of the longest subword, as in the original.
const LONGEST: usize = 20;
const _: () = assert!(LONGEST * 4 <= u8::MAX as usize, "lengths in bytes are u8");

/// The distinct tokens of a corpus, with what it takes to count their parts quickly.
///
/// A part that occurs often begins many suffixes, which lie side by side once all are sorted. So the parts
/// are the nodes of a tree over the sorted suffixes, and one walk along these visits every node after
/// all that it is a prefix of. After the sort the time is linear in the text, and nothing is hashed or copied.
///
/// # Source
/// Kasai et al., *Linear-Time Longest-Common-Prefix Computation in Suffix Arrays and Its Applications* (CPM
/// 2001), for the walk.
pub(super) struct Suffixes {
    /// The tokens, one after another.
    text: String,
    /// For each token the byte after its last, and how often it occurs.
    tokens: Vec<(usize, u64)>,
    /// For each byte that begins a character, the bytes that a segment has there at least.
    least_steps: Vec<u8>,
    sorted: Vec<Suffix>,
    /// Suffixes that begin with the same character; no subword is in two of these.
    families: Vec<Range<usize>>,
}

/// The text from some character of a token on, as far as a subword may go.
struct Suffix {
    /// Its first byte in the text.
    start: usize,
    /// Its bytes: to the end of the token, a line feed or the [`LONGEST`] characters; 1 or more.
    length: u8,
    /// The bytes of whole characters that it has in common with the suffix before it.
    shared: u8,
}

/// A part of tokens that was chosen as a subword.
#[derive(Debug)]
pub(super) struct Candidate {
    /// The suffixes that begin with it.
    ranks: Range<usize>,
    /// Its bytes.
    length: u8,
    /// How often it begins a segment that no longer candidate begins.
    pub count: u64,
}

impl Suffixes {
    /// Sorts the suffixes of distinct tokens, given with their counts.
    pub fn new<'a>(tokens: impl IntoIterator<Item = (&'a str, u64)>) -> Suffixes {
        let mut text = String::new();
        let mut ends = Vec::new();
        let mut least_steps = Vec::new();
        let mut sorted = Vec::new();
        for (token, count) in tokens {
            for (at, character) in token.char_indices() {
                let rest = &token[at..];
                let within = rest.chars().take(LONGEST).take_while(|&next| next != '\n');
                let length = within.map(char::len_utf8).sum::<usize>() as u8;
                if length > 0 {
                    sorted.push(Suffix {
                        start: text.len() + at,
                        length,
                        shared: 0,
                    });
                }
                let step = if rest.starts_with(UNDERSCORE) {
                    UNDERSCORE.len()
                } else {
                    character.len_utf8()
                };
                least_steps.resize(text.len() + at, 0);
                least_steps.push(step as u8);
            }
            text.push_str(token);
            ends.push((text.len(), count));
        }
        let bytes = |suffix: &Suffix| &text.as_bytes()[suffix.range(suffix.length)];
        sorted.par_sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)));
        for rank in 1..sorted.len() {
            let (before, own) = (bytes(&sorted[rank - 1]), bytes(&sorted[rank]));
            let equal = before.iter().zip(own).take_while(|(a, b)| a == b).count();
            let start = sorted[rank].start;
            let whole = (0..=equal)
                .rev()
                .find(|&length| text.is_char_boundary(start + length));
            sorted[rank].shared = whole.unwrap_or(0) as u8;
        }
        let mut start = 0;
        let families = sorted
            .chunk_by(|_, next| next.shared > 0)
            .map(|family| {
                let ranks = start..start + family.len();
                start = ranks.end;
                ranks
            })
            .collect();
        Suffixes {
            text,
            tokens: ends,
            least_steps,
            sorted,
            families,
        }
    }

    /// Chooses subwords anew: cuts every token into segments, the longest of `present` first, and takes
    /// what begins `least_count` or more segments that nothing longer was taken for.
    ///
    /// Single bytes are left out, for every vocabulary has them. The order is that of the sorted suffixes.
    pub fn choose(&self, present: &[Candidate], least_count: u64) -> Vec<Candidate> {
        let weights = self.segment_counts(&self.steps(present));
        self.families
            .par_iter()
            .flat_map_iter(|family| self.choose_in(family.clone(), &weights, least_count))
            .collect()
    }

    /// The text of a candidate.
    pub fn subword(&self, candidate: &Candidate) -> &str {
        &self.text[self.sorted[candidate.ranks.start].range(candidate.length)]
    }

    /// For each byte that begins a character, the bytes of a segment that begins there.
    fn steps(&self, present: &[Candidate]) -> Vec<u8> {
        let mut steps = self.least_steps.clone();
        for candidate in present {
            for suffix in &self.sorted[candidate.ranks.clone()] {
                let step = &mut steps[suffix.start];
                *step = candidate.length.max(*step);
            }
        }
        steps
    }

    /// For each byte, how often a segment of the corpus begins there.
    fn segment_counts(&self, steps: &[u8]) -> Vec<u64> {
        let mut counts = vec![0; self.text.len()];
        let mut at = 0;
        for &(end, count) in &self.tokens {
            while at < end {
                counts[at] = count;
                at += usize::from(steps[at]);
            }
        }
        counts
    }

    /// Walks along the suffixes of one family, holding the nodes that the present suffix is below of.
    ///
    /// Of a chain of nodes without branches only the longest is looked at: all have the same suffixes, so
    /// nothing is left for the others once it was taken, and they fall short where it does.
    fn choose_in(&self, family: Range<usize>, weights: &[u64], least_count: u64) -> Vec<Candidate> {
        /// A text that suffixes from `first` on begin with.
        struct Node {
            first: usize,
            length: u8,
            count: u64,
            /// The part of the count that went to longer subwords.
            taken: u64,
        }
        let mut chosen = Vec::new();
        let mut open: Vec<Node> = Vec::new();
        for rank in family.start..=family.end {
            let suffix = self.sorted[..family.end].get(rank);
            let shared = match suffix {
                Some(suffix) if rank > family.start => suffix.shared,
                _ => 0,
            };
            while let Some(mut node) = open.pop_if(|node| node.length > shared) {
                let count = node.count - node.taken;
                if count >= least_count && node.length > 1 {
                    node.taken += count;
                    chosen.push(Candidate {
                        ranks: node.first..rank,
                        length: node.length,
                        count,
                    });
                }
                match open.last_mut() {
                    Some(parent) if parent.length >= shared => {
                        parent.count += node.count;
                        parent.taken += node.taken;
                    }
                    // What the suffix shares ends within the chain above the node: a new branch.
                    _ if shared > 0 => open.push(Node {
                        length: shared,
                        ..node
                    }),
                    _ => {}
                }
            }
            let Some(suffix) = suffix else { break };
            let weight = weights[suffix.start];
            match open.last_mut() {
                Some(node) if node.length == suffix.length => node.count += weight,
                _ => open.push(Node {
                    first: rank,
                    length: suffix.length,
                    count: weight,
                    taken: 0,
                }),
            }
        }
        chosen
    }
}

impl Suffix {
    /// Where its first `length` bytes are in the text.
    fn range(&self, length: u8) -> Range<usize> {
        self.start..self.start + usize::from(length)
    }
}
