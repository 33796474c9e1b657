//! The invocations of a workgroup, in step: their statements. What expressions are and where pointers point is in
//! `expressions.rs`.

use std::collections::HashMap;

use naga::valid::FunctionInfo;
use naga::{
    Block, BuiltIn, Expression, Function, FunctionArgument, GatherMode, Handle, LocalVariable,
    Span, Statement, SwitchValue,
};

use super::Launch;
use super::memory::Memory;
use super::values::{UNKNOWN, Value};
use crate::support::kernels::Shader;
use crate::support::lint::Rule;

/// Iterations after which a loop is given up.
const ENDLESS: usize = 10_000;

/// Which invocations are there.
pub(super) type Mask = Vec<bool>;

/// A value an invocation.
pub(super) type Values = Vec<Value>;

/// A workgroup that runs.
pub struct Workgroup<'a, 'm> {
    pub(super) shader: &'a Shader,
    launch: &'a Launch,
    id: [u32; 3],
    size: [u32; 3],
    pub(super) invocations: usize,
    pub(super) memory: &'m mut Memory<'a>,
}

/// A function that runs.
pub(super) struct Frame<'a> {
    pub(super) function: &'a Function,
    pub(super) info: &'a FunctionInfo,
    pub(super) arguments: Vec<Values>,
    pub(super) values: HashMap<Handle<Expression>, Values>,
    pub(super) locals: HashMap<Handle<LocalVariable>, Values>,
    result: Values,
    returned: Mask,
    /// Left the innermost loop or switch.
    broken: Mask,
    /// Gone on to the next iteration.
    continued: Mask,
}

fn none(mask: &[bool]) -> bool {
    !mask.contains(&true)
}

fn union(a: &[bool], b: &[bool]) -> Mask {
    a.iter().zip(b).map(|(a, b)| a | b).collect()
}

fn without(a: &[bool], b: &[bool]) -> Mask {
    a.iter().zip(b).map(|(a, b)| a & !b).collect()
}

impl<'a, 'm> Workgroup<'a, 'm> {
    pub fn new(
        shader: &'a Shader,
        launch: &'a Launch,
        id: [u32; 3],
        memory: &'m mut Memory<'a>,
    ) -> Self {
        let size = shader.module.entry_points[0].workgroup_size;
        Workgroup {
            shader,
            launch,
            id,
            size,
            invocations: size.iter().product::<u32>() as usize,
            memory,
        }
    }

    pub fn run(&mut self) {
        let shader = self.shader;
        let entry = &shader.module.entry_points[0];
        let arguments = entry.function.arguments.iter();
        let arguments = arguments.map(|argument| self.built_in(argument)).collect();
        let info = shader.info.get_entry_point(0);
        let everyone = vec![true; self.invocations];
        self.call(&entry.function, info, arguments, everyone);
    }

    fn built_in(&self, argument: &FunctionArgument) -> Values {
        let Some(naga::Binding::BuiltIn(built_in)) = argument.binding else {
            return vec![UNKNOWN; self.invocations];
        };
        let (size, lanes) = (self.size, self.launch.lanes);
        let value = |index: u32| -> Value {
            let local = [
                index % size[0],
                index / size[0] % size[1],
                index / (size[0] * size[1]),
            ];
            let vector = |v: [u32; 3]| [Some(v[0]), Some(v[1]), Some(v[2]), None];
            match built_in {
                BuiltIn::LocalInvocationIndex => [Some(index); 4],
                BuiltIn::LocalInvocationId => vector(local),
                BuiltIn::WorkGroupId => vector(self.id),
                BuiltIn::NumWorkGroups => vector(self.launch.groups),
                BuiltIn::WorkGroupSize => vector(size),
                BuiltIn::GlobalInvocationId => vector(std::array::from_fn(|axis| {
                    self.id[axis] * size[axis] + local[axis]
                })),
                BuiltIn::SubgroupId => [Some(index / lanes); 4],
                BuiltIn::SubgroupInvocationId => [Some(index % lanes); 4],
                BuiltIn::SubgroupSize => [Some(lanes); 4],
                BuiltIn::NumSubgroups => [Some(self.invocations as u32 / lanes); 4],
                _ => UNKNOWN,
            }
        };
        (0..self.invocations as u32).map(value).collect()
    }

    fn call(
        &mut self,
        function: &'a Function,
        info: &'a FunctionInfo,
        arguments: Vec<Values>,
        active: Mask,
    ) -> Values {
        let nobody = vec![false; self.invocations];
        let mut frame = Frame {
            function,
            info,
            arguments,
            values: HashMap::new(),
            locals: HashMap::new(),
            result: vec![UNKNOWN; self.invocations],
            returned: nobody.clone(),
            broken: nobody.clone(),
            continued: nobody,
        };
        for (handle, variable) in function.local_variables.iter() {
            let initial = match variable.init {
                Some(init) => self.all(&frame, init),
                None => vec![[Some(0); 4]; self.invocations],
            };
            frame.locals.insert(handle, initial);
        }
        self.block(&mut frame, &function.body, active);
        frame.result
    }

    /// Runs a block for those that are there; returns who arrives at its end.
    fn block(&mut self, frame: &mut Frame<'a>, block: &'a Block, mut active: Mask) -> Mask {
        for (statement, span) in block.span_iter() {
            if none(&active) {
                break;
            }
            active = self.statement(frame, statement, *span, active);
        }
        active
    }

    fn statement(
        &mut self,
        frame: &mut Frame<'a>,
        statement: &'a Statement,
        span: Span,
        active: Mask,
    ) -> Mask {
        match statement {
            Statement::Emit(range) => {
                range
                    .clone()
                    .for_each(|expression| self.emit(frame, expression, &active));
                active
            }
            Statement::Block(inner) => self.block(frame, inner, active),
            Statement::If {
                condition,
                accept,
                reject,
            } => {
                // Where the condition is not known, both ways are gone.
                let condition = self.all(frame, *condition);
                let choose = |way: u32| -> Mask {
                    let takes = |value: &Value| value[0].is_none_or(|x| x == way);
                    let pairs = active.iter().zip(&condition);
                    pairs.map(|(&there, value)| there && takes(value)).collect()
                };
                let accepted = self.block(frame, accept, choose(1));
                let rejected = self.block(frame, reject, choose(0));
                union(&accepted, &rejected)
            }
            Statement::Switch { selector, cases } => {
                let selector = self.all(frame, *selector);
                let outer = std::mem::replace(&mut frame.broken, vec![false; self.invocations]);
                let mut waiting = active;
                let mut falling = vec![false; self.invocations];
                let mut done = vec![false; self.invocations];
                for case in cases {
                    let chosen: Mask = waiting
                        .iter()
                        .zip(&selector)
                        .map(|(&there, value)| {
                            there
                                && match case.value {
                                    SwitchValue::U32(x) => value[0].is_none_or(|v| v == x),
                                    SwitchValue::I32(x) => value[0].is_none_or(|v| v == x as u32),
                                    SwitchValue::Default => true,
                                }
                        })
                        .collect();
                    let known: Mask = selector.iter().map(|value| value[0].is_some()).collect();
                    let gone: Mask = chosen.iter().zip(&known).map(|(c, k)| c & k).collect();
                    waiting = without(&waiting, &gone);
                    let end = self.block(frame, &case.body, union(&chosen, &falling));
                    if case.fall_through {
                        falling = end;
                    } else {
                        falling.fill(false);
                        done = union(&done, &end);
                    }
                }
                done = union(&done, &frame.broken);
                frame.broken = outer;
                done
            }
            Statement::Loop {
                body,
                continuing,
                break_if,
            } => {
                let nobody = vec![false; self.invocations];
                let broken = std::mem::replace(&mut frame.broken, nobody.clone());
                let continued = std::mem::replace(&mut frame.continued, nobody);
                let mut live = active.clone();
                let mut iterations = 0;
                while !none(&live) {
                    let end = self.block(frame, body, live);
                    let next = union(&end, &frame.continued);
                    frame.continued.fill(false);
                    live = self.block(frame, continuing, next);
                    if let Some(condition) = break_if {
                        let condition = self.all(frame, *condition);
                        let ends: Mask =
                            condition.iter().map(|value| value[0] != Some(0)).collect();
                        live = without(&live, &ends);
                    }
                    iterations += 1;
                    if iterations == ENDLESS {
                        self.memory.report(Rule::Opaque, span, "a loop".to_owned());
                        break;
                    }
                }
                frame.broken = broken;
                frame.continued = continued;
                without(&active, &frame.returned)
            }
            Statement::Break => {
                frame.broken = union(&frame.broken, &active);
                vec![false; self.invocations]
            }
            Statement::Continue => {
                frame.continued = union(&frame.continued, &active);
                vec![false; self.invocations]
            }
            Statement::Return { value } => {
                if let Some(value) = value {
                    for lane in (0..self.invocations).filter(|&lane| active[lane]) {
                        frame.result[lane] = self.value(frame, *value, lane);
                    }
                }
                frame.returned = union(&frame.returned, &active);
                vec![false; self.invocations]
            }
            Statement::ControlBarrier(_) => {
                self.barrier(&active, span);
                active
            }
            Statement::WorkGroupUniformLoad { pointer, result } => {
                self.barrier(&active, span);
                let values = self.load(frame, *pointer, span, &active);
                frame.values.insert(*result, values);
                self.memory.epoch += 1;
                active
            }
            Statement::Store { pointer, value } => {
                self.store(frame, *pointer, *value, span, &active);
                active
            }
            Statement::Call {
                function,
                arguments,
                result,
            } => {
                let arguments = arguments.iter().map(|&a| self.all(frame, a)).collect();
                let shader = self.shader;
                let (callee, info) = (&shader.module.functions[*function], &shader.info[*function]);
                let value = self.call(callee, info, arguments, active.clone());
                if let Some(result) = result {
                    frame.values.insert(*result, value);
                }
                active
            }
            Statement::SubgroupGather {
                mode: GatherMode::Broadcast(from),
                argument,
                result,
            } => {
                let lanes = self.launch.lanes as usize;
                let gathered = (0..self.invocations).map(|lane| {
                    let from = self.value(frame, *from, lane)[0];
                    from.map_or(UNKNOWN, |from| {
                        self.value(
                            frame,
                            *argument,
                            lane / lanes * lanes + from as usize % lanes,
                        )
                    })
                });
                let gathered = gathered.collect();
                frame.values.insert(*result, gathered);
                active
            }
            // Atomics order themselves; what they and other subgroup operations return is not computed.
            _ => active,
        }
    }

    fn barrier(&mut self, active: &Mask, span: Span) {
        let missing = active.iter().filter(|there| !**there).count();
        if missing > 0 {
            let detail = format!("{missing} of {} invocations never reach it", active.len());
            self.memory.report(Rule::Divergence, span, detail);
        }
        self.memory.epoch += 1;
    }
}
