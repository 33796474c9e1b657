//! Atomics: the invocations take their turn in the order of their indices, one of the orders that a device may take.

use naga::{AtomicFunction, Expression, Handle, ScalarKind, Span};

use super::frame::Frame;
use super::machine::Machine;
use super::pointer::Root;
use super::target::Target;
use super::value::{Mask, Values};
use crate::memory::{Region, State, Touch};
use crate::rule::Rule;

impl<'a> Machine<'a> {
    pub(crate) fn atomic(
        &mut self,
        frame: &mut Frame<'a>,
        pointer: Handle<Expression>,
        fun: AtomicFunction,
        (value, result): (Handle<Expression>, Option<Handle<Expression>>),
        span: Span,
        mask: &Mask,
    ) {
        let lanes = self.lanes;
        let count = match fun {
            AtomicFunction::Exchange { compare: Some(_) } => 2,
            _ => 1,
        };
        let target = self.target(frame, pointer, span);
        let place = match target {
            Some(target) => self.shared_place(&target).map(|place| (target, place)),
            None => None,
        };
        let Some((target, (region, words))) = place else {
            if let Some(result) = result {
                frame.values[result.index()] = Values::unknown(count, lanes);
            }
            return;
        };
        let kind = target.shape.map_or(ScalarKind::Uint, |shape| shape.kind);
        let number = self.number_of(span);
        let mut out = Values::splat(&[0, 0][..count], lanes);
        for lane in mask.lanes() {
            let Some(offset) = self.inside(frame, &target, words, lane, span) else {
                (0..count).for_each(|part| out.taint(part * lanes + lane));
                continue;
            };
            let at = offset as usize;
            let who = self.who(lane, number);
            self.note(&target, region, at, who, Touch::Atomic, span);
            let (word, state) = self.memory.load(region, at);
            if state == State::Unwritten {
                let name = match target.pointer.root {
                    Root::Global(variable) => self.name_of(variable),
                    Root::Local(_) => String::new(),
                };
                self.report(Rule::Unwritten, span, format!("{name}, word {at}"));
            }
            let old = (state == State::Known).then_some(word);
            let operand = frame.value(value).get(lane);
            let expected = match fun {
                AtomicFunction::Exchange { compare } => compare.map(|c| frame.value(c).get(lane)),
                _ => None,
            };
            let (new, exchanged) = match expected {
                None => (apply(fun, kind, old, operand), None),
                Some(expected) => match old.zip(expected) {
                    Some((old, expected)) if old == expected => (operand, Some(1)),
                    Some(_) => (old, Some(0)),
                    None => (None, None),
                },
            };
            let new = new.filter(|_| !self.speculative.has(lane));
            self.memory.store(region, at, new);
            out.set(lane, old);
            if count == 2 {
                out.set(lanes + lane, exchanged);
            }
        }
        if let Some(result) = result {
            frame.values[result.index()] = out;
        }
    }

    fn shared_place(&self, target: &Target) -> Option<(Region, usize)> {
        match target.pointer.root {
            Root::Global(variable) => self.region(variable),
            Root::Local(_) => None,
        }
    }
}

/// What stands there afterwards.
fn apply(fun: AtomicFunction, kind: ScalarKind, old: Option<u32>, by: Option<u32>) -> Option<u32> {
    if let AtomicFunction::Exchange { .. } = fun {
        return by;
    }
    let (old, by) = (old?, by?);
    let float = kind == ScalarKind::Float;
    let (a, b) = (f32::from_bits(old), f32::from_bits(by));
    Some(match fun {
        AtomicFunction::Add if float => (a + b).to_bits(),
        AtomicFunction::Subtract if float => (a - b).to_bits(),
        AtomicFunction::Min if float => a.min(b).to_bits(),
        AtomicFunction::Max if float => a.max(b).to_bits(),
        AtomicFunction::Add => old.wrapping_add(by),
        AtomicFunction::Subtract => old.wrapping_sub(by),
        AtomicFunction::And => old & by,
        AtomicFunction::ExclusiveOr => old ^ by,
        AtomicFunction::InclusiveOr => old | by,
        AtomicFunction::Min if kind == ScalarKind::Sint => (old as i32).min(by as i32) as u32,
        AtomicFunction::Max if kind == ScalarKind::Sint => (old as i32).max(by as i32) as u32,
        AtomicFunction::Min => old.min(by),
        AtomicFunction::Max => old.max(by),
        AtomicFunction::Exchange { .. } => by,
    })
}
