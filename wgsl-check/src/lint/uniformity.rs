//! Barriers and subgroup operations that not every invocation of a workgroup reaches, and words that several store
//! to, as far as the text shows it.
//!
//! A value is uniform if it comes from constants, uniforms, the workgroup's place, or read-only memory at a
//! uniform index. A local variable is uniform if all it is ever given is, in uniform control flow. A break,
//! continue or return in non-uniform flow makes what may follow it non-uniform: to the end of the loop or
//! function. A subgroup operation could stand where whole subgroups part ways; no kernel needs that, so it is held
//! to the rule of barriers.
//!
//! A store is shared if its index is the same for all invocations of a workgroup of several, unless it stands in
//! a branch that one invocation alone takes: `if index == 0u`, with an id that no two have in common. Stores whose
//! index differs may still meet; the simulation sees that.

mod values;

use std::collections::HashSet;

use naga::{
    Binding, Block, BuiltIn, Expression, Function, Handle, LocalVariable, Module, Span, Statement,
};

use super::walk::statements;
use crate::finding::Finding;
use crate::rule::Rule;

/// Divergent barriers and subgroup operations and shared stores of the entry points and of what they call.
pub fn findings(module: &Module, source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let computing = |entry: &&naga::EntryPoint| entry.stage == naga::ShaderStage::Compute;
    for entry in module.entry_points.iter().filter(computing) {
        let arguments = entry.function.arguments.iter().map(|argument| {
            !matches!(
                argument.binding,
                Some(Binding::BuiltIn(
                    BuiltIn::WorkGroupId | BuiltIn::NumWorkGroups | BuiltIn::WorkGroupSize
                ))
            )
        });
        let mut flow = Flow {
            module,
            source,
            size: entry.workgroup_size,
            function: &entry.function,
            arguments: arguments.collect(),
            varying: HashSet::new(),
            findings: Vec::new(),
        };
        flow.run(false, false);
        findings.extend(flow.findings);
    }
    findings
}

/// Which non-uniform exits a block may have taken.
#[derive(Clone, Copy, Default)]
struct Exits {
    /// Out of the innermost loop, or to its next iteration.
    iteration: bool,
    function: bool,
}

impl Exits {
    fn add(&mut self, other: Exits) {
        self.iteration |= other.iteration;
        self.function |= other.function;
    }
}

/// The local variable of a function that a pointer points into.
fn root(function: &Function, pointer: Handle<Expression>) -> Option<Handle<LocalVariable>> {
    match function.expressions[pointer] {
        Expression::LocalVariable(variable) => Some(variable),
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => {
            root(function, base)
        }
        _ => None,
    }
}

/// Who takes the way to a statement.
#[derive(Clone, Copy)]
struct Way {
    /// Whether it may differ within a workgroup.
    divergent: bool,
    /// Whether one invocation of a workgroup alone takes it.
    alone: bool,
}

struct Flow<'a> {
    module: &'a Module,
    source: &'a str,
    /// Invocations of a workgroup along each axis.
    size: [u32; 3],
    function: &'a Function,
    /// Whether an argument may differ within a workgroup.
    arguments: Vec<bool>,
    /// Local variables that may differ within a workgroup.
    varying: HashSet<Handle<LocalVariable>>,
    findings: Vec<Finding>,
}

impl<'a> Flow<'a> {
    fn run(&mut self, divergent: bool, alone: bool) {
        // What a local variable holds may depend on a store further down, so until nothing new is found.
        loop {
            let known = self.varying.len();
            self.findings.clear();
            let function = self.function;
            self.block(&function.body, Way { divergent, alone });
            if self.varying.len() == known {
                break;
            }
        }
    }

    fn report(&mut self, rule: Rule, span: Span, detail: &str) {
        let finding = Finding::new(rule, detail).at(self.source, span);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn block(&mut self, block: &Block, way: Way) -> Exits {
        let mut exits = Exits::default();
        for (statement, span) in block.span_iter() {
            let way = Way {
                divergent: way.divergent || exits.iteration || exits.function,
                ..way
            };
            let inner = self.statement(statement, *span, way);
            exits.add(inner);
        }
        exits
    }

    fn statement(&mut self, statement: &Statement, span: Span, way: Way) -> Exits {
        match statement {
            Statement::ControlBarrier(_) | Statement::WorkGroupUniformLoad { .. } => {
                if way.divergent {
                    let detail = "it stands where control flow may differ within a workgroup";
                    self.report(Rule::Divergence, span, detail);
                }
                Exits::default()
            }
            Statement::SubgroupBallot { .. }
            | Statement::SubgroupGather { .. }
            | Statement::SubgroupCollectiveOperation { .. } => {
                if way.divergent {
                    let detail = "it stands where control flow may differ within a subgroup";
                    self.report(Rule::Subgroup, span, detail);
                }
                Exits::default()
            }
            Statement::Store { pointer, value } => {
                self.store(*pointer, *value, span, way);
                Exits::default()
            }
            Statement::Call {
                function,
                arguments,
                ..
            } => {
                self.call(&self.module.functions[*function], arguments, way);
                Exits::default()
            }
            Statement::Block(inner) => self.block(inner, way),
            Statement::If {
                condition,
                accept,
                reject,
            } => {
                let divergent = way.divergent || self.varies(*condition);
                let accepted = Way {
                    divergent,
                    alone: way.alone || self.picks_one(*condition),
                };
                let mut exits = self.block(accept, accepted);
                exits.add(self.block(reject, Way { divergent, ..way }));
                exits
            }
            Statement::Switch { selector, cases } => {
                let divergent = way.divergent || self.varies(*selector);
                let mut exits = Exits::default();
                for case in cases {
                    exits.add(self.block(&case.body, Way { divergent, ..way }));
                }
                exits
            }
            Statement::Loop {
                body,
                continuing,
                break_if,
            } => self.repeat(body, continuing, *break_if, way),
            Statement::Break | Statement::Continue => Exits {
                iteration: way.divergent,
                function: false,
            },
            Statement::Return { .. } => Exits {
                iteration: false,
                function: way.divergent,
            },
            _ => Exits::default(),
        }
    }

    fn repeat(
        &mut self,
        body: &Block,
        continuing: &Block,
        break_if: Option<Handle<Expression>>,
        way: Way,
    ) -> Exits {
        let mut first = self.block(body, way);
        first.add(self.block(continuing, way));
        let leaves_early =
            first.iteration || first.function || break_if.is_some_and(|end| self.varies(end));
        if leaves_early && !way.divergent {
            // From the second iteration on, not all invocations are there.
            let way = Way {
                divergent: true,
                ..way
            };
            self.block(body, way);
            self.block(continuing, way);
        }
        Exits {
            iteration: false,
            function: first.function,
        }
    }

    fn store(
        &mut self,
        pointer: Handle<Expression>,
        value: Handle<Expression>,
        span: Span,
        way: Way,
    ) {
        if let Some(variable) = self.local(pointer) {
            if way.divergent || self.varies(value) || self.varies_index(pointer) {
                self.varying.insert(variable);
            }
            return;
        }
        let several = self.size.iter().any(|&n| n > 1) && !self.is_own(pointer);
        if several && !way.alone && !self.varies_index(pointer) && !self.is_atomic(pointer) {
            let detail = "the index is the same for all invocations of a workgroup";
            self.report(Rule::SharedStore, span, detail);
        }
    }

    /// Looks into a function for the barriers, subgroup operations and stores it has, as it is called here.
    fn call(&mut self, callee: &'a Function, arguments: &[Handle<Expression>], way: Way) {
        let mut matters = false;
        statements(&callee.body, &mut |statement| {
            matters |= matches!(
                statement,
                Statement::ControlBarrier(_)
                    | Statement::WorkGroupUniformLoad { .. }
                    | Statement::SubgroupBallot { .. }
                    | Statement::SubgroupGather { .. }
                    | Statement::SubgroupCollectiveOperation { .. }
                    | Statement::Call { .. }
            ) || matches!(statement, Statement::Store { pointer, .. }
                if root(callee, *pointer).is_none());
        });
        if matters {
            let mut flow = Flow {
                module: self.module,
                source: self.source,
                size: self.size,
                function: callee,
                arguments: arguments.iter().map(|&a| self.varies(a)).collect(),
                varying: HashSet::new(),
                findings: Vec::new(),
            };
            flow.run(way.divergent, way.alone);
            for finding in flow.findings {
                if !self.findings.contains(&finding) {
                    self.findings.push(finding);
                }
            }
        }
    }

    /// The local variable that a pointer points into.
    fn local(&self, pointer: Handle<Expression>) -> Option<Handle<LocalVariable>> {
        root(self.function, pointer)
    }
}
