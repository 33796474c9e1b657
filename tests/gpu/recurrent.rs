//! A recurrent layer with random inputs, run on the device and by the f64 twin: what the tests of every cell share.
//!
//! A [`Cell`] says what its twin makes of the inputs and how far from it the device may be; a [`Case`] lays that out
//! as the device does, and compares.

use std::cell::RefCell;
use std::marker::PhantomData;

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::plan::{Form, Limits, Plan, Storage};
use gatefold::random::Philox;
use gatefold::reference::recurrence::Run;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{evaluation_plan, random_batch, training_plan};
use crate::support::numbers::{
    GRADIENT_SCALE, half_error, half_words, index_of, parameters, to_halves, uniform,
};
use crate::support::probe::Probe;

/// A recurrent layer in a model, and what it is to be run on.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    pub units: usize,
    pub directions: usize,
    /// Whether every timestep's state leaves the layer.
    pub sequences: bool,
    /// Whether the input's product stands for unique tokens and not for positions.
    pub gathered: bool,
    pub masked: bool,
    /// Largest number in the input's product.
    pub range: f64,
}

pub const PLAIN: Layer = Layer {
    units: 5,
    directions: 2,
    sequences: false,
    gathered: true,
    masked: false,
    range: 3.0,
};

impl Layer {
    /// One of 16 layers, by the bits of `choice`.
    fn chosen(choice: u32, units: usize, range: f64) -> Layer {
        let [sequences, gathered, masked, both] = [1, 2, 4, 8].map(|bit| choice & bit != 0);
        Layer {
            units,
            directions: 1 + usize::from(both),
            sequences,
            gathered,
            masked,
            range,
        }
    }
}

/// A number, and how far the device's may be from it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Approximate {
    pub value: f64,
    pub error: f64,
}

/// What the twin makes of one direction of a [`Case`].
pub struct Direction {
    /// `[P, H]`
    pub h: Vec<Approximate>,
    /// `[P, H, 4]`: what the forward pass keeps in the layer's `gates`.
    pub gates: Vec<Approximate>,
    /// `[P, H, 4]`: what the backward pass puts there.
    pub gradients: Vec<Approximate>,
}

/// A kind of recurrent layer.
pub trait Cell: Sized {
    /// Gates of a unit that the input's product has columns for.
    const GATES: usize;

    /// An embedding of this width, with or without a mask, below recurrent layers of (units, directions).
    fn model(width: usize, masked: bool, layers: &[(usize, usize)]) -> Model;

    /// What the twin makes of a direction, whose backward pass takes in how far what is kept may be from it.
    fn direction(case: &Case<Self>, direction: usize, run: &Run, storage: Storage) -> Direction;

    /// Takes the buffers that hold nothing to compare from what `probe` watches; `kept` says whether the forward pass
    /// keeps its gates.
    fn ignore(case: &Case<Self>, probe: &mut Probe, kept: bool);
}

/// A layer's model and inputs.
pub struct Case<C> {
    pub layer: Layer,
    pub model: Model,
    pub name: String,
    pub batch: Batch,
    pub parameters: Vec<Vec<f32>>,
    /// `[rows, D, H, 4]`: the input's product and its bias, of numbers that are halves.
    pub z: Vec<f32>,
    /// `[T, B, D, H]`, or `[B, D, H]`
    pub d_h: Vec<f32>,
    cell: PhantomData<C>,
}

impl<C> Clone for Case<C> {
    fn clone(&self) -> Self {
        Case {
            layer: self.layer,
            model: self.model.clone(),
            name: self.name.clone(),
            batch: self.batch.clone(),
            parameters: self.parameters.clone(),
            z: self.z.clone(),
            d_h: self.d_h.clone(),
            cell: PhantomData,
        }
    }
}

/// All directions, as the device lays them out.
struct Expected {
    h: Vec<Approximate>,
    last: Vec<Approximate>,
    gates: Vec<Approximate>,
    gradients: Vec<Approximate>,
}

fn compare(probe: &mut Probe, name: &str, expected: &[Approximate]) {
    let values: Vec<f64> = expected.iter().map(|number| number.value).collect();
    probe.compare(name, &values, |i| expected[i].error);
}

impl<C: Cell> Case<C> {
    pub fn new(layer: Layer, batch: Batch, random: &mut Philox) -> Self {
        let own = (layer.units, layer.directions);
        let mut layers = if layer.gathered {
            vec![own]
        } else {
            vec![(4, 1), own]
        };
        let index = layers.len();
        if layer.sequences {
            layers.push((4, 1));
        }
        let model = C::model(4, layer.masked, &layers);
        let name = model.layers()[index].name.clone();
        let rows = if layer.gathered {
            batch.tokens.unique.len()
        } else {
            batch.ids.len()
        };
        let width = layer.directions * layer.units;
        let d_rows = if layer.sequences {
            batch.ids.len()
        } else {
            batch.size
        };
        // Σ|U| over a column is about 1.
        let scale = 2.0 / (layer.units as f64).sqrt();
        Case {
            parameters: parameters(&model, random, scale),
            z: to_halves(&uniform(random, rows * 4 * width, layer.range)),
            d_h: uniform(random, d_rows * width, 1.0),
            layer,
            model,
            name,
            batch,
            cell: PhantomData,
        }
    }

    pub fn positions(&self) -> usize {
        self.batch.ids.len()
    }

    pub fn width(&self) -> usize {
        self.layer.directions * self.layer.units
    }

    pub fn label(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    /// Index of a direction's tensor among the model's parameters.
    pub fn tensor(&self, direction: usize, tensor: &str) -> usize {
        let part = match self.layer.directions {
            1 => "",
            _ => ["forward.", "backward."][direction],
        };
        index_of(&self.model, &format!("{}.{part}{tensor}", self.name))
    }

    /// z of a direction for every position, with the gates' columns one behind the other.
    pub fn z_of(&self, direction: usize) -> Vec<f64> {
        let (units, width) = (self.layer.units, self.width());
        let mut z = Vec::with_capacity(self.positions() * C::GATES * units);
        for p in 0..self.positions() {
            let row = if self.layer.gathered {
                self.batch.tokens.slots[p] as usize
            } else {
                p
            };
            for gate in 0..C::GATES {
                let at = |j| 4 * (row * width + direction * units + j) + gate;
                z.extend((0..units).map(|j| f64::from(self.z[at(j)])));
            }
        }
        z
    }

    /// The part of d_h that reaches a direction, for every position.
    pub fn d_h_of(&self, direction: usize, run: &Run) -> Vec<f64> {
        let (units, width) = (self.layer.units, self.width());
        let mut d_h = vec![0.0; self.positions() * units];
        let mut copy = |row: usize, p: usize| {
            for j in 0..units {
                d_h[p * units + j] = f64::from(self.d_h[row * width + direction * units + j]);
            }
        };
        if self.layer.sequences {
            (0..self.positions()).for_each(|p| copy(p, p));
        } else {
            (0..self.batch.size).for_each(|b| copy(b, run.last(b)));
        }
        d_h
    }

    fn expected(&self, storage: Storage) -> Expected {
        let (units, width, positions) = (self.layer.units, self.width(), self.positions());
        let keep: Option<Vec<bool>> = self
            .layer
            .masked
            .then(|| self.batch.ids.iter().map(|&id| id != 0).collect());
        let zeros = |count: usize| vec![Approximate::default(); count];
        let mut expected = Expected {
            h: zeros(positions * width),
            last: zeros(self.batch.size * width),
            gates: zeros(positions * 4 * width),
            gradients: zeros(positions * 4 * width),
        };
        for direction in 0..self.layer.directions {
            let run = Run {
                steps: self.batch.length,
                batch: self.batch.size,
                units,
                reverse: direction == 1,
                keep: keep.as_deref(),
            };
            let own = C::direction(self, direction, &run, storage);
            for p in 0..positions {
                let (to, from) = (p * width + direction * units, p * units);
                expected.h[to..to + units].copy_from_slice(&own.h[from..from + units]);
                let (to, from, count) = (4 * to, 4 * from, 4 * units);
                expected.gates[to..to + count].copy_from_slice(&own.gates[from..from + count]);
                expected.gradients[to..to + count]
                    .copy_from_slice(&own.gradients[from..from + count]);
            }
            for b in 0..self.batch.size {
                let (to, from) = (b * width + direction * units, run.last(b) * units);
                expected.last[to..to + units].copy_from_slice(&own.h[from..from + units]);
            }
        }
        expected
    }

    /// The form in which this plan keeps what the layer's recurrence reads and leaves at every position.
    fn storage(&self, plan: &Plan) -> Storage {
        let label = self.label("forward");
        let mut dispatches = plan.dispatches.iter();
        let forward = dispatches.find(|dispatch| dispatch.label == label);
        let kernel = forward.unwrap().kernel.to_string();
        match kernel.split(' ').any(|choice| choice == "half") {
            true => Storage::F16,
            false => Storage::F32,
        }
    }

    /// The dispatches of these parts of the layer, with all inputs set.
    pub fn probe(&self, plan: &Plan, parts: &[&str]) -> Probe {
        let labels: Vec<String> = parts.iter().map(|part| self.label(part)).collect();
        let mut probe = Probe::new(plan, |label| labels.iter().any(|wanted| wanted == label));
        probe.set_batch(&self.batch, self.layer.masked);
        probe.set_parameters(&self.model, &self.parameters);
        match self.storage(plan) {
            Storage::F32 => probe.set(&self.label("z"), &self.z),
            Storage::F16 => probe.set(&self.label("z"), &half_words(&self.z)),
        }
        if parts.contains(&"backward") {
            let d_h = probe.bound(&self.label("backward"), 0);
            probe.set(&d_h, &self.d_h);
        }
        probe.ignore_shared();
        probe
    }

    /// Forward with all that a backward pass needs, forward alone, then both; returns the worst ratio of an
    /// error to its bound.
    pub fn check(&self, gpu: &mut Device, limits: &Limits) -> f64 {
        let training = training_plan(&self.model, limits, self.batch.shape());
        let evaluation = evaluation_plan(&self.model, limits, self.batch.shape());
        let storage = self.storage(&training);
        let expected = self.expected(storage);
        let what = format!(
            "{:?}, T={} B={}, {:?}",
            self.layer, self.batch.length, self.batch.size, limits
        );
        let forward_parts: &[&str] = if self.layer.sequences {
            &["forward"]
        } else {
            &["forward", "last"]
        };

        let mut worst = 0.0f64;
        for (plan, kept) in [(&training, true), (&evaluation, false)] {
            let mut probe = self.probe(plan, forward_parts);
            C::ignore(self, &mut probe, kept);
            probe.run(gpu);
            if kept || self.layer.sequences {
                compare(&mut probe, &self.label("h"), &expected.h);
            } else {
                // The last h alone is stored for certain, and copied to `last`.
                probe.ignore(&self.label("h"));
            }
            if !self.layer.sequences {
                compare(&mut probe, &self.label("last"), &expected.last);
            }
            if kept {
                self.compare_kept(&mut probe, storage, 1.0, &expected.gates);
            }
            worst = worst.max(probe.finish(&what));
        }

        let mut probe = self.probe(&training, &["forward", "backward"]);
        C::ignore(self, &mut probe, true);
        probe.run(gpu);
        compare(&mut probe, &self.label("h"), &expected.h);
        self.compare_kept(&mut probe, storage, GRADIENT_SCALE, &expected.gradients);
        worst.max(probe.finish(&what))
    }

    /// Compares what the layer keeps in its gates' place; halves are `scale` times larger.
    fn compare_kept(
        &self,
        probe: &mut Probe,
        storage: Storage,
        scale: f64,
        expected: &[Approximate],
    ) {
        let name = self.label("gates");
        if storage == Storage::F32 {
            return compare(probe, &name, expected);
        }
        let values: Vec<f64> = expected.iter().map(|number| number.value).collect();
        probe.compare_halves(&name, scale, &values, |i| {
            let Approximate { value, error } = expected[i];
            error + half_error(value.abs() + error, scale)
        });
    }

    /// h and the gradients of the pre-activations, bit by bit: of these [`words_a_unit`].
    pub fn bits(&self, gpu: &mut Device, limits: &Limits) -> (Vec<u32>, Vec<u32>) {
        let plan = training_plan(&self.model, limits, self.batch.shape());
        let mut probe = self.probe(&plan, &["forward", "backward"]);
        probe.run(gpu);
        let count = self.positions() * self.width();
        (
            probe.words(&self.label("h"), count),
            probe.words(&self.label("gates"), words_a_unit(limits) * count),
        )
    }
}

/// Words of the four gradients of a unit, in batches of more than one timestep.
pub fn words_a_unit(limits: &Limits) -> usize {
    match limits.storage {
        Storage::F32 => 4,
        Storage::F16 => 2,
    }
}

/// These limits of an adapter with halves, then the limits as they are.
pub fn with_halves(forms: Vec<(Limits, usize)>) -> Vec<(Limits, usize)> {
    let halves = |(limits, units): &(Limits, usize)| {
        let limits = limits.clone().with_storage(Storage::F16).ok()?;
        Some((limits, *units))
    };
    let halves: Vec<_> = forms.iter().filter_map(halves).collect();
    halves.into_iter().chain(forms).collect()
}

/// Limits under which every recurrence takes the form of one dispatch a timestep.
pub fn stepwise(gpu: &Device) -> Limits {
    Limits {
        workgroup_invocations: 1,
        ..device::forms(gpu).remove(0)
    }
}

/// Every choice of a layer at small sizes, under each of these limits with a number of units.
pub fn every_choice<C: Cell>(gpu: &mut Device, random: &mut Philox, forms: &[(Limits, usize)]) {
    let mut worst = 0.0f64;
    for (limits, units) in forms {
        for choice in 0..16 {
            let layer = Layer::chosen(choice, *units, 3.0);
            for (length, size) in [(1, 1), (7, 11)] {
                let case = Case::<C>::new(layer, random_batch(length, size, random), random);
                // Rows in one workgroup and in several, time in one dispatch and in several.
                let limits = Limits {
                    wanted_workgroups: [1, 8][choice as usize % 2],
                    segment: [3, 256][choice as usize / 2 % 2],
                    ..limits.clone()
                };
                worst = worst.max(case.check(gpu, &limits));
            }
        }
    }
    eprintln!("worst error {worst:.2} of its bound");
}

/// The split forms among these as adapters take them whose subgroups have at least 32 lanes, or that have few threads: with other
/// weights in registers, or with none.
pub fn with_other_weights(forms: &[(Limits, usize)]) -> Vec<(Limits, usize)> {
    let mut others = Vec::new();
    for (limits, units) in forms {
        let Form::Split { lanes, .. } = limits.form else {
            continue;
        };
        let wide = Limits {
            form: Form::Split { least: 32, lanes },
            ..limits.clone()
        };
        let without = Limits {
            narrow_invocations: Some(0),
            ..limits.clone()
        };
        others.extend([wide, without].map(|limits| (limits, *units)));
    }
    others
}

/// Layers of 32, 64 and 96 units, and of 120 and 136 in the split form, under each of these limits, in segments.
pub fn larger_layers<C: Cell>(gpu: &mut Device, random: &mut Philox, forms: &[(Limits, usize)]) {
    let mut worst = 0.0f64;
    for (limits, _) in forms {
        let mut sizes = vec![(32, true, 11), (64, false, 10), (96, true, 3)];
        // Up to 96 units all weights may stay in registers, and beyond 128 few do.
        if matches!(limits.form, Form::Split { .. }) {
            sizes.extend([(120, false, 2), (136, true, 1)]);
        }
        for (units, masked, size) in sizes {
            // The step form has no halves.
            if limits.storage == Storage::F16 && 4 * units > limits.workgroup_invocations {
                continue;
            }
            let layer = Layer {
                units,
                masked,
                ..PLAIN
            };
            let case = Case::<C>::new(layer, random_batch(6, size, random), random);
            let limits = Limits {
                segment: 4,
                ..limits.clone()
            };
            worst = worst.max(case.check(gpu, &limits));
        }
    }
    eprintln!("worst error {worst:.2} of its bound");
}

/// Layers of random sizes and choices, under each of these limits.
pub fn random_sizes<C: Cell>(gpu: Device, stream: u64, forms: &[Limits]) {
    let gpu = RefCell::new(gpu);
    for limits in forms {
        let sizes = (1..10usize, 1..25usize, 1..14usize, 0.1..20f64);
        let cuts = (1..9usize, 1..17usize);
        let choices = (0..16u32, 0..u64::MAX);
        random_cases(
            5,
            (sizes, cuts, choices),
            |((units, length, size, range), cuts, (choice, seed))| {
                let units = match limits.form {
                    Form::Subgroup { lanes } => units.div_ceil(4) * lanes,
                    Form::Split { .. } => 10 * units,
                    Form::Portable | Form::Native => units,
                };
                let layer = Layer::chosen(choice, units, range);
                let random = &mut Philox::new(stream, seed);
                let case = Case::<C>::new(layer, random_batch(length, size, random), random);
                let limits = Limits {
                    segment: cuts.0,
                    wanted_workgroups: cuts.1,
                    ..limits.clone()
                };
                case.check(&mut gpu.borrow_mut(), &limits);
            },
        );
    }
}
