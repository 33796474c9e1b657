//! Subgroup operations. Lanes are numbered as invocations are; what comes from a lane that is not there is not known.

use naga::{
    CollectiveOperation, Direction, Expression, GatherMode, Handle, ScalarKind, Span,
    SubgroupOperation,
};

use super::frame::Frame;
use super::machine::Machine;
use super::value::{Mask, Values};

impl<'a> Machine<'a> {
    /// The lanes of the subgroup that a lane is in.
    fn subgroup(&self, lane: usize) -> std::ops::Range<usize> {
        let size = self.launch.subgroup_size as usize;
        let first = lane / size * size;
        first..(first + size).min(self.lanes)
    }

    pub(crate) fn ballot(
        &mut self,
        frame: &mut Frame<'a>,
        predicate: Option<Handle<Expression>>,
        result: Handle<Expression>,
        mask: &Mask,
    ) {
        let lanes = self.lanes;
        let mut out = Values::splat(&[0; 4], lanes);
        for lane in mask.lanes() {
            let mut words = [Some(0u32); 4];
            let subgroup = self.subgroup(lane);
            for other in subgroup.clone().filter(|&other| mask.has(other)) {
                let bit = other - subgroup.start;
                let set = predicate.map_or(Some(1), |p| frame.value(p).get(other));
                let word = &mut words[bit / 32];
                *word = word
                    .zip(set)
                    .map(|(word, set)| word | (set & 1) << (bit % 32));
            }
            for (part, word) in words.into_iter().enumerate() {
                out.set(part * lanes + lane, word);
            }
        }
        frame.values[result.index()] = out;
    }

    pub(crate) fn gather(
        &mut self,
        frame: &mut Frame<'a>,
        mode: &GatherMode,
        argument: Handle<Expression>,
        result: Handle<Expression>,
        mask: &Mask,
    ) {
        let lanes = self.lanes;
        let value = frame.value(argument);
        let count = value.words.len() / lanes;
        let mut out = Values::splat(&vec![0; count], lanes);
        for lane in mask.lanes() {
            let subgroup = self.subgroup(lane);
            let own = lane - subgroup.start;
            let by = |index: &Handle<Expression>| frame.value(*index).get(lane).map(|x| x as usize);
            let from = match mode {
                GatherMode::BroadcastFirst => subgroup
                    .clone()
                    .find(|&other| mask.has(other))
                    .map(|other| other - subgroup.start),
                GatherMode::Broadcast(index) | GatherMode::Shuffle(index) => by(index),
                GatherMode::ShuffleDown(delta) => by(delta).and_then(|by| own.checked_add(by)),
                GatherMode::ShuffleUp(delta) => by(delta).and_then(|by| own.checked_sub(by)),
                GatherMode::ShuffleXor(bits) => by(bits).map(|bits| own ^ bits),
                GatherMode::QuadBroadcast(index) => by(index).map(|index| own / 4 * 4 + index),
                GatherMode::QuadSwap(direction) => Some(match direction {
                    Direction::X => own ^ 1,
                    Direction::Y => own ^ 2,
                    Direction::Diagonal => own ^ 3,
                }),
            };
            let from = from
                .and_then(|from| subgroup.start.checked_add(from))
                .filter(|from| subgroup.contains(from) && mask.has(*from));
            for part in 0..count {
                let word = from.and_then(|from| value.get(part * lanes + from));
                out.set(part * lanes + lane, word);
            }
        }
        frame.values[result.index()] = out;
    }

    pub(crate) fn collective(
        &mut self,
        frame: &mut Frame<'a>,
        (op, collective): (SubgroupOperation, CollectiveOperation),
        argument: Handle<Expression>,
        result: Handle<Expression>,
        span: Span,
        mask: &Mask,
    ) {
        let lanes = self.lanes;
        let Some(shape) = frame.shape(self.module, argument) else {
            self.opaque(span, "a subgroup operation on a type that is not followed");
            return;
        };
        let value = frame.value(argument);
        let count = value.words.len() / lanes;
        let identity = identity(op, shape.kind);
        let mut out = Values::splat(&vec![0; count], lanes);
        for first in (0..lanes).step_by(self.launch.subgroup_size as usize) {
            let there: Vec<usize> = self
                .subgroup(first)
                .filter(|&lane| mask.has(lane))
                .collect();
            for part in 0..count {
                let mut sum = Some(identity);
                for &lane in &there {
                    let before = sum;
                    let own = value.get(part * lanes + lane);
                    sum = sum.zip(own).map(|(a, b)| combine(op, shape.kind, a, b));
                    match collective {
                        CollectiveOperation::InclusiveScan => out.set(part * lanes + lane, sum),
                        CollectiveOperation::ExclusiveScan => out.set(part * lanes + lane, before),
                        CollectiveOperation::Reduce => {}
                    }
                }
                if collective == CollectiveOperation::Reduce {
                    there
                        .iter()
                        .for_each(|&lane| out.set(part * lanes + lane, sum));
                }
            }
        }
        frame.values[result.index()] = out;
    }
}

/// What leaves the other operand as it is.
fn identity(op: SubgroupOperation, kind: ScalarKind) -> u32 {
    use SubgroupOperation as Op;
    match (op, kind) {
        (Op::Add | Op::Or | Op::Xor | Op::Any, _) => 0,
        (Op::Mul, ScalarKind::Float) => 1f32.to_bits(),
        (Op::Mul | Op::All, _) => 1,
        (Op::And, _) => u32::MAX,
        (Op::Min, ScalarKind::Float) => f32::INFINITY.to_bits(),
        (Op::Max, ScalarKind::Float) => f32::NEG_INFINITY.to_bits(),
        (Op::Min, ScalarKind::Sint) => i32::MAX as u32,
        (Op::Max, ScalarKind::Sint) => i32::MIN as u32,
        (Op::Min, _) => u32::MAX,
        (Op::Max, _) => 0,
    }
}

fn combine(op: SubgroupOperation, kind: ScalarKind, a: u32, b: u32) -> u32 {
    use SubgroupOperation as Op;
    let (x, y) = (f32::from_bits(a), f32::from_bits(b));
    let float = kind == ScalarKind::Float;
    let signed = kind == ScalarKind::Sint;
    match op {
        Op::Add if float => (x + y).to_bits(),
        Op::Mul if float => (x * y).to_bits(),
        Op::Min if float => x.min(y).to_bits(),
        Op::Max if float => x.max(y).to_bits(),
        Op::Add => a.wrapping_add(b),
        Op::Mul => a.wrapping_mul(b),
        Op::Min if signed => (a as i32).min(b as i32) as u32,
        Op::Max if signed => (a as i32).max(b as i32) as u32,
        Op::Min => a.min(b),
        Op::Max => a.max(b),
        Op::And | Op::All => a & b,
        Op::Or | Op::Any => a | b,
        Op::Xor => a ^ b,
    }
}
