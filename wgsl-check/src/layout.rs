//! Where the parts of a value lie: in registers and in memory that no host sees, one word a number without gaps; in
//! buffers as WGSL lays them out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use naga::{ArraySize, Expression, Handle, Literal, Module, ScalarKind, Type, TypeInner};

/// Words of a value that is too large to be held a word a number for each invocation.
const LARGEST: u64 = 1 << 24;

/// Kind, rows and columns of a number, vector or matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub kind: ScalarKind,
    pub rows: usize,
    /// 1 but for matrices.
    pub columns: usize,
}

impl Shape {
    pub fn of(inner: &TypeInner) -> Option<Shape> {
        let (scalar, rows, columns) = match *inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => (scalar, 1, 1),
            TypeInner::Vector { size, scalar } => (scalar, size as usize, 1),
            TypeInner::Matrix {
                columns,
                rows,
                scalar,
            } => (scalar, rows as usize, columns as usize),
            _ => return None,
        };
        let followed = match scalar.kind {
            ScalarKind::Bool => true,
            ScalarKind::Sint | ScalarKind::Uint | ScalarKind::Float => scalar.width == 4,
            ScalarKind::AbstractInt | ScalarKind::AbstractFloat => false,
        };
        followed.then_some(Shape {
            kind: scalar.kind,
            rows,
            columns,
        })
    }

    pub fn words(self) -> usize {
        self.rows * self.columns
    }
}

/// How far apart the parts of something are, in words, and how many there are.
pub(crate) struct Parts {
    pub count: u32,
    pub apart: u32,
}

/// Sizes of a module's types.
pub(crate) struct Layout<'a> {
    module: &'a Module,
    /// Words of a value without gaps, by type; none where it is not followed or has no fixed size.
    flat: Vec<Option<u32>>,
    host: RefCell<HashMap<Handle<Type>, Rc<[u32]>>>,
}

impl<'a> Layout<'a> {
    pub fn new(module: &'a Module) -> Layout<'a> {
        let mut layout = Layout {
            module,
            flat: Vec::with_capacity(module.types.len()),
            host: RefCell::default(),
        };
        // A type stands behind those that it is made of.
        for (_, ty) in module.types.iter() {
            let words = layout.flat_of(&ty.inner);
            layout.flat.push(words);
        }
        layout
    }

    /// Words of a value of this type, one a number.
    pub fn flat_of(&self, inner: &TypeInner) -> Option<u32> {
        let words = match *inner {
            TypeInner::Array { base, size, .. } => {
                u64::from(self.flat(base)?) * u64::from(length(self.module, size)?)
            }
            TypeInner::Struct { ref members, .. } => {
                let mut sum = 0;
                for member in members {
                    sum += u64::from(self.flat(member.ty)?);
                }
                sum
            }
            _ => Shape::of(inner)?.words() as u64,
        };
        u32::try_from(words).ok().filter(|_| words <= LARGEST)
    }

    /// The same by handle.
    pub fn flat(&self, ty: Handle<Type>) -> Option<u32> {
        self.flat.get(ty.index()).copied().flatten()
    }

    /// First word of a member in a value without gaps.
    pub fn flat_member(&self, inner: &TypeInner, index: u32) -> Option<u32> {
        let TypeInner::Struct { ref members, .. } = *inner else {
            return None;
        };
        let before = members.get(..index as usize)?;
        before
            .iter()
            .map(|member| self.flat(member.ty))
            .sum::<Option<u32>>()
    }

    /// The parts that an index chooses from; `host` says in which layout. None where there are none or how many is not
    /// written down.
    pub fn parts(&self, inner: &TypeInner, host: bool) -> Option<Parts> {
        Some(match *inner {
            TypeInner::Array { base, size, stride } => Parts {
                count: match size {
                    ArraySize::Dynamic => u32::MAX,
                    _ => length(self.module, size)?,
                },
                apart: if host { stride / 4 } else { self.flat(base)? },
            },
            TypeInner::Vector { size, .. } => Parts {
                count: size as u32,
                apart: 1,
            },
            TypeInner::Matrix { columns, rows, .. } => Parts {
                count: columns as u32,
                apart: if host {
                    column(rows as u32)
                } else {
                    rows as u32
                },
            },
            TypeInner::ValuePointer { size, .. } => Parts {
                count: size? as u32,
                apart: 1,
            },
            _ => return None,
        })
    }

    /// Where in a buffer the words of a value lie that are without gaps elsewhere, counted in words from its start.
    pub fn host_words(&self, ty: Handle<Type>) -> Option<Rc<[u32]>> {
        if let Some(known) = self.host.borrow().get(&ty) {
            return Some(known.clone());
        }
        let count = self.flat(ty)? as usize;
        let module = self.module;
        let mut words = Vec::with_capacity(count);
        match module.types[ty].inner {
            TypeInner::Array { base, stride, .. } => {
                let inner = self.host_words(base)?;
                let each = self.flat(base)?.max(1) as usize;
                for index in 0..(count / each) as u32 {
                    words.extend(inner.iter().map(|word| word + index * (stride / 4)));
                }
            }
            TypeInner::Struct { ref members, .. } => {
                for member in members {
                    let inner = self.host_words(member.ty)?;
                    words.extend(inner.iter().map(|word| word + member.offset / 4));
                }
            }
            TypeInner::Matrix { columns, rows, .. } => {
                for at in 0..columns as u32 {
                    words.extend((0..rows as u32).map(|row| at * column(rows as u32) + row));
                }
            }
            _ => words.extend(0..count as u32),
        }
        let words: Rc<[u32]> = words.into();
        self.host.borrow_mut().insert(ty, words.clone());
        Some(words)
    }
}

/// Elements of an array, where that is written down; an `override` has its value by then.
fn length(module: &Module, size: ArraySize) -> Option<u32> {
    let mut init = match size {
        ArraySize::Constant(count) => return Some(count.get()),
        ArraySize::Pending(handle) => module.overrides[handle].init?,
        ArraySize::Dynamic => return None,
    };
    loop {
        match module.global_expressions[init] {
            Expression::Literal(Literal::U32(count)) => return Some(count),
            Expression::Literal(Literal::I32(count)) => return u32::try_from(count).ok(),
            Expression::Constant(constant) => init = module.constants[constant].init,
            _ => return None,
        }
    }
}

/// Words from one column of a matrix to the next.
fn column(rows: u32) -> u32 {
    if rows == 2 { 2 } else { 4 }
}
