//! What statements do, for those invocations that are there.

use naga::{Block, Expression, Handle, Span, Statement, SwitchCase, SwitchValue};

use super::frame::Frame;
use super::machine::{Argument, Machine, Stop};
use super::value::{Mask, Values};
use crate::rule::Rule;

/// Iterations after which a loop is given up whose end hangs on what is not known.
const ENDLESS: usize = 10_000;

impl<'a> Machine<'a> {
    /// Runs a block for those that are there; returns who arrives at its end.
    pub(crate) fn block(
        &mut self,
        frame: &mut Frame<'a>,
        block: &'a Block,
        mut mask: Mask,
    ) -> Result<Mask, Stop> {
        for (statement, span) in block.span_iter() {
            if mask.is_nobody() {
                break;
            }
            if let Some(rest) = self.statement(frame, statement, *span, &mask)? {
                mask = rest;
            }
        }
        Ok(mask)
    }

    /// Runs a statement; returns who goes on behind it, where that is not everyone who came.
    fn statement(
        &mut self,
        frame: &mut Frame<'a>,
        statement: &'a Statement,
        span: Span,
        mask: &Mask,
    ) -> Result<Option<Mask>, Stop> {
        let nobody = Some(Mask::nobody(self.lanes));
        self.step(1, span)?;
        match statement {
            Statement::Emit(range) => {
                for expression in range.clone() {
                    let cost = self.cost_of_value(frame.inner(self.module, expression));
                    self.step(cost, span)?;
                    self.emit(frame, expression, mask);
                }
            }
            Statement::Block(inner) => return self.block(frame, inner, mask.clone()).map(Some),
            Statement::If {
                condition,
                accept,
                reject,
            } => {
                return self
                    .branch(frame, *condition, [accept, reject], mask)
                    .map(Some);
            }
            Statement::Switch { selector, cases } => {
                return self.switch(frame, *selector, cases, mask).map(Some);
            }
            Statement::Loop {
                body,
                continuing,
                break_if,
            } => {
                let parts = [body, continuing];
                return self.repeat(frame, parts, *break_if, span, mask).map(Some);
            }
            Statement::Break => {
                frame.broken = frame.broken.or(mask);
                return Ok(nobody);
            }
            Statement::Continue => {
                frame.continued = frame.continued.or(mask);
                return Ok(nobody);
            }
            Statement::Return { value } => {
                if let Some(value) = value {
                    self.give_back(frame, *value, mask);
                }
                frame.returned = frame.returned.or(mask);
                return Ok(nobody);
            }
            Statement::Kill => {
                frame.returned = frame.returned.or(mask);
                return Ok(nobody);
            }
            Statement::ControlBarrier(barrier) if *barrier == naga::Barrier::SUB_GROUP => {
                // It orders what the lanes of one subgroup do, which the rule for races does not count on.
            }
            Statement::ControlBarrier(_) => self.barrier(mask, span),
            Statement::MemoryBarrier(_) => {}
            Statement::WorkGroupUniformLoad { pointer, result } => {
                self.barrier(mask, span);
                let values = self.load(frame, *pointer, *result, span, mask);
                frame.values[result.index()] = values;
                self.epoch += 1;
            }
            Statement::Store { pointer, value } => {
                self.store(frame, *pointer, frame.value(*value), span, mask);
            }
            Statement::Atomic {
                pointer,
                fun,
                value,
                result,
            } => self.atomic(frame, *pointer, *fun, (*value, *result), span, mask),
            Statement::Call {
                function,
                arguments,
                result,
            } => {
                let arguments = arguments.iter().map(|&argument| {
                    match frame.inner(self.module, argument).pointer_space() {
                        Some(_) => Argument::Pointer(self.pointer(frame, argument)),
                        None => Argument::Value(frame.value(argument).clone()),
                    }
                });
                let arguments = arguments.collect();
                let callee = &self.module.functions[*function];
                let info = &self.info[*function];
                let value = self.call(Some(*function), callee, info, arguments, mask)?;
                if let (Some(result), Some(value)) = (result, value) {
                    frame.values[result.index()] = value;
                }
            }
            Statement::SubgroupBallot { result, predicate } => {
                self.ballot(frame, *predicate, *result, mask);
            }
            Statement::SubgroupGather {
                mode,
                argument,
                result,
            } => self.gather(frame, mode, *argument, *result, mask),
            Statement::SubgroupCollectiveOperation {
                op,
                collective_op,
                argument,
                result,
            } => {
                let operation = (*op, *collective_op);
                self.collective(frame, operation, *argument, *result, span, mask);
            }
            Statement::ImageStore { .. } => self.opaque(span, "a store to a texture"),
            Statement::ImageAtomic { .. } => self.opaque(span, "an atomic on a texture"),
            Statement::RayQuery { .. } | Statement::RayPipelineFunction(_) => {
                self.opaque(span, "a ray query");
            }
            Statement::CooperativeStore { .. } => self.opaque(span, "a cooperative matrix"),
        }
        Ok(None)
    }

    /// Keeps a result for those that return it.
    fn give_back(&mut self, frame: &mut Frame<'a>, value: Handle<Expression>, mask: &Mask) {
        let new = frame.value(value).clone();
        if mask.is_everybody() && self.speculative.is_nobody() {
            frame.result = Some(new);
            return;
        }
        let words = new.words.len();
        let mut result = frame.result.take().unwrap_or_else(|| Values {
            words: vec![0; words],
            ..Values::default()
        });
        let lanes = self.lanes;
        for lane in mask.lanes() {
            for word in (lane..words).step_by(lanes) {
                // On a way that it may not have taken, the result may be another's.
                let known = new.get(word).filter(|_| !self.speculative.has(lane));
                result.set(word, known);
            }
        }
        frame.result = Some(result);
    }

    /// Who takes a way for sure or perhaps, and who perhaps.
    fn takers(&self, mask: &Mask, takes: impl Fn(usize) -> Option<bool>) -> (Mask, Mask) {
        let lanes = 0..self.lanes;
        let takes: Vec<Option<bool>> = lanes
            .map(|lane| {
                if mask.has(lane) {
                    takes(lane)
                } else {
                    Some(false)
                }
            })
            .collect();
        let all = takes.iter().map(|takes| takes.unwrap_or(true)).collect();
        let perhaps = takes.iter().map(Option::is_none).collect();
        (Mask::of(all), Mask::of(perhaps))
    }

    fn branch(
        &mut self,
        frame: &mut Frame<'a>,
        condition: Handle<Expression>,
        [accept, reject]: [&'a Block; 2],
        mask: &Mask,
    ) -> Result<Mask, Stop> {
        let condition = frame.value(condition);
        let (yes, perhaps) = self.takers(mask, |lane| condition.get(lane).map(|word| word != 0));
        let no = mask.without(&yes).or(&perhaps);
        let outer = self.speculative.clone();
        self.speculative = outer.or(&perhaps);
        let accepted = self.block(frame, accept, yes)?;
        let rejected = self.block(frame, reject, no)?;
        let rest = accepted.or(&rejected);
        // Who left on one of the ways, and did not on the other.
        let halves = perhaps.and(&rest).without(&accepted.and(&rejected));
        frame.unsure = frame.unsure.or(&halves);
        self.speculative = outer.or(&frame.unsure);
        Ok(rest)
    }

    fn switch(
        &mut self,
        frame: &mut Frame<'a>,
        selector: Handle<Expression>,
        cases: &'a [SwitchCase],
        mask: &Mask,
    ) -> Result<Mask, Stop> {
        let selector = frame.value(selector).clone();
        let lanes = self.lanes;
        let values: Vec<u32> = cases
            .iter()
            .filter_map(|case| match case.value {
                SwitchValue::U32(x) => Some(x),
                SwitchValue::I32(x) => Some(x as u32),
                SwitchValue::Default => None,
            })
            .collect();
        let outer_broken = std::mem::replace(&mut frame.broken, Mask::nobody(lanes));
        let outer = self.speculative.clone();
        let mut falling = Mask::nobody(lanes);
        let mut done = Mask::nobody(lanes);
        for case in cases {
            let (chosen, perhaps) = self.takers(mask, |lane| {
                let selected = selector.get(lane)?;
                Some(match case.value {
                    SwitchValue::U32(x) => selected == x,
                    SwitchValue::I32(x) => selected == x as u32,
                    SwitchValue::Default => !values.contains(&selected),
                })
            });
            self.speculative = outer.or(&perhaps).or(&frame.unsure);
            let end = self.block(frame, &case.body, chosen.or(&falling))?;
            let left = perhaps.without(&end).without(&frame.broken);
            frame.unsure = frame.unsure.or(&left);
            if case.fall_through {
                falling = end;
            } else {
                falling = Mask::nobody(lanes);
                done = done.or(&end);
            }
        }
        done = done.or(&frame.broken).or(&falling);
        self.speculative = outer.or(&frame.unsure);
        frame.broken = outer_broken;
        Ok(done)
    }

    fn repeat(
        &mut self,
        frame: &mut Frame<'a>,
        [body, continuing]: [&'a Block; 2],
        break_if: Option<Handle<Expression>>,
        span: Span,
        mask: &Mask,
    ) -> Result<Mask, Stop> {
        let lanes = self.lanes;
        let broken = std::mem::replace(&mut frame.broken, Mask::nobody(lanes));
        let continued = std::mem::replace(&mut frame.continued, Mask::nobody(lanes));
        let returned = frame.returned.clone();
        let outer = self.speculative.clone();
        let unsure = frame.unsure.clone();
        let mut live = mask.clone();
        let mut iterations = 0;
        while !live.is_nobody() {
            self.step(1, span)?;
            let end = self.block(frame, body, live)?;
            let next = end.or(&frame.continued);
            frame.continued = Mask::nobody(lanes);
            live = self.block(frame, continuing, next)?;
            if let Some(condition) = break_if {
                let condition = frame.value(condition);
                let (ends, perhaps) =
                    self.takers(&live, |lane| condition.get(lane).map(|word| word != 0));
                let stay = live.without(&ends).or(&perhaps);
                frame.broken = frame.broken.or(&ends);
                live = stay;
            }
            // Who may have left already is, from now on, on a way that it may not have taken.
            let left = frame.broken.or(&frame.returned.without(&returned));
            let undecided = live.and(&left);
            if !undecided.is_nobody() {
                self.speculative = self.speculative.or(&undecided);
                iterations += 1;
                if iterations == ENDLESS {
                    self.opaque(span, "a loop whose end hangs on what is not known");
                    break;
                }
            }
        }
        let left = std::mem::replace(&mut frame.broken, broken);
        frame.continued = continued;
        // Who may have returned within the loop goes on behind it.
        let returned = frame.returned.without(&returned).and(&left);
        frame.unsure = unsure.or(&returned);
        self.speculative = outer.or(&frame.unsure);
        Ok(left)
    }

    /// A barrier: who is there waits for the others.
    fn barrier(&mut self, mask: &Mask, span: Span) {
        let missing = self.lanes - mask.count();
        if missing > 0 {
            let detail = format!("{missing} of {} invocations never reach it", self.lanes);
            self.report(Rule::Divergence, span, detail);
        }
        self.epoch += 1;
    }
}
