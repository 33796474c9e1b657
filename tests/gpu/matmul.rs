//! Matrix products and sums over rows as layers use them, in every form, against the f64 twin.
//!
//! Bounds: a sum of n products errs by at most (n + 2)·u of the sum of their magnitudes; splitting it and
//! adding the parts up errs by the number of parts more.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::gpu::KernelForm;
use gatefold::model::Model;
use gatefold::plan::{Form, Limits, ParameterLayout, Plan, Storage};
use gatefold::random::Philox;
use gatefold::reference::matmul::{a_b, a_bt, at_b, column_sums};
use gatefold::reference::recurrence::{Run, recurrent_gradient};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{random_batch, recurrent, training_plan};
use crate::support::numbers::{
    GRADIENT_SCALE, double, half_error, half_words, index_of, magnitudes, parameters, sum_error,
    to_halves, uniform,
};
use crate::support::probe::Probe;

/// An LSTM layer whose products are looked at.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    inputs: usize,
    units: usize,
    directions: usize,
    length: usize,
    batch: usize,
    /// Whether the layer stands on the embedding, and so has a row for each unique token.
    first: bool,
}

/// Fields of [`Sizes`] in their order, `first` as 0 or 1.
const CASES: [[usize; 6]; 10] = [
    [1, 1, 1, 1, 1, 1],
    [5, 5, 2, 7, 11, 1],
    [4, 8, 2, 1, 11, 1],
    [12, 32, 1, 101, 11, 1],
    [24, 12, 2, 53, 11, 0],
    [128, 32, 2, 3, 1, 0],
    [10, 3, 1, 99, 11, 0],
    [100, 96, 2, 9, 11, 1],
    [128, 64, 1, 41, 11, 0],
    [64, 64, 2, 105, 10, 1],
];

impl From<[usize; 6]> for Sizes {
    fn from([inputs, units, directions, length, batch, first]: [usize; 6]) -> Sizes {
        Sizes {
            inputs,
            units,
            directions,
            length,
            batch,
            first: first == 1,
        }
    }
}

struct Case {
    sizes: Sizes,
    model: Model,
    name: String,
    rows: usize,
    positions: usize,
    batch: Batch,
    plan: Plan,
    /// Form of z and of dz at every position.
    storage: Storage,
    parameters: Vec<Vec<f32>>,
    random: Philox,
}

/// A tensor's expected values and their bounds.
type Expected = Option<(Vec<f64>, Vec<f64>)>;

impl Case {
    fn new(sizes: Sizes, limits: &Limits, seed: u64) -> Case {
        let mut random = Philox::new(21, seed);
        let own = (sizes.units, sizes.directions);
        let model = match sizes.first {
            true => recurrent(sizes.inputs, false, &[own]),
            false => recurrent(4, false, &[(sizes.inputs / 2, 2), own]),
        };
        let batch = random_batch(sizes.length, sizes.batch, &mut random);
        Case {
            name: model.layers()[if sizes.first { 1 } else { 2 }].name.clone(),
            rows: if sizes.first {
                batch.tokens.unique.len()
            } else {
                batch.ids.len()
            },
            positions: batch.ids.len(),
            plan: training_plan(&model, limits, batch.shape()),
            // Of one timestep the split form keeps no halves.
            storage: match limits.form {
                Form::Split { .. } if sizes.length == 1 => Storage::F32,
                _ => limits.storage,
            },
            batch,
            parameters: parameters(&model, &mut random, 1.0),
            sizes,
            model,
            random,
        }
    }

    /// The dispatches of these products, whose parts and sums are labelled alike.
    fn probe(&self, products: &[&str]) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| {
            products.iter().any(|product| {
                let label = format!("{}.{product}", self.name);
                found == label || found.starts_with(&format!("{label}."))
            })
        });
        probe.set_batch(&self.batch, false);
        probe.set_parameters(&self.model, &self.parameters);
        probe.ignore_shared();
        probe
    }

    fn tensor(&self, direction: usize, tensor: &str) -> usize {
        let part = if self.sizes.directions == 1 {
            ""
        } else {
            ["forward.", "backward."][direction]
        };
        index_of(&self.model, &format!("{}.{part}{tensor}", self.name))
    }

    fn random(&mut self, rows: usize, width: usize) -> Vec<f32> {
        uniform(&mut self.random, rows * width, 1.0)
    }

    /// Columns of a direction, gate by gate, of rows that the device lays out unit by unit, `[rows, D, H, 4]`.
    fn columns(&self, rows: &[f32], direction: usize) -> Vec<f64> {
        let Sizes {
            units, directions, ..
        } = self.sizes;
        let mut columns = Vec::new();
        for row in rows.chunks(directions * 4 * units) {
            for gate in 0..4 {
                columns
                    .extend((0..units).map(|j| f64::from(row[4 * (direction * units + j) + gate])));
            }
        }
        columns
    }

    fn input_name(&self) -> String {
        if self.sizes.first {
            "embedding.unique".into()
        } else {
            format!("{}.h", self.model.layers()[1].name)
        }
    }

    /// Sets dz where the products over positions find it, and gives what stands there then.
    fn set_dz(&self, probe: &mut Probe, name: &str, dz: Vec<f32>) -> Vec<f32> {
        if self.storage == Storage::F32 || !name.ends_with(".gates") {
            probe.set(name, &dz);
            return dz;
        }
        let dz = to_halves(&dz);
        let scaled: Vec<f32> = dz.iter().map(|x| x * GRADIENT_SCALE as f32).collect();
        probe.set(name, &half_words(&scaled));
        dz
    }

    fn dz_name(&self) -> String {
        let sums = format!("{}.token_sums", self.name);
        if self.sizes.first {
            sums
        } else {
            format!("{}.gates", self.name)
        }
    }

    fn project(&mut self, gpu: &mut Device) -> f64 {
        let Sizes {
            inputs,
            units,
            directions,
            ..
        } = self.sizes;
        let (rows, gates) = (self.rows, 4 * units);
        let x = self.random(rows, inputs);
        let mut probe = self.probe(&["project"]);
        probe.set(&self.input_name(), &x);
        probe.run(gpu);
        let x = double(&x);
        let (mut z, mut bounds) = (vec![0.0; rows * directions * gates], Vec::new());
        bounds.resize(z.len(), 0.0);
        for direction in 0..directions {
            let [kernel, bias] = ["kernel", "bias"]
                .map(|name| double(&self.parameters[self.tensor(direction, name)]));
            let expected = a_b(&x, &kernel, Some(&bias), rows, gates, inputs);
            let scale = a_b(
                &magnitudes(&x),
                &magnitudes(&kernel),
                Some(&magnitudes(&bias)),
                rows,
                gates,
                inputs,
            );
            let places = (0..rows).flat_map(|row| {
                (0..gates).map(move |n| {
                    (row * directions + direction) * gates + 4 * (n % units) + n / units
                })
            });
            for (i, place) in places.enumerate() {
                z[place] = expected[i];
                bounds[place] = sum_error(inputs + 1) * scale[i];
            }
        }
        let name = format!("{}.z", self.name);
        match self.storage {
            Storage::F32 => probe.compare(&name, &z, |i| bounds[i]),
            Storage::F16 => probe.compare_halves(&name, 1.0, &z, |i| {
                bounds[i] + half_error(z[i].abs() + bounds[i], 1.0)
            }),
        }
        probe.finish(&format!("project {:?}", self.sizes))
    }

    /// Gradients of the kernel and the bias, which one dispatch makes, of the recurrent kernel, and the sums of all their parts.
    fn d_parameters(&mut self, gpu: &mut Device) -> f64 {
        let Sizes {
            inputs,
            units,
            directions,
            length,
            batch,
            first,
        } = self.sizes;
        let (rows, positions, width) = (self.rows, self.positions, directions * units);
        let (x, dz) = (self.random(rows, inputs), self.random(rows, 4 * width));
        let mut probe = self.probe(&["d_kernel", "d_recurrent_kernel", "add_splits"]);
        probe.set(&self.input_name(), &x);
        let dz = self.set_dz(&mut probe, &self.dz_name(), dz);
        let mut expected: Vec<Expected> = vec![None; self.parameters.len()];
        // Of one timestep the recurrent kernel's is cleared, which a whole step of one checks.
        if length > 1 {
            let h = self.random(positions, width);
            probe.set(&format!("{}.h", self.name), &h);
            let dz = match first {
                true => {
                    let dz = self.random(positions, 4 * width);
                    self.set_dz(&mut probe, &format!("{}.gates", self.name), dz)
                }
                false => dz.clone(),
            };
            for direction in 0..directions {
                let h: Vec<f64> = h
                    .chunks(width)
                    .flat_map(|row| double(&row[direction * units..][..units]))
                    .collect();
                let dz = self.columns(&dz, direction);
                let run = Run {
                    steps: length,
                    batch,
                    units,
                    reverse: direction == 1,
                    keep: None,
                };
                let product = |h: &[f64], dz: &[f64]| recurrent_gradient(&run, h, dz);
                let bounds = product(&magnitudes(&h), &magnitudes(&dz))
                    .iter()
                    .map(|s| sum_error(positions) * s)
                    .collect();
                let place = self.tensor(direction, "recurrent_kernel");
                expected[place] = Some((product(&h, &dz), bounds));
            }
        }
        probe.run(gpu);
        let x = double(&x);
        for direction in 0..directions {
            let dz = self.columns(&dz, direction);
            let values = at_b(&x, &dz, inputs, 4 * units, rows);
            let scale = at_b(&magnitudes(&x), &magnitudes(&dz), inputs, 4 * units, rows);
            let bounds = scale
                .iter()
                .map(|scale| sum_error(rows + 64) * scale)
                .collect();
            expected[self.tensor(direction, "kernel")] = Some((values, bounds));
            let bounds = column_sums(&magnitudes(&dz), 4 * units)
                .iter()
                .map(|scale| sum_error(rows) * scale)
                .collect();
            expected[self.tensor(direction, "bias")] = Some((column_sums(&dz, 4 * units), bounds));
        }
        probe.compare_tensors("gradients", &self.model, &expected);
        probe.finish(&format!("d_parameters {:?}", self.sizes))
    }

    fn d_input(&mut self, gpu: &mut Device) -> f64 {
        let Sizes {
            inputs,
            units,
            directions,
            ..
        } = self.sizes;
        let rows = self.rows;
        let dz = self.random(rows, directions * 4 * units);
        let mut probe = self.probe(&["d_input"]);
        let dz = self.set_dz(&mut probe, &self.dz_name(), dz);
        probe.run(gpu);
        let (mut expected, mut scale) = (vec![0.0; rows * inputs], vec![0.0; rows * inputs]);
        for direction in 0..directions {
            let kernel = double(&self.parameters[self.tensor(direction, "kernel")]);
            let dz = self.columns(&dz, direction);
            let add = |sum: &mut Vec<f64>, more: Vec<f64>| {
                sum.iter_mut().zip(more).for_each(|(sum, x)| *sum += x)
            };
            add(&mut expected, a_bt(&dz, &kernel, rows, inputs, 4 * units));
            add(
                &mut scale,
                a_bt(
                    &magnitudes(&dz),
                    &magnitudes(&kernel),
                    rows,
                    inputs,
                    4 * units,
                ),
            );
        }
        let terms = 4 * units * directions;
        probe.compare(&format!("{}.d_input", self.name), &expected, |i| {
            sum_error(terms) * scale[i]
        });
        probe.finish(&format!("d_input {:?}", self.sizes))
    }

    /// What each product leaves, and its kernels.
    fn outputs(&mut self, gpu: &mut Device) -> Vec<(Vec<u32>, Vec<String>)> {
        let (x, dz) = (
            self.random(self.rows, self.sizes.inputs),
            self.random(self.rows, self.sizes.directions * 4 * self.sizes.units),
        );
        let h = self.random(self.positions, self.sizes.directions * self.sizes.units);
        let gradients = ParameterLayout::new(&self.model).len();
        let products = [
            (&["project"][..], format!("{}.z", self.name), dz.len()),
            (
                &["d_kernel", "d_recurrent_kernel", "add_splits"],
                "gradients".to_owned(),
                gradients,
            ),
            (&["d_input"], format!("{}.d_input", self.name), x.len()),
        ];
        let mut outputs = Vec::new();
        for (labels, output, count) in products {
            let mut probe = self.probe(labels);
            if output != format!("{}.d_input", self.name) {
                probe.set(&self.input_name(), &x);
            }
            if !output.ends_with(".z") {
                probe.set(&self.dz_name(), &dz);
            }
            if output == "gradients" {
                probe.set(&format!("{}.h", self.name), &h);
            }
            probe.run(gpu);
            outputs.push((probe.words(&output, count), probe.kernels()));
        }
        outputs
    }
}

fn check(gpu: &mut Device, limits: &Limits, sizes: Sizes, seed: u64) -> f64 {
    // A dispatch a timestep has no halves.
    if limits.storage == Storage::F16 && 4 * sizes.units > limits.workgroup_invocations {
        return 0.0;
    }
    let mut case = Case::new(sizes, limits, seed);
    [Case::project, Case::d_parameters, Case::d_input]
        .into_iter()
        .map(|check| check(&mut case, gpu))
        .fold(0.0, f64::max)
}

/// Each form, and the one that runs on GPUs with every size of tile; with halves too.
fn forms(gpu: &Device) -> Vec<Limits> {
    let mut forms = device::forms(gpu);
    let large = forms
        .iter()
        .filter(|limits| matches!(limits.form, Form::Split { .. }));
    let large: Vec<Limits> = large
        .map(|limits| Limits {
            product_quads: 2,
            wanted_workgroups: 1,
            ..limits.clone()
        })
        .collect();
    forms.extend(large);
    let halves = forms.iter().cloned();
    let halves: Vec<Limits> = halves
        .filter_map(|limits| limits.with_storage(Storage::F16).ok())
        .collect();
    halves.into_iter().chain(forms).collect()
}

/// The size of a tile changes no bit.
#[test]
fn tiles_of_both_sizes_give_the_same_bytes() {
    let mut gpu = match device::adapter() {
        Some(gpu) => Device::from(gpu),
        None => return,
    };
    let small = gpu.limits(KernelForm::Portable).unwrap();
    let large = Limits {
        product_quads: 2,
        wanted_workgroups: 1,
        ..small.clone()
    };
    for sizes in [
        [64, 64, 2, 105, 10, 0],
        [38, 9, 1, 90, 11, 0],
        [36, 36, 2, 60, 9, 0],
    ] {
        let [small, large] =
            [&small, &large].map(|limits| Case::new(sizes.into(), limits, 5).outputs(&mut gpu));
        for ((small, kernels), (large, others)) in small.iter().zip(&large) {
            assert_ne!(kernels, others, "{sizes:?}");
            assert!(small == large, "{sizes:?}: {kernels:?} and {others:?}");
        }
    }
}

#[test]
fn products_of_a_recurrent_layer() {
    let gpu = &mut device::open();
    let mut worst = 0.0f64;
    for limits in forms(gpu) {
        for (seed, sizes) in CASES.into_iter().enumerate() {
            worst = worst.max(check(gpu, &limits, sizes.into(), seed as u64));
        }
    }
    eprintln!("worst error {worst:.2} of its bound");
}

#[test]
fn random_sizes() {
    let gpu = device::open();
    let forms = forms(&gpu);
    let gpu = RefCell::new(gpu);
    let sizes = (1..70usize, 1..40usize, 1..3usize, 1..60usize, 1..13usize);
    let choices = (proptest::bool::ANY, 0..forms.len(), 0..u64::MAX);
    random_cases(12, (sizes, choices), |(sizes, (first, form, seed))| {
        let (inputs, units, directions, length, batch) = sizes;
        let sizes = Sizes {
            // The layer before has two directions.
            inputs: if first {
                inputs
            } else {
                inputs.next_multiple_of(2)
            },
            units,
            directions,
            length,
            batch,
            first,
        };
        check(&mut gpu.borrow_mut(), &forms[form], sizes, seed);
    });
}
