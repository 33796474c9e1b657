//! Loads and stores through pointers.

use std::rc::Rc;

use naga::{Expression, Handle, ScalarKind, Span, TypeInner};

use super::frame::Frame;
use super::machine::Machine;
use super::own::Own;
use super::pointer::{OUTSIDE, Root, UNKNOWN};
use super::prepare::Where;
use super::target::Target;
use super::value::{Mask, Taint, Values};
use crate::layout::Shape;
use crate::memory::{Region, State, Touch, Who};
use crate::rule::Rule;

impl<'a> Machine<'a> {
    /// What a pointer points at; none, said as a finding, if it is not followed.
    pub(crate) fn target(
        &mut self,
        frame: &Frame<'a>,
        expression: Handle<Expression>,
        span: Span,
    ) -> Option<Target> {
        let target = self.followed(frame, expression);
        if target.is_none() {
            let root = self.pointer(frame, expression).map(|pointer| pointer.root);
            let what = match root {
                Some(Root::Global(variable)) => match self.place_of(variable) {
                    Where::Opaque(what) => what,
                    _ => "a pointer to a type that is not followed",
                },
                _ => "a pointer to a type that is not followed",
            };
            self.opaque(span, what);
        }
        target
    }

    fn followed(&self, frame: &Frame<'a>, expression: Handle<Expression>) -> Option<Target> {
        let pointer = self.pointer(frame, expression)?;
        if let Root::Global(variable) = pointer.root
            && matches!(self.place_of(variable), Where::Opaque(_) | Where::Unused)
        {
            return None;
        }
        let inner = frame.inner(self.module, expression);
        let host = Machine::is_host(inner);
        let (words, shape, atomic) = match *inner {
            TypeInner::Pointer { base, .. } => {
                let behind = &self.module.types[base].inner;
                let words: Rc<[u32]> = match host {
                    true => self.layout.host_words(base)?,
                    false => (0..self.layout.flat(base)?).collect(),
                };
                let atomic = matches!(behind, TypeInner::Atomic(_));
                (words, Shape::of(behind), atomic)
            }
            TypeInner::ValuePointer { size, scalar, .. } => {
                let inner = match size {
                    Some(size) => TypeInner::Vector { size, scalar },
                    None => TypeInner::Scalar(scalar),
                };
                let shape = Shape::of(&inner)?;
                ((0..shape.words() as u32).collect(), Some(shape), false)
            }
            _ => return None,
        };
        Some(Target {
            pointer,
            expression,
            words,
            shape,
            atomic,
        })
    }

    /// Loads for those that are there.
    pub(crate) fn load(
        &mut self,
        frame: &Frame<'a>,
        pointer: Handle<Expression>,
        result: Handle<Expression>,
        span: Span,
        mask: &Mask,
    ) -> Values {
        let Some(target) = self.target(frame, pointer, span) else {
            let inner = frame.inner(self.module, result);
            let count = self.layout.flat_of(inner).unwrap_or(1) as usize;
            return Values::unknown(count, self.lanes);
        };
        let (lanes, count) = (self.lanes, target.words.len());
        let region = match target.pointer.root {
            Root::Local(index) => {
                return self.load_own(frame, &target, Own::Local(index), span, mask);
            }
            Root::Global(variable) => match self.region(variable) {
                Some(region) => region,
                None => {
                    let own = Own::Private(variable.index());
                    return self.load_own(frame, &target, own, span, mask);
                }
            },
        };
        let touch = if target.atomic {
            Touch::Atomic
        } else {
            Touch::Load
        };
        let place = self.number_of(span);
        let is_float = target.shape.is_some_and(|s| s.kind == ScalarKind::Float);
        let in_buffer = matches!(region.0, Region::Buffer { .. });
        let mut values = Values {
            words: vec![0; count * lanes],
            taint: Taint::None,
        };
        let (mut known, mut unknown) = (false, false);
        for lane in mask.lanes() {
            let Some(offset) = self.inside(frame, &target, region.1, lane, span) else {
                unknown = true;
                for part in 0..count {
                    values.taint(part * lanes + lane);
                }
                continue;
            };
            let who = self.who(lane, place);
            for (part, &word) in target.words.iter().enumerate() {
                let at = (offset + word) as usize;
                self.note(&target, region.0, at, who, touch, span);
                let (word, state) = self.memory.load(region.0, at);
                if state == State::Known {
                    known = true;
                    values.words[part * lanes + lane] = word;
                    if is_float && in_buffer && !f32::from_bits(word).is_finite() {
                        self.given = true;
                    }
                } else {
                    unknown = true;
                    values.taint(part * lanes + lane);
                    if state == State::Unwritten {
                        self.unwritten(&target, at, lane, span);
                    }
                }
            }
        }
        if unknown && !known {
            values.taint = Taint::All;
        }
        values
    }

    /// Stores for those that are there.
    pub(crate) fn store(
        &mut self,
        frame: &Frame<'a>,
        pointer: Handle<Expression>,
        value: &Values,
        span: Span,
        mask: &Mask,
    ) {
        let Some(target) = self.target(frame, pointer, span) else {
            return;
        };
        let lanes = self.lanes;
        let region = match target.pointer.root {
            Root::Local(index) => {
                return self.store_own(frame, &target, Own::Local(index), value, span, mask);
            }
            Root::Global(variable) => match self.region(variable) {
                Some(region) => region,
                None => {
                    let own = Own::Private(variable.index());
                    return self.store_own(frame, &target, own, value, span, mask);
                }
            },
        };
        let touch = if target.atomic {
            Touch::Atomic
        } else {
            Touch::Store
        };
        let place = self.number_of(span);
        let is_float = target.shape.is_some_and(|s| s.kind == ScalarKind::Float);
        let in_buffer = matches!(region.0, Region::Buffer { .. });
        for lane in mask.lanes() {
            let Some(offset) = self.inside(frame, &target, region.1, lane, span) else {
                continue;
            };
            let who = self.who(lane, place);
            for (part, &word) in target.words.iter().enumerate() {
                let at = (offset + word) as usize;
                self.note(&target, region.0, at, who, touch, span);
                let new = value.get(part * lanes + lane);
                let new = new.filter(|_| !self.speculative.has(lane));
                if is_float && in_buffer && new.is_some_and(|x| f32::from_bits(x).is_nan()) {
                    self.not_a_number(&target, at, lane, span);
                }
                self.memory.store(region.0, at, new);
            }
        }
    }

    /// A lane's offset, where it and all words that are meant are inside; a finding where not.
    pub(crate) fn inside(
        &mut self,
        frame: &Frame<'a>,
        target: &Target,
        words: usize,
        lane: usize,
        span: Span,
    ) -> Option<u32> {
        let offset = target.pointer.offsets.of(lane);
        if offset == UNKNOWN {
            self.opaque(span, "an index that comes from what is not known");
            return None;
        }
        let last = target.words.last().copied().unwrap_or(0);
        if offset != OUTSIDE && (offset as usize) + (last as usize) < words {
            return Some(offset);
        }
        self.out_of_bounds(frame, target, words, lane, span);
        None
    }

    fn out_of_bounds(
        &mut self,
        frame: &Frame<'a>,
        target: &Target,
        words: usize,
        lane: usize,
        span: Span,
    ) {
        if self.is_known(Rule::Bounds, span) {
            return;
        }
        let name = match target.pointer.root {
            Root::Global(variable) => self.name_of(variable),
            Root::Local(_) => "a local variable".to_owned(),
        };
        let detail = match self.outside(frame, target.expression, lane) {
            Some(outside) => format!("{name}, index {} of {}", outside.index, outside.count),
            None => format!("{name}, past its {words} words"),
        };
        let invocation = self.invocation(lane);
        if let Some(finding) = self.report(Rule::Bounds, span, detail) {
            finding.invocations.push(invocation);
        }
    }

    /// Notes an access, and the race that it may be.
    pub(crate) fn note(
        &mut self,
        target: &Target,
        region: Region,
        word: usize,
        who: Who,
        touch: Touch,
        span: Span,
    ) {
        let Some((other, was)) = self.memory.note(region, word, who, touch) else {
            return;
        };
        if self.is_known(Rule::Race, span) {
            return;
        }
        let Root::Global(variable) = target.pointer.root else {
            return;
        };
        let (one, two) = (
            self.invocation(who.invocation as usize),
            self.invocation_of(other),
        );
        let together = match other.group == who.group {
            true => "of the same workgroup",
            false => "of another workgroup",
        };
        let detail = format!(
            "{}, word {word}: {one} and invocation {} {together}",
            self.name_of(variable),
            two.index
        );
        let what = match was {
            Touch::Load => "the other reads here",
            Touch::Store => "the other writes here",
            Touch::Atomic => "the other has an atomic here",
        };
        let place = self.place(other.place);
        if let Some(finding) = self.report(Rule::Race, span, detail) {
            finding.invocations = vec![one, two];
            finding.other_place = place.map(|place| (place, what.to_owned()));
        }
    }

    fn unwritten(&mut self, target: &Target, word: usize, lane: usize, span: Span) {
        let Root::Global(variable) = target.pointer.root else {
            return;
        };
        let detail = format!("{}, word {word}", self.name_of(variable));
        let invocation = self.invocation(lane);
        if let Some(finding) = self.report(Rule::Unwritten, span, detail) {
            finding.invocations.push(invocation);
        }
    }

    fn not_a_number(&mut self, target: &Target, word: usize, lane: usize, span: Span) {
        if self.given || self.is_known(Rule::NotANumber, span) {
            return;
        }
        let Root::Global(variable) = target.pointer.root else {
            return;
        };
        // It may come from another invocation, through workgroup memory.
        let birth = self.births[lane].or_else(|| self.births.iter().flatten().next().copied());
        let Some(birth) = birth else { return };
        let number = self.number_of(birth);
        let place = self.place(number);
        let invocation = self.invocation(lane);
        let detail = format!(
            "{}, word {word}: a NaN, made from finite numbers",
            self.name_of(variable)
        );
        if let Some(finding) = self.report(Rule::NotANumber, span, detail) {
            finding.invocations.push(invocation);
            finding.other_place = place.map(|place| (place, "it is made here".to_owned()));
        }
    }
}
