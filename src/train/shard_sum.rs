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
/// with each other. A shard without rows keeps its place in the tree. At most one sum a level is held.
#[derive(Debug, Clone, Default)]
pub struct ShardTree {
    /// Sums of 2^level shards each, the largest first.
    held: Vec<(u32, Option<ShardSum>)>,
}

impl ShardTree {
    /// Adds the next shard.
    pub fn push(&mut self, shard: Option<ShardSum>) {
        let (mut level, mut sum) = (0, shard);
        while self.held.last().is_some_and(|(held, _)| *held == level) {
            let before = self.held.pop().and_then(|(_, sum)| sum);
            sum = added(before, sum);
            level += 1;
        }
        self.held.push((level, sum));
    }

    /// The sum of all shards; `None` where none has a row.
    pub fn finish(mut self) -> Option<ShardSum> {
        let mut sum = None;
        while let Some((_, before)) = self.held.pop() {
            sum = added(before, sum);
        }
        sum
    }
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
}
