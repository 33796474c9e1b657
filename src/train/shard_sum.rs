//! [`ShardSum`]: what the rows of a shard add to a step, and the tree in which shards are added.

/// Sums over the rows of a shard, or of several that were added.
#[derive(Debug, Clone, PartialEq)]
pub struct ShardSum {
    /// How many rows.
    pub rows: usize,
    /// The sum of their losses.
    pub loss: f64,
    /// Rows classified rightly.
    pub right: u32,
    /// The sums of their gradients, laid out as the parameters are on the device.
    pub gradients: Vec<f32>,
}

impl ShardSum {
    fn plus(mut self, other: ShardSum) -> ShardSum {
        self.rows += other.rows;
        self.loss += other.loss;
        self.right += other.right;
        for (sum, more) in self.gradients.iter_mut().zip(&other.gradients) {
            *sum += more;
        }
        self
    }
}

/// Adds the sums of shards 0, 1, 2 … in a balanced tree, which depends on their number alone: 0 with 1, 2 with 3, these two
/// with each other. A shard without rows keeps its place in the tree. At most two sums a level are held.
///
/// A tree may begin at a later shard; [`ShardTree::append`] then puts it behind that of the shards before. The bytes of the
/// sum are the same however shards are shared out among trees.
#[derive(Debug, Clone, Default)]
pub struct ShardTree {
    /// The shard that comes next.
    next: usize,
    /// Sums that wait for the others of their pairs, in the order of their shards.
    pub(super) nodes: Vec<Node>,
}

/// The sum of the shards from `index` · 2^`level` on, so many as 2^`level`.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) level: u32,
    pub(super) index: usize,
    pub(super) sum: Option<ShardSum>,
}

impl Node {
    /// The shard behind its last.
    fn end(&self) -> usize {
        (self.index + 1) << self.level
    }
}

impl ShardTree {
    /// A tree that begins at this shard.
    pub fn starting_at(shard: usize) -> ShardTree {
        ShardTree {
            next: shard,
            nodes: Vec::new(),
        }
    }

    /// Adds the next shard.
    pub fn push(&mut self, shard: Option<ShardSum>) {
        self.add(Node {
            level: 0,
            index: self.next,
            sum: shard,
        });
    }

    /// Adds the shards of another tree, which begins where this one ends.
    pub fn append(mut self, other: ShardTree) -> ShardTree {
        other.nodes.into_iter().for_each(|node| self.add(node));
        self
    }

    pub(super) fn add(&mut self, mut node: Node) {
        self.next = node.end();
        while let Some(first) = self.nodes.pop_if(|first| are_pair(first, &node)) {
            node = Node {
                level: node.level + 1,
                index: node.index / 2,
                sum: added(first.sum, node.sum),
            };
        }
        self.nodes.push(node);
    }

    /// The sum of all shards of a tree that begins at the first; `None` where none has a row.
    pub fn finish(mut self) -> Option<ShardSum> {
        let mut sum = None;
        while let Some(before) = self.nodes.pop() {
            sum = added(before.sum, sum);
        }
        sum
    }
}

/// Whether `second` makes a pair with `first`.
fn are_pair(first: &Node, second: &Node) -> bool {
    first.level == second.level && second.index % 2 == 1 && first.index + 1 == second.index
}

fn added(first: Option<ShardSum>, second: Option<ShardSum>) -> Option<ShardSum> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.plus(second)),
        (first, second) => first.or(second),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sum(gradient: f32) -> Option<ShardSum> {
        Some(ShardSum {
            rows: 1,
            loss: f64::from(gradient),
            right: 1,
            gradients: vec![gradient],
        })
    }

    fn total(gradients: &[Option<f32>]) -> ShardSum {
        let mut tree = ShardTree::default();
        for gradient in gradients {
            tree.push(gradient.and_then(sum));
        }
        tree.finish().unwrap()
    }

    /// Numbers of which f32 keeps other sums in another order: 2²⁴ + 1 is 2²⁴.
    #[test]
    fn shards_are_added_as_a_balanced_tree() {
        const LARGE: f32 = 16_777_216.0;
        let pairs = total(&[Some(LARGE), Some(1.0), Some(1.0), Some(1.0)]);
        // (2²⁴ + 1) + (1 + 1); one after the other it would be 2²⁴.
        assert_eq!((pairs.gradients[0], pairs.rows), (LARGE + 2.0, 4));
        let three = total(&[Some(1.0), Some(1.0), Some(LARGE)]);
        assert_eq!(three.gradients[0], LARGE + 2.0);
        // A shard without rows moves no other one: 2²⁴ + (1 + 1), not (2²⁴ + 1) + 1.
        let gap = total(&[Some(LARGE), None, Some(1.0), Some(1.0)]);
        assert_eq!((gap.gradients[0], gap.rows), (LARGE + 2.0, 3));
        assert!(ShardTree::default().finish().is_none());
    }

    /// Of 1 to 16 shards, some without rows, in any number of trees.
    #[test]
    fn the_sum_does_not_depend_on_which_tree_a_shard_is_in() {
        let mut random = crate::random::Philox::new(17, 5);
        for shards in 1..=16 {
            let values: Vec<Option<f32>> = (0..shards)
                .map(|_| (random.below(8) > 0).then(|| random.unit_f64() as f32))
                .collect();
            let mut whole = ShardTree::default();
            values
                .iter()
                .for_each(|value| whole.push(value.and_then(sum)));
            let whole = whole.finish();
            for each in 1..=shards {
                let mut joined = ShardTree::default();
                for (part, values) in values.chunks(each).enumerate() {
                    let mut tree = ShardTree::starting_at(part * each);
                    values
                        .iter()
                        .for_each(|value| tree.push(value.and_then(sum)));
                    joined = joined.append(tree);
                }
                assert_eq!(joined.finish(), whole, "{shards} shards, {each} a tree");
            }
        }
    }
}
