//! A [`ShardTree`] as bytes, without the rows of the embedding that its batch does not touch.

use bytemuck::{Pod, Zeroable};

use super::shard_sum::{Node, ShardSum, ShardTree};
use crate::batch::Batch;
use crate::error::{Error, Result};

/// Which gradients of a batch may be other numbers than 0, and so have to travel.
pub(super) struct Touched<'a> {
    /// Rows of the embedding.
    rows: &'a [u32],
    /// Numbers in a row.
    width: usize,
    /// Numbers of the embedding, the gap behind it included.
    embedding: usize,
    /// All gradients.
    length: usize,
}

/// What stands before a node's gradients.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Head {
    level: u64,
    index: u64,
    /// 0 of a node without a sum, which no gradients follow.
    rows: u64,
    right: u64,
    loss: f64,
}

impl<'a> Touched<'a> {
    /// Those of a batch, where `length` gradients begin with `embedding` of the embedding, a row of `width` for each id.
    pub(super) fn of(
        batch: &'a Batch,
        width: usize,
        embedding: usize,
        length: usize,
    ) -> Touched<'a> {
        Touched {
            rows: &batch.tokens.unique,
            width,
            embedding,
            length,
        }
    }

    fn range(&self, row: u32) -> std::ops::Range<usize> {
        let first = row as usize * self.width;
        first..first + self.width
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.rows.len() * self.width + self.length - self.embedding
    }

    /// Appends the tree to bytes.
    pub(super) fn pack(&self, tree: &ShardTree, bytes: &mut Vec<u8>) {
        let each = size_of::<Head>() + size_of::<f32>() * self.count();
        bytes.reserve(tree.nodes.len() * each);
        for Node { level, index, sum } in &tree.nodes {
            let head = Head {
                level: u64::from(*level),
                index: *index as u64,
                rows: sum.as_ref().map_or(0, |sum| sum.rows as u64),
                right: sum.as_ref().map_or(0, |sum| u64::from(sum.right)),
                loss: sum.as_ref().map_or(0.0, |sum| sum.loss),
            };
            bytes.extend(bytemuck::bytes_of(&head));
            if let Some(ShardSum { gradients, .. }) = sum {
                for &row in self.rows {
                    bytes.extend(bytemuck::cast_slice(&gradients[self.range(row)]));
                }
                bytes.extend(bytemuck::cast_slice(&gradients[self.embedding..]));
            }
        }
    }

    /// The tree that these bytes are of.
    pub(super) fn unpack(&self, mut bytes: &[u8]) -> Result<ShardTree> {
        let mut tree = ShardTree::default();
        while !bytes.is_empty() {
            let (head, rest) = bytes
                .split_at_checked(size_of::<Head>())
                .ok_or_else(strange)?;
            let head: Head = bytemuck::pod_read_unaligned(head);
            bytes = rest;
            let sum = match head.rows {
                0 => None,
                rows => {
                    let gradients = size_of::<f32>() * self.count();
                    let (gradients, rest) =
                        bytes.split_at_checked(gradients).ok_or_else(strange)?;
                    bytes = rest;
                    Some(ShardSum {
                        rows: usize::try_from(rows).map_err(|_| strange())?,
                        loss: head.loss,
                        right: u32::try_from(head.right).map_err(|_| strange())?,
                        gradients: self.spread(gradients),
                    })
                }
            };
            tree.add(Node {
                level: u32::try_from(head.level).map_err(|_| strange())?,
                index: usize::try_from(head.index).map_err(|_| strange())?,
                sum,
            });
        }
        Ok(tree)
    }

    /// All gradients, those that did not travel 0.
    fn spread(&self, bytes: &[u8]) -> Vec<f32> {
        let mut gradients = vec![0.0; self.length];
        let (rows, rest) = bytes.split_at(size_of::<f32>() * self.rows.len() * self.width);
        let each = rows.chunks_exact((size_of::<f32>() * self.width).max(1));
        for (&row, values) in self.rows.iter().zip(each) {
            bytemuck::cast_slice_mut(&mut gradients[self.range(row)]).copy_from_slice(values);
        }
        bytemuck::cast_slice_mut(&mut gradients[self.embedding..]).copy_from_slice(rest);
        gradients
    }
}

fn strange() -> Error {
    Error::Internal {
        place: "sums of shards from another rank",
        problem: "they have another form than was expected".to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::data::Review;

    #[test]
    fn rows_that_a_batch_does_not_touch_stay_at_home() {
        let review = Review {
            ids: vec![3, 1].into(),
            label: 0,
        };
        let batch = Batch::new(&[&review]);
        // Five rows of two, a gap of two, then three numbers.
        let touched = Touched::of(&batch, 2, 12, 15);
        let gradients: Vec<f32> = (0..15)
            .map(|at| match at {
                2 | 3 | 6 | 7 | 12.. => at as f32,
                _ => 0.0,
            })
            .collect();
        let sum = Some(ShardSum {
            rows: 3,
            loss: 0.5,
            right: 2,
            gradients,
        });
        let mut tree = ShardTree::starting_at(1);
        [sum.clone(), None, sum.clone()]
            .into_iter()
            .for_each(|shard| tree.push(shard));
        let mut bytes = Vec::new();
        touched.pack(&tree, &mut bytes);
        // Two nodes, shard 1 and shards 2 and 3 together.
        assert_eq!(bytes.len(), 2 * (40 + 4 * (2 * 2 + 3)));
        let again = touched.unpack(&bytes).unwrap();
        let ends = |tree: ShardTree| {
            let mut whole = ShardTree::default();
            whole.push(sum.clone());
            whole.append(tree).finish()
        };
        assert_eq!(ends(again), ends(tree));
        for length in 1..bytes.len() {
            let cut = touched.unpack(&bytes[..length]);
            assert!(cut.is_err() || length == bytes.len() / 2, "{length}");
        }
    }
}
