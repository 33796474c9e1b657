//! Loads and stores of variables that each invocation has for itself: local and private ones.

use naga::Span;

use super::frame::Frame;
use super::machine::Machine;
use super::pointer::{Offsets, UNKNOWN};
use super::target::Target;
use super::value::{Mask, Taint, Values};

/// A variable that each invocation has for itself.
#[derive(Clone, Copy)]
pub(crate) enum Own {
    Local(usize),
    Private(usize),
}

impl<'a> Machine<'a> {
    fn own(&mut self, own: Own) -> &mut Values {
        match own {
            Own::Local(index) => &mut self.locals[index],
            Own::Private(index) => &mut self.privates[index],
        }
    }

    /// Loads from a variable that each invocation has for itself.
    pub(crate) fn load_own(
        &mut self,
        frame: &Frame<'a>,
        target: &Target,
        own: Own,
        span: Span,
        mask: &Mask,
    ) -> Values {
        let (lanes, count) = (self.lanes, target.words.len());
        let words = self.own(own).words.len() / lanes;
        if let Offsets::Same(offset) = target.pointer.offsets
            && offset < UNKNOWN
            && offset as usize + count <= words
        {
            let from = offset as usize * lanes..(offset as usize + count) * lanes;
            let variable = self.own(own);
            return Values {
                words: variable.words[from.clone()].to_vec(),
                taint: match &variable.taint {
                    Taint::None => Taint::None,
                    Taint::All => Taint::All,
                    Taint::Some(unknown) => {
                        let unknown = &unknown[from];
                        match unknown.contains(&true) {
                            true => Taint::Some(unknown.to_vec()),
                            false => Taint::None,
                        }
                    }
                },
            };
        }
        let mut values = Values {
            words: vec![0; count * lanes],
            taint: Taint::None,
        };
        for lane in mask.lanes() {
            // What an index that is not known chooses is not known either.
            let offset = match target.pointer.offsets.of(lane) {
                UNKNOWN => None,
                _ => self.inside(frame, target, words, lane, span),
            };
            for part in 0..count {
                let from = offset.map(|offset| (offset as usize + part) * lanes + lane);
                let word = from.and_then(|from| self.own(own).get(from));
                values.set(part * lanes + lane, word);
            }
        }
        values
    }

    /// Stores to a variable that each invocation has for itself.
    pub(crate) fn store_own(
        &mut self,
        frame: &Frame<'a>,
        target: &Target,
        own: Own,
        value: &Values,
        span: Span,
        mask: &Mask,
    ) {
        let (lanes, count) = (self.lanes, target.words.len());
        let words = self.own(own).words.len() / lanes;
        if let Offsets::Same(0) = target.pointer.offsets
            && count == words
            && mask.is_everybody()
            && self.speculative.is_nobody()
        {
            let variable = self.own(own);
            variable.words.clone_from(&value.words);
            variable.taint.clone_from(&value.taint);
            return;
        }
        for lane in mask.lanes() {
            let speculative = self.speculative.has(lane);
            if target.pointer.offsets.of(lane) == UNKNOWN {
                let variable = self.own(own);
                for word in 0..words {
                    variable.taint(word * lanes + lane);
                }
                continue;
            }
            let Some(offset) = self.inside(frame, target, words, lane, span) else {
                continue;
            };
            let variable = self.own(own);
            for part in 0..count {
                let new = value.get(part * lanes + lane).filter(|_| !speculative);
                variable.set((offset as usize + part) * lanes + lane, new);
            }
        }
    }
}
