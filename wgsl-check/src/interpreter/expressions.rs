//! What expressions are for the invocations of a workgroup.

use naga::{BinaryOperator, Expression, Handle, ScalarKind, Span, TypeInner};

use super::arithmetic::{binary, convert, relational, unary};
use super::frame::Frame;
use super::machine::Machine;
use super::value::{Mask, Operand, Taint, Values};
use super::{geometry, math, packing};
use crate::layout::Shape;
use crate::rule::Rule;

impl<'a> Machine<'a> {
    /// Computes an expression for all; loads and findings are of those alone that are there.
    pub(crate) fn emit(
        &mut self,
        frame: &mut Frame<'a>,
        expression: Handle<Expression>,
        mask: &Mask,
    ) {
        let span = frame.function.expressions.get_span(expression);
        let inner = frame.inner(self.module, expression);
        if inner.pointer_space().is_some() {
            let pointer = match frame.function.expressions[expression] {
                Expression::Access { base, index } => self.step_by(frame, base, frame.value(index)),
                Expression::AccessIndex { base, index } => self.step_to(frame, base, index),
                _ => None,
            };
            frame.pointers[expression.index()] = pointer;
            return;
        }
        let mut out = std::mem::take(&mut frame.values[expression.index()]);
        match self.compute(frame, &mut out, expression, span, mask) {
            Ok(()) => self.note_births(frame, &out, expression, span, mask),
            Err(what) => {
                self.opaque(span, what);
                let count = self.layout.flat_of(frame.inner(self.module, expression));
                out = Values::unknown(count.unwrap_or(1) as usize, self.lanes);
            }
        }
        frame.values[expression.index()] = out;
    }

    /// Fails with the name of what is not followed.
    fn compute(
        &mut self,
        frame: &Frame<'a>,
        out: &mut Values,
        expression: Handle<Expression>,
        span: Span,
        mask: &Mask,
    ) -> Result<(), &'static str> {
        let lanes = self.lanes;
        let operand = |operand: Handle<Expression>| frame.operand(operand, lanes);
        match frame.function.expressions[expression] {
            Expression::Load { pointer } => {
                *out = self.load(frame, pointer, expression, span, mask);
            }
            Expression::Compose { ty, ref components } => {
                self.layout
                    .flat(ty)
                    .ok_or("a value of a type that is not followed")?;
                let parts: Vec<Operand> = components.iter().map(|&c| operand(c)).collect();
                concatenate(out, &parts, lanes);
            }
            Expression::Splat { size, value } => {
                let value = operand(value);
                concatenate(out, &vec![value; size as usize], lanes);
            }
            Expression::Swizzle {
                size,
                vector,
                pattern,
            } => {
                let of = operand(vector).values;
                let parts = pattern[..size as usize].iter();
                let parts: Vec<Values> = parts
                    .map(|&component| slice(of, component as usize, 1, lanes))
                    .collect();
                let parts: Vec<Operand> = parts
                    .iter()
                    .map(|values| Operand { values, count: 1 })
                    .collect();
                concatenate(out, &parts, lanes);
            }
            Expression::AccessIndex { base, index } => {
                let inner = frame.inner(self.module, base);
                let count = self.layout.flat_of(frame.inner(self.module, expression));
                let count = count.ok_or("a value of a type that is not followed")? as usize;
                let first = match inner {
                    TypeInner::Struct { .. } => self.layout.flat_member(inner, index),
                    _ => self.layout.parts(inner, false).map(|p| index * p.apart),
                };
                let first = first.ok_or("a part of a value of a type that is not followed")?;
                *out = slice(operand(base).values, first as usize, count, lanes);
            }
            Expression::Access { base, index } => {
                self.choose(frame, out, base, index, span, mask)?;
            }
            Expression::Unary { op, expr } => {
                let kind = self.kind(frame, expr)?;
                unary(out, op, kind, operand(expr), lanes);
            }
            Expression::Binary { op, left, right } => {
                let shapes = [self.shape(frame, left)?, self.shape(frame, right)?];
                let operands = [operand(left), operand(right)];
                let is_matrix = shapes.iter().any(|shape| shape.columns > 1);
                if op == BinaryOperator::Multiply
                    && is_matrix
                    && shapes.iter().all(|shape| shape.words() > 1)
                {
                    geometry::multiply(out, operands, shapes, lanes);
                } else {
                    let count = operands[0].count.max(operands[1].count);
                    binary(out, op, shapes[0].kind, operands, count, lanes);
                }
            }
            Expression::Select {
                condition,
                accept,
                reject,
            } => select(out, [condition, accept, reject].map(operand), lanes),
            Expression::Relational { fun, argument } => {
                relational(out, fun, operand(argument), lanes);
            }
            Expression::Math {
                fun,
                arg,
                arg1,
                arg2,
                arg3,
            } => {
                let shape = self.shape(frame, arg)?;
                let given = [Some(arg), arg1, arg2, arg3].into_iter().flatten();
                let operands: Vec<Operand> = given.map(operand).collect();
                let count = self.layout.flat_of(frame.inner(self.module, expression));
                let count = count.ok_or("a function of a type that is not followed")? as usize;
                let done = math::each(out, fun, shape.kind, &operands, count, lanes)
                    || geometry::whole(out, fun, shape, &operands, count, lanes)
                    || packing::pack(out, fun, operands[0], lanes);
                if !done {
                    return Err("a built-in function that is not followed");
                }
            }
            Expression::As {
                expr,
                kind,
                convert: width,
            } => {
                self.shape(frame, expression)?;
                let from = self.kind(frame, expr)?;
                convert(out, operand(expr), [from, kind], width.is_none(), lanes);
            }
            Expression::ArrayLength(array) => {
                let inner = frame.inner(self.module, array);
                let parts = self.pointee(inner).and_then(|i| self.layout.parts(i, true));
                let length = parts.and_then(|p| self.elements(frame, array, 0, p.apart));
                let length = length.ok_or("the length of an array that is not followed")?;
                *out = Values::splat(&[length], lanes);
            }
            Expression::ImageSample { .. }
            | Expression::ImageLoad { .. }
            | Expression::ImageQuery { .. } => return Err("a texture"),
            Expression::Derivative { .. } => return Err("a derivative"),
            Expression::CooperativeLoad { .. } | Expression::CooperativeMultiplyAdd { .. } => {
                return Err("a cooperative matrix");
            }
            Expression::RayQueryVertexPositions { .. }
            | Expression::RayQueryProceedResult
            | Expression::RayQueryGetIntersection { .. } => return Err("a ray query"),
            _ => return Err("an expression that is not followed"),
        }
        Ok(())
    }

    fn shape(
        &self,
        frame: &Frame<'a>,
        expression: Handle<Expression>,
    ) -> Result<Shape, &'static str> {
        let shape = frame.shape(self.module, expression);
        shape.ok_or("a number of another width than 32 bits")
    }

    fn kind(
        &self,
        frame: &Frame<'a>,
        expression: Handle<Expression>,
    ) -> Result<ScalarKind, &'static str> {
        self.shape(frame, expression).map(|shape| shape.kind)
    }

    /// The part of a value that an index chooses.
    fn choose(
        &mut self,
        frame: &Frame<'a>,
        out: &mut Values,
        base: Handle<Expression>,
        index: Handle<Expression>,
        span: Span,
        mask: &Mask,
    ) -> Result<(), &'static str> {
        let lanes = self.lanes;
        let parts = self
            .layout
            .parts(frame.inner(self.module, base), false)
            .ok_or("a part of a value of a type that is not followed")?;
        let (of, index) = (frame.value(base), frame.value(index));
        let apart = parts.apart as usize;
        out.reset(apart * lanes);
        for lane in 0..lanes {
            let chosen = index.get(lane);
            for part in 0..apart {
                let word = chosen
                    .filter(|&index| index < parts.count)
                    .and_then(|index| of.get((index as usize * apart + part) * lanes + lane));
                out.set(part * lanes + lane, word);
            }
            if let Some(index) = chosen.filter(|&index| index >= parts.count && mask.has(lane)) {
                let detail = format!("a value's part {index} of {}", parts.count);
                let invocation = self.invocation(lane);
                if let Some(finding) = self.report(Rule::Bounds, span, detail) {
                    finding.invocations.push(invocation);
                }
            }
        }
        Ok(())
    }

    /// Notes who made a NaN of numbers that are none.
    fn note_births(
        &mut self,
        frame: &Frame<'a>,
        out: &Values,
        expression: Handle<Expression>,
        span: Span,
        mask: &Mask,
    ) {
        let is_nan = |word: &u32| word & 0x7fff_ffff > 0x7f80_0000;
        let operands: Vec<Handle<Expression>> = match frame.function.expressions[expression] {
            Expression::Binary { left, right, .. } => vec![left, right],
            Expression::Math {
                arg,
                arg1,
                arg2,
                arg3,
                ..
            } => [Some(arg), arg1, arg2, arg3]
                .into_iter()
                .flatten()
                .collect(),
            _ => return,
        };
        let float = |e: &Handle<Expression>| {
            frame
                .shape(self.module, *e)
                .is_some_and(|shape| shape.kind == ScalarKind::Float)
        };
        if out.taint == Taint::All || !float(&expression) || !out.words.iter().any(is_nan) {
            return;
        }
        let lanes = self.lanes;
        let has_nan = |values: &Values, lane: usize| {
            let words = values.words.iter().skip(lane).step_by(lanes);
            words.into_iter().any(is_nan)
        };
        for lane in mask.lanes() {
            let made = (lane..out.words.len())
                .step_by(lanes)
                .any(|word| is_nan(&out.words[word]) && !out.is_unknown(word));
            let mut from = operands.iter().filter(|operand| float(operand));
            if made && !from.any(|&operand| has_nan(frame.value(operand), lane)) {
                self.births[lane] = Some(span);
            }
        }
    }
}

/// The components from one on.
fn slice(values: &Values, first: usize, count: usize, lanes: usize) -> Values {
    let range = first * lanes..(first + count) * lanes;
    Values {
        words: values
            .words
            .get(range.clone())
            .map_or_else(|| vec![0; count * lanes], <[u32]>::to_vec),
        taint: match &values.taint {
            Taint::None => Taint::None,
            Taint::All => Taint::All,
            Taint::Some(unknown) => match unknown.get(range) {
                Some(unknown) if !unknown.contains(&true) => Taint::None,
                Some(unknown) => Taint::Some(unknown.to_vec()),
                None => Taint::All,
            },
        },
    }
}

fn concatenate(out: &mut Values, parts: &[Operand], lanes: usize) {
    out.words.clear();
    for part in parts {
        out.words.extend(&part.values.words);
    }
    out.taint = if parts.iter().all(|part| part.values.taint == Taint::None) {
        Taint::None
    } else if parts.iter().all(|part| part.values.taint == Taint::All) {
        Taint::All
    } else {
        let unknown = parts
            .iter()
            .flat_map(|part| (0..part.count * lanes).map(|word| part.values.is_unknown(word)));
        Taint::Some(unknown.collect())
    };
}

/// One of two values for each component; where the condition is not known, what both have in common is.
fn select(out: &mut Values, [condition, accept, reject]: [Operand; 3], lanes: usize) {
    let count = accept.count;
    out.reset(count * lanes);
    for component in 0..count {
        for lane in 0..lanes {
            let word = component * lanes + lane;
            let of_condition = if condition.count == 1 { lane } else { word };
            let (yes, no) = (accept.values.get(word), reject.values.get(word));
            let chosen = match condition.values.get(of_condition) {
                Some(0) => no,
                Some(_) => yes,
                None if yes == no => yes,
                None => None,
            };
            out.set(word, chosen);
        }
    }
}
