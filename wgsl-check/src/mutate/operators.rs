//! Changes that any WGSL has places for.

use std::collections::HashSet;
use std::ops::Range;

use naga::{BinaryOperator, Expression, Function, Literal, Span, Statement};

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
        for (handle, expression) in expressions.iter() {
            let span = expressions.get_span(handle);
            match *expression {
                Expression::Binary { op, .. } => self.binary(op, span),
                Expression::Access { .. } | Expression::AccessIndex { .. } => self.index(span),
                Expression::Literal(literal) => self.literal(literal, span),
                _ => {}
            }
        }
        spans(&function.body, &mut |statement, span| match statement {
            Statement::ControlBarrier(_) => self.barrier(span),
            Statement::Store { pointer, .. } => {
                self.store(span, expressions.get_span(*pointer));
            }
            Statement::Loop { body, .. } => self.last_iteration(function, body),
            _ => {}
        });
    }

    /// The place of a barrier is its name.
    fn barrier(&mut self, span: Span) {
        if let Some((range, text)) = self.text(span)
            && text.contains("Barrier")
        {
            let call = self.source[range.end..].starts_with("()");
            let end = range.end + if call { 2 } else { 0 };
            self.edit(Operator::DropBarrier, range.start..end, String::new());
        }
    }

    /// The initial value of a variable is a store as well, but no text of its own.
    fn store(&mut self, span: Span, target: Span) {
        let Some((range, text)) = self.text(span) else {
            return;
        };
        let declares = ["var", "let"].iter().any(|word| text.starts_with(word));
        let target = target.to_range();
        if text.contains('=')
            && !declares
            && target.is_some_and(|target| target.start >= range.start && target.end < range.end)
        {
            self.edit(Operator::DropStore, range, String::new());
        }
    }

    /// `x[i]`: the text between the last brackets.
    fn index(&mut self, span: Span) {
        let Some((range, text)) = self.text(span) else {
            return;
        };
        let Some(inner) = text.strip_suffix(']') else {
            return;
        };
        let mut depth = 1;
        let start = inner.char_indices().rev().find(|(_, letter)| {
            match letter {
                ']' => depth += 1,
                '[' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        if let Some((start, _)) = start {
            let index = &inner[start + 1..];
            let by = format!("({index}) + 1");
            let from = range.start + start + 1;
            self.edit(Operator::ShiftIndex, from..from + index.len(), by);
        }
    }

    fn binary(&mut self, op: BinaryOperator, span: Span) {
        let Some((range, text)) = self.text(span) else {
            return;
        };
        if let Some((operator, from, to)) = other(op)
            && let Some(at) = operator_in(text, from)
        {
            let at = range.start + at;
            self.edit(operator, at..at + from.len(), to.to_owned());
        }
        let ordered = match op {
            BinaryOperator::Subtract => "-",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::ShiftLeft => "<<",
            BinaryOperator::ShiftRight => ">>",
            _ => return,
        };
        if let Some(at) = operator_in(text, ordered) {
            let (left, right) = (text[..at].trim(), &text[at + ordered.len()..]);
            if !right.starts_with('=') && !right.trim().is_empty() {
                let by = format!("{} {ordered} {}", enclosed(right.trim()), enclosed(left));
                self.edit(Operator::SwapOperands, range, by);
            }
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
        let less = match function.expressions[*condition] {
            Expression::Binary {
                op: BinaryOperator::Less,
                ..
            } => "<",
            Expression::Binary {
                op: BinaryOperator::LessEqual,
                ..
            } => "<=",
            _ => return,
        };
        if let Some((range, text)) = self.text(function.expressions.get_span(*condition))
            && let Some(at) = operator_in(text, less)
        {
            let left = text[..at].trim_end();
            let by = format!("{} + 1", enclosed(left));
            let range = range.start..range.start + left.len();
            self.edit(Operator::SkipLastIteration, range, by);
        }
    }
}

/// An operand that keeps together.
fn enclosed(operand: &str) -> String {
    match operand.contains(' ') {
        true => format!("({operand})"),
        false => operand.to_owned(),
    }
}

/// Where the last operator of this name stands that is in no brackets: operators of one rank are taken from the left.
fn operator_in(text: &str, name: &str) -> Option<usize> {
    if text.contains("//") || text.contains("/*") {
        return None;
    }
    let (mut depth, mut found) = (0, None);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth != 0 || !text[at..].starts_with(name) {
            continue;
        }
        let before = text[..at].trim_end().chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        let has_operand =
            before.is_some_and(|c| c.is_alphanumeric() || c == ')' || c == ']' || c == '_');
        let longer = match name {
            "<" => matches!(behind, Some('=' | '<')),
            ">" => matches!(behind, Some('=' | '>')),
            "+" | "-" => behind == name.chars().next(),
            _ => false,
        };
        if has_operand && !longer {
            found = Some(at);
        }
    }
    found
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
