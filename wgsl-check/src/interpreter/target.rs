//! [`Target`]: a pointer with what it points at.

use std::rc::Rc;

use naga::{Expression, Handle};

use super::pointer::Pointer;
use crate::layout::Shape;

/// A pointer with what it points at.
pub(crate) struct Target {
    pub pointer: Pointer,
    /// The expression that it is.
    pub expression: Handle<Expression>,
    /// Where its words lie, counted from the pointer's offset.
    pub words: Rc<[u32]>,
    pub shape: Option<Shape>,
    pub atomic: bool,
}
