//! Changes that any WGSL has places for.

use std::collections::HashSet;
use std::ops::Range;

use naga::{BinaryOperator, Expression, Function, Handle, Literal, Span, Statement};

use super::Mutant;
use crate::finding::Place;
use crate::lint::{functions, spans};
use crate::shader::Shader;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operator {
    /// A barrier is dropped.
    DropBarrier,
    /// The operands of a difference, quotient, remainder or shift change places.
    SwapOperands,
    /// An index is one too large.
    ShiftIndex,
    /// `<` is `<=`, `==` is `!=`, and so on.
    ChangeComparison,
    /// `+` is `-`, `*` is `/`, and back.
    ChangeArithmetic,
    /// A store is dropped.
    DropStore,
    /// A number is one too large, `true` is `false`.
    ChangeConstant,
    /// A loop ends an iteration early.
    SkipLastIteration,
}

impl Operator {
    fn what(self) -> &'static str {
        match self {
            Operator::DropBarrier => "a barrier is dropped",
            Operator::SwapOperands => "operands are exchanged",
            Operator::ShiftIndex => "an index is one too large",
            Operator::ChangeComparison => "a comparison is another",
            Operator::ChangeArithmetic => "an operation is another",
            Operator::DropStore => "a store is dropped",
            Operator::ChangeConstant => "a constant is another",
            Operator::SkipLastIteration => "a loop ends an iteration early",
        }
    }
}

/// Every mutant of a shader, in the order of the text.
pub fn mutants(shader: &Shader) -> Vec<Mutant> {
    let mut edits = Edits {
        source: &shader.source,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    for function in functions(&shader.module) {
        edits.function(function);
    }
    edits
        .found
        .sort_by_key(|(range, _)| (range.start, range.end));
    edits.found.into_iter().map(|(_, mutant)| mutant).collect()
}

struct Edits<'a> {
    source: &'a str,
    seen: HashSet<(Range<usize>, String)>,
    found: Vec<(Range<usize>, Mutant)>,
}

impl<'a> Edits<'a> {
    fn text(&self, span: Span) -> Option<(Range<usize>, &'a str)> {
        let range = span.to_range().filter(|range| range.start < range.end)?;
        Some((range.clone(), self.source.get(range)?))
    }

    fn edit(&mut self, operator: Operator, range: Range<usize>, by: String) {
        if !self.seen.insert((range.clone(), by.clone())) {
            return;
        }
        let mut source = self.source.to_owned();
        source.replace_range(range.clone(), &by);
        let mutant = Mutant {
            what: operator.what().to_owned(),
            place: Place::of(self.source, range.clone()),
            replaced: self.source[range.clone()].to_owned(),
            by,
            source,
        };
        self.found.push((range, mutant));
    }

    fn function(&mut self, function: &Function) {
        let expressions = &function.expressions;
        let span_of = |expression: Handle<Expression>| expressions.get_span(expression);
        for (handle, expression) in expressions.iter() {
            match *expression {
                Expression::Binary { op, left, right } => {
                    self.binary(op, span_of(left), span_of(right));
                }
                Expression::Access { index, .. } => {
                    if let Some((range, text)) = self.text(span_of(index)) {
                        self.edit(Operator::ShiftIndex, range, format!("({text}) + 1"));
                    }
                }
                Expression::Literal(literal) => self.literal(literal, span_of(handle)),
                _ => {}
            }
        }
        spans(&function.body, &mut |statement, span| match statement {
            Statement::ControlBarrier(_) => {
                if let Some((range, text)) = self.text(span)
                    && text.contains("Barrier")
                {
                    self.edit(Operator::DropBarrier, range, String::new());
                }
            }
            Statement::Store { pointer, .. } => {
                // The initial value of a variable is a store as well, but no text of its own.
                let is_assignment = |text: &str| {
                    let target = text.split('=').next().unwrap_or_default().trim_end();
                    text.contains('=') && !target.starts_with("var") && !target.starts_with("let")
                };
                let target = span_of(*pointer).to_range();
                if let Some((range, text)) = self.text(span)
                    && is_assignment(text)
                    && target
                        .is_some_and(|target| target.start >= range.start && target.end < range.end)
                {
                    self.edit(Operator::DropStore, range, String::new());
                }
            }
            Statement::Loop { body, .. } => self.last_iteration(function, body),
            _ => {}
        });
    }

    fn binary(&mut self, op: BinaryOperator, left: Span, right: Span) {
        let (Some((left, a)), Some((right, b))) = (self.text(left), self.text(right)) else {
            return;
        };
        let Some(between) = self.source.get(left.end..right.start) else {
            return;
        };
        if let Some((operator, from, to)) = other(op)
            && let Some(at) = between.find(from)
            && !between.contains("//")
            && !between.contains("/*")
        {
            let at = left.end + at;
            self.edit(operator, at..at + from.len(), to.to_owned());
        }
        let ordered = matches!(
            op,
            BinaryOperator::Subtract
                | BinaryOperator::Divide
                | BinaryOperator::Modulo
                | BinaryOperator::ShiftLeft
                | BinaryOperator::ShiftRight
        );
        if ordered && !between.contains(['(', ')', '=']) {
            let by = format!("{b}{between}{a}");
            self.edit(Operator::SwapOperands, left.start..right.end, by);
        }
    }

    fn literal(&mut self, literal: Literal, span: Span) {
        let Some((range, text)) = self.text(span) else {
            return;
        };
        match literal {
            Literal::Bool(value) if text == value.to_string() => {
                self.edit(Operator::ChangeConstant, range, (!value).to_string());
            }
            // What is folded from several, or stands for a step of `++`, is no literal of the text.
            _ if text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.')
                && text
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '.') =>
            {
                self.edit(Operator::ChangeConstant, range, format!("({text} + 1)"));
            }
            _ => {}
        }
    }

    /// `for (…; k < n; …)`: the loop begins with a branch that leaves it.
    fn last_iteration(&mut self, function: &Function, body: &naga::Block) {
        let first = body.iter().find(|s| !matches!(s, Statement::Emit(_)));
        let Some(Statement::If {
            condition, reject, ..
        }) = first
        else {
            return;
        };
        if !reject.iter().any(|s| matches!(s, Statement::Break)) {
            return;
        }
        if let Expression::Binary { op, left, .. } = function.expressions[*condition]
            && matches!(op, BinaryOperator::Less | BinaryOperator::LessEqual)
            && let Some((range, text)) = self.text(function.expressions.get_span(left))
        {
            self.edit(Operator::SkipLastIteration, range, format!("({text}) + 1"));
        }
    }
}

/// What an operator is changed to.
fn other(op: BinaryOperator) -> Option<(Operator, &'static str, &'static str)> {
    use BinaryOperator as Op;
    let comparison = |from, to| Some((Operator::ChangeComparison, from, to));
    let arithmetic = |from, to| Some((Operator::ChangeArithmetic, from, to));
    match op {
        Op::Less => comparison("<", "<="),
        Op::LessEqual => comparison("<=", "<"),
        Op::Greater => comparison(">", ">="),
        Op::GreaterEqual => comparison(">=", ">"),
        Op::Equal => comparison("==", "!="),
        Op::NotEqual => comparison("!=", "=="),
        Op::Add => arithmetic("+", "-"),
        Op::Subtract => arithmetic("-", "+"),
        Op::Multiply => arithmetic("*", "/"),
        Op::Divide => arithmetic("/", "*"),
        _ => None,
    }
}
