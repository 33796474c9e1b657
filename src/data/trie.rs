//! The longest of many byte strings that a text begins with.

use std::ops::Range;

const NONE: u32 = u32::MAX;

/// A prefix tree over bytes, with a value at the end of each key.
///
/// Nodes are numbered breadth first, so the children of one lie side by side, in the order of their bytes.
#[derive(Debug, Clone)]
pub(super) struct Trie {
    /// The first child of each node; the children of node n end where those of n + 1 begin.
    children: Vec<u32>,
    /// The byte that leads to each node; the root's is not used.
    byte: Vec<u8>,
    /// The value of the key that ends at each node, or [`NONE`].
    value: Vec<u32>,
    /// The root's child by byte, or [`NONE`]: every search begins there.
    root: [u32; 256],
}

impl Trie {
    /// Builds the tree; of equal keys the last one given counts, and empty keys are left out.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a [u8], u32)>) -> Trie {
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter(|(key, _)| !key.is_empty())
            .collect();
        entries.sort_by_key(|&(key, _)| key);
        let mut trie = Trie {
            children: Vec::new(),
            byte: vec![0],
            value: vec![NONE],
            root: [NONE; 256],
        };
        // The entries below each node that was numbered, and how long the node's prefix is.
        let mut below: Vec<(Range<usize>, usize)> = vec![(0..entries.len(), 0)];
        let mut node = 0;
        while node < below.len() {
            let (Range { mut start, end }, depth) = below[node].clone();
            trie.children.push(trie.byte.len() as u32);
            while start < end && entries[start].0.len() == depth {
                trie.value[node] = entries[start].1;
                start += 1;
            }
            while start < end {
                let byte = entries[start].0[depth];
                let same = entries[start..end].partition_point(|(key, _)| key[depth] == byte);
                trie.byte.push(byte);
                trie.value.push(NONE);
                below.push((start..start + same, depth + 1));
                start += same;
            }
            node += 1;
        }
        trie.children.push(trie.byte.len() as u32);
        for child in trie.children[0]..trie.children[1] {
            trie.root[usize::from(trie.byte[child as usize])] = child;
        }
        trie
    }

    /// The longest key that `text` begins with: its length in bytes and its value.
    pub fn longest(&self, text: &[u8]) -> Option<(usize, u32)> {
        let mut found = None;
        let mut node = self.root[usize::from(*text.first()?)];
        let mut length = 1;
        while node != NONE {
            let at = node as usize;
            if self.value[at] != NONE {
                found = Some((length, self.value[at]));
            }
            let Some(next) = text.get(length) else { break };
            let first = self.children[at] as usize;
            let bytes = &self.byte[first..self.children[at + 1] as usize];
            let Ok(child) = bytes.binary_search(next) else {
                break;
            };
            node = (first + child) as u32;
            length += 1;
        }
        found
    }

    /// Whether some key begins with `byte`.
    pub fn starts_with(&self, byte: u8) -> bool {
        self.root[usize::from(byte)] != NONE
    }
}
