//! The ways through arrays, vectors and structs on which pointers are made.

use naga::{AddressSpace, Expression, Handle, TypeInner};

use super::frame::Frame;
use super::machine::Machine;
use super::pointer::{OUTSIDE, Offsets, Pointer, Root, UNKNOWN, further};
use super::value::Values;

/// An index that is not one of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    pub index: u32,
    pub count: u32,
}

impl<'a> Machine<'a> {
    /// Whether pointers of this expression's type go by WGSL's layout of buffers.
    pub(crate) fn is_host(inner: &TypeInner) -> bool {
        matches!(
            inner.pointer_space(),
            Some(AddressSpace::Uniform | AddressSpace::Storage { .. })
        )
    }

    /// Where a pointer points; none if it is not followed.
    pub(crate) fn pointer(
        &self,
        frame: &Frame<'a>,
        pointer: Handle<Expression>,
    ) -> Option<Pointer> {
        let root = match frame.function.expressions[pointer] {
            Expression::GlobalVariable(variable) => Root::Global(variable),
            Expression::LocalVariable(variable) => Root::Local(frame.locals + variable.index()),
            _ => return frame.pointers[pointer.index()].clone(),
        };
        Some(Pointer {
            root,
            offsets: Offsets::Same(0),
        })
    }

    /// Steps into a part that is known beforehand.
    pub(crate) fn step_to(
        &self,
        frame: &Frame<'a>,
        base: Handle<Expression>,
        index: u32,
    ) -> Option<Pointer> {
        let from = self.pointer(frame, base)?;
        let inner = frame.inner(self.module, base);
        let host = Machine::is_host(inner);
        let behind = self.pointee(inner)?;
        let by = match *behind {
            TypeInner::Struct { ref members, .. } if host => {
                members.get(index as usize)?.offset / 4
            }
            TypeInner::Struct { .. } => self.layout.flat_member(behind, index)?,
            _ => {
                let parts = self.layout.parts(behind, host)?;
                let by = (index < parts.count).then(|| index.saturating_mul(parts.apart));
                by.unwrap_or(OUTSIDE)
            }
        };
        Some(Pointer {
            root: from.root,
            offsets: from.offsets.map(|offset| further(offset, Some(by))),
        })
    }

    /// Steps into the parts that an index chooses.
    pub(crate) fn step_by(
        &self,
        frame: &Frame<'a>,
        base: Handle<Expression>,
        index: &Values,
    ) -> Option<Pointer> {
        let from = self.pointer(frame, base)?;
        let inner = frame.inner(self.module, base);
        let parts = self
            .layout
            .parts(self.pointee(inner)?, Machine::is_host(inner))?;
        let offsets = (0..self.lanes).map(|lane| match index.get(lane) {
            None => UNKNOWN,
            Some(index) => {
                let by = index.checked_mul(parts.apart);
                further(from.offsets.of(lane), by.filter(|_| index < parts.count))
            }
        });
        Some(Pointer {
            root: from.root,
            offsets: Offsets::Each(offsets.collect()),
        })
    }

    /// What a pointer's type points at.
    pub(crate) fn pointee<'t>(&self, inner: &'t TypeInner) -> Option<&'t TypeInner>
    where
        'a: 't,
    {
        match *inner {
            TypeInner::Pointer { base, .. } => Some(&self.module.types[base].inner),
            TypeInner::ValuePointer { .. } => Some(inner),
            _ => None,
        }
    }

    /// The first index on the way to a pointer that is not one of the parts.
    pub(crate) fn outside(
        &self,
        frame: &Frame<'a>,
        pointer: Handle<Expression>,
        lane: usize,
    ) -> Option<Outside> {
        let (base, index) = match frame.function.expressions[pointer] {
            Expression::Access { base, index } => (base, frame.value(index).get(lane)?),
            Expression::AccessIndex { base, index } => (base, index),
            _ => return None,
        };
        if let Some(further_in) = self.outside(frame, base, lane) {
            return Some(further_in);
        }
        let inner = self.pointee(frame.inner(self.module, base))?;
        let host = Machine::is_host(frame.inner(self.module, base));
        let parts = self.layout.parts(inner, host)?;
        let count = match inner {
            TypeInner::Array { .. } if parts.count == u32::MAX => {
                self.elements(frame, base, lane, parts.apart)?
            }
            _ => parts.count,
        };
        (index >= count).then_some(Outside { index, count })
    }

    /// Elements of a runtime-sized array, as many as are bound.
    pub(crate) fn elements(
        &self,
        frame: &Frame<'a>,
        array: Handle<Expression>,
        lane: usize,
        apart: u32,
    ) -> Option<u32> {
        let pointer = self.pointer(frame, array)?;
        let Root::Global(variable) = pointer.root else {
            return None;
        };
        let words = self.bound_words(variable)? as u32;
        Some(words.saturating_sub(pointer.offsets.of(lane)) / apart.max(1))
    }
}
