//! [`Machine`]: a launch that runs, workgroup by workgroup, and what it found so far.

use std::collections::{HashMap, HashSet};

use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{Expression, Function, GlobalVariable, Handle, Module, Span, TypeInner};

use super::constants;
use super::frame::Frame;
use super::pointer::Pointer;
use super::prepare::{Prepared, Where};
use super::value::{Mask, Values};
use crate::finding::{Finding, Invocation, Place};
use crate::launch::Launch;
use crate::layout::Layout;
use crate::memory::{Contents, Memory, Region, Who};
use crate::rule::Rule;
use crate::shader::Shader;

/// Functions that call one another, at most. WGSL has no recursion.
const DEPTH: usize = 200;

/// A place as what it can be found by.
type Bytes = Option<(usize, usize)>;

fn bytes(span: Span) -> Bytes {
    span.to_range().map(|range| (range.start, range.end))
}

/// Words of a value that are moved in a step.
const WORDS_A_STEP: u64 = 32;

/// The launch is given up; a finding says why.
pub(crate) struct Stop;

/// A launch that runs.
pub(crate) struct Machine<'a> {
    pub shader: &'a Shader,
    pub module: &'a Module,
    pub info: &'a ModuleInfo,
    pub launch: &'a Launch,
    prepared: &'a Prepared<'a>,
    pub layout: Layout<'a>,
    pub memory: Memory,
    /// Number of each workgroup variable's memory, by the variable's index.
    shared: Vec<Option<usize>>,
    /// Private variables, by index.
    pub privates: Vec<Values>,
    /// Local variables of all functions that run.
    pub locals: Vec<Values>,
    /// Frames of calls that are over, by function.
    frames: HashMap<Option<Handle<Function>>, Vec<Frame<'a>>>,
    depth: usize,
    pub size: [u32; 3],
    /// Invocations of a workgroup.
    pub lanes: usize,
    pub group: [u32; 3],
    number: u32,
    /// Barriers passed, one more than 0 for the launch's start.
    pub epoch: u32,
    steps: u64,
    /// Who is on a way that it may not have taken.
    pub speculative: Mask,
    /// Where each invocation last made a NaN.
    pub births: Vec<Option<Span>>,
    /// Whether a number that is not finite was given.
    pub given: bool,
    findings: Vec<Finding>,
    seen: HashSet<(Rule, Bytes)>,
    /// The places that accesses name by number.
    places: Vec<Span>,
    place_numbers: HashMap<Bytes, u32>,
}

impl<'a> Machine<'a> {
    pub fn new(shader: &'a Shader, launch: &'a Launch, prepared: &'a Prepared<'a>) -> Machine<'a> {
        let module: &Module = &prepared.module;
        let size = module.entry_points[prepared.entry].workgroup_size;
        let lanes = size.iter().product::<u32>().max(1) as usize;
        let mut memory = Memory::new(&launch.buffers);
        let shared = prepared.places.iter().map(|place| match place {
            Where::Workgroup { words } => Some(memory.add_shared(*words)),
            _ => None,
        });
        Machine {
            shared: shared.collect(),
            shader,
            module,
            info: &prepared.info,
            launch,
            prepared,
            layout: Layout::new(module),
            memory,
            privates: Vec::new(),
            locals: Vec::new(),
            frames: HashMap::new(),
            depth: 0,
            size,
            lanes,
            group: [0; 3],
            number: 0,
            epoch: 1,
            steps: 0,
            speculative: Mask::nobody(lanes),
            births: vec![None; lanes],
            given: false,
            findings: Vec::new(),
            seen: HashSet::new(),
            places: Vec::new(),
            place_numbers: HashMap::new(),
        }
    }

    /// Runs all workgroups.
    pub fn run(mut self) -> (Vec<Finding>, Vec<Contents>, u64) {
        let [across, down, deep] = self.launch.groups;
        'all: for z in 0..deep {
            for y in 0..down {
                for x in 0..across {
                    self.group = [x, y, z];
                    if self.workgroup().is_err() {
                        break 'all;
                    }
                    self.number += 1;
                    self.epoch += 1;
                }
            }
        }
        (self.findings, self.memory.contents(), self.steps)
    }

    fn workgroup(&mut self) -> Result<(), Stop> {
        let prepared = self.prepared;
        let entry = &self.module.entry_points[prepared.entry];
        self.step(
            1 + self.memory.shared_words() / WORDS_A_STEP,
            Span::UNDEFINED,
        )?;
        self.memory.next_workgroup();
        self.speculative = Mask::nobody(self.lanes);
        self.births.fill(None);
        self.privates.clear();
        for ((handle, variable), place) in self.module.global_variables.iter().zip(&prepared.places)
        {
            let value = match *place {
                Where::Private { words } => {
                    let initial = match variable.init {
                        Some(init) => {
                            let global = &self.module.global_expressions;
                            constants::words(self.module, &self.layout, global, init)
                        }
                        None => Some(vec![0; words]),
                    };
                    initial.map(|initial| Values::splat(&initial, self.lanes))
                }
                _ => Some(Values::default()),
            };
            let value = value.unwrap_or_else(|| {
                let span = self.module.global_variables.get_span(handle);
                self.opaque(span, "an initial value");
                Values::default()
            });
            self.privates.push(value);
        }
        let arguments: Vec<Argument> = entry
            .function
            .arguments
            .iter()
            .map(|argument| Argument::Value(self.built_in(argument)))
            .collect();
        let info = self.info.get_entry_point(prepared.entry);
        let everybody = Mask::everybody(self.lanes);
        self.call(None, &entry.function, info, arguments, &everybody)?;
        Ok(())
    }

    /// Calls a function for those that are there.
    pub fn call(
        &mut self,
        key: Option<Handle<Function>>,
        function: &'a Function,
        info: &'a FunctionInfo,
        arguments: Vec<Argument>,
        mask: &Mask,
    ) -> Result<Option<Values>, Stop> {
        if self.depth == DEPTH {
            self.opaque(
                Span::UNDEFINED,
                &format!("more than {DEPTH} calls within one another"),
            );
            return Err(Stop);
        }
        let kept = self.frames.get_mut(&key).and_then(Vec::pop);
        let mut frame = match kept {
            Some(mut frame) => {
                frame.reset(self.lanes);
                frame
            }
            None => {
                let cost = self.cost_of(function, info)?;
                let frame = Frame::new(self.module, &self.layout, function, info, self.lanes);
                Frame { cost, ..frame }
            }
        };
        self.step(frame.cost, Span::UNDEFINED)?;
        let first = self.locals.len();
        frame.locals = first;
        for (handle, variable) in function.local_variables.iter() {
            let initial = match variable.init {
                Some(init) => {
                    constants::words(self.module, &self.layout, &function.expressions, init)
                }
                None => self
                    .layout
                    .flat(variable.ty)
                    .map(|words| vec![0; words as usize]),
            };
            let value = initial.map(|initial| Values::splat(&initial, self.lanes));
            let value = value.unwrap_or_else(|| {
                let span = function.local_variables.get_span(handle);
                self.opaque(span, "a variable of a type that is not followed");
                Values::default()
            });
            self.locals.push(value);
        }
        let mut arguments: Vec<Option<Argument>> = arguments.into_iter().map(Some).collect();
        for (handle, expression) in function.expressions.iter() {
            if let Expression::FunctionArgument(index) = expression {
                match arguments.get_mut(*index as usize).and_then(Option::take) {
                    Some(Argument::Value(value)) => frame.values[handle.index()] = value,
                    Some(Argument::Pointer(pointer)) => frame.pointers[handle.index()] = pointer,
                    None => {}
                }
            }
        }
        self.depth += 1;
        let speculative = self.speculative.clone();
        let done = self.block(&mut frame, &function.body, mask.clone());
        self.depth -= 1;
        self.speculative = speculative;
        self.locals.truncate(first);
        let result = frame.result.take();
        self.frames.entry(key).or_default().push(frame);
        done.map(|_| result)
    }

    /// Steps that a call of a function counts for. Values of arrays are held for every invocation, so a function may be too
    /// large.
    fn cost_of(&mut self, function: &Function, info: &FunctionInfo) -> Result<u64, Stop> {
        let types = &self.module.types;
        let words = |inner: &TypeInner| u64::from(self.layout.flat_of(inner).unwrap_or(0));
        let values = function.expressions.iter();
        let values: u64 = values
            .map(|(handle, _)| words(info[handle].ty.inner_with(types)))
            .sum();
        let locals = function.local_variables.iter();
        let locals: u64 = locals
            .map(|(_, variable)| words(&types[variable.ty].inner))
            .sum();
        let all = (values + locals) * self.lanes as u64;
        if all > 1 << 26 {
            let name = function.name.as_deref().unwrap_or("the entry point");
            let detail = format!("{name}, whose values take {} MiB", all >> 18);
            self.opaque(Span::UNDEFINED, &detail);
            return Err(Stop);
        }
        Ok(1 + locals / WORDS_A_STEP)
    }

    /// Steps that computing a value counts for.
    pub fn cost_of_value(&self, inner: &TypeInner) -> u64 {
        1 + u64::from(self.layout.flat_of(inner).unwrap_or(0)) / WORDS_A_STEP
    }

    /// Counts steps.
    pub fn step(&mut self, steps: u64, span: Span) -> Result<(), Stop> {
        self.steps += steps * self.lanes.div_ceil(64) as u64;
        if self.steps > self.launch.steps {
            let detail = format!("the launch takes more than {} steps", self.launch.steps);
            if self.speculative.is_nobody() {
                self.report(Rule::Endless, span, detail);
            } else {
                let what = format!("{detail}, on a way that hangs on what is not known");
                self.opaque(span, &what);
            }
            return Err(Stop);
        }
        Ok(())
    }

    /// Notes a finding, once a place.
    pub fn report(
        &mut self,
        rule: Rule,
        span: Span,
        detail: impl Into<String>,
    ) -> Option<&mut Finding> {
        if !self.seen.insert((rule, bytes(span))) {
            return None;
        }
        let finding = Finding::new(rule, detail).at(&self.shader.source, span);
        self.findings.push(finding);
        self.findings.last_mut()
    }

    /// Whether this rule was found broken at this place.
    pub fn is_known(&self, rule: Rule, span: Span) -> bool {
        self.seen.contains(&(rule, bytes(span)))
    }

    /// Notes that something is not followed.
    pub fn opaque(&mut self, span: Span, what: &str) {
        self.report(Rule::Opaque, span, what);
    }

    pub fn invocation(&self, lane: usize) -> Invocation {
        Invocation {
            workgroup: self.group,
            index: lane as u32,
        }
    }

    /// The invocation that an access was noted for.
    pub fn invocation_of(&self, who: Who) -> Invocation {
        let [across, down, _] = self.launch.groups;
        Invocation {
            workgroup: [
                who.group % across,
                who.group / across % down,
                who.group / across / down,
            ],
            index: who.invocation,
        }
    }

    pub fn who(&self, lane: usize, place: u32) -> Who {
        Who {
            group: self.number,
            invocation: lane as u32,
            epoch: self.epoch,
            place,
        }
    }

    /// A place's number.
    pub fn number_of(&mut self, span: Span) -> u32 {
        let next = self.places.len() as u32;
        let number = *self.place_numbers.entry(bytes(span)).or_insert(next);
        if number == next {
            self.places.push(span);
        }
        number
    }

    /// The place with this number.
    pub fn place(&self, number: u32) -> Option<Place> {
        Place::of_span(&self.shader.source, *self.places.get(number as usize)?)
    }

    pub fn place_of(&self, variable: Handle<GlobalVariable>) -> Where {
        self.prepared.places[variable.index()]
    }

    /// Where a variable's words are that several invocations see, and how many.
    pub fn region(&self, variable: Handle<GlobalVariable>) -> Option<(Region, usize)> {
        match self.place_of(variable) {
            Where::Bound { region, words } => Some((region, words)),
            Where::Workgroup { words } => {
                Some((Region::Shared(self.shared[variable.index()]?), words))
            }
            _ => None,
        }
    }

    /// Words that are bound to a variable.
    pub fn bound_words(&self, variable: Handle<GlobalVariable>) -> Option<usize> {
        self.region(variable).map(|(_, words)| words)
    }

    pub fn name_of(&self, variable: Handle<GlobalVariable>) -> String {
        let name = &self.module.global_variables[variable].name;
        name.clone().unwrap_or_else(|| "a variable".to_owned())
    }
}

/// What a function is called with.
pub(crate) enum Argument {
    Value(Values),
    /// None if it is not followed.
    Pointer(Option<Pointer>),
}
