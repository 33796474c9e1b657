//! Measures the cells of a [`Survey`].

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::gpu::KernelForm;
use gatefold::model::{Bidirectional, Dense, Embedding, Lstm, Model, Sequential, initialise};
use gatefold::plan::{Adam, Limits, names, probabilities_buffer};
use gatefold::random::Philox;
use gatefold::reference::network::{self, Masks, Network};
use gatefold::run::kernel_form;
use gatefold::train::{Session, segment_length};

use super::measure::Pass;
use super::report::{Spread, System, milliseconds, rounded};
use super::survey::{Case, Cell, Figures, SURVEY, Survey};
use super::workload::random_batch;
use crate::cli::args::BenchArgs;
use crate::cli::settings::adapter_choice;

/// Units that are measured.
const UNITS: [usize; 2] = [64, 128];

/// Rows of a batch that are measured.
const BATCHES: [usize; 3] = [1, 10, 64];

/// Timesteps of the steps that are timed, and of those that are checked: a twin is slow.
const LENGTH: u32 = 128;
const CHECKED_LENGTH: u32 = 12;

/// Tokens of the vocabulary, and width of their embeddings.
const VOCABULARY: usize = 4096;
const WIDTH: usize = 64;

/// How long a cell repeats its step, and how often at most.
const CELL: Duration = Duration::from_millis(300);
const MOST_STEPS: usize = 20;

/// The largest error that is rounding, relative to a gradient's norm, or of a probability.
const TOLERANCE: f64 = 1e-4;

/// What the twin says of a step.
struct Twin {
    units: usize,
    batch: Batch,
    gradients: Vec<Vec<f64>>,
    probabilities: Vec<f64>,
}

/// Measures every form that the device can run, or the one that is asked for; `progress` hears of each cell.
pub fn survey(args: &BenchArgs, progress: impl Fn(&str)) -> Result<Survey> {
    let mut device = Device::open(&adapter_choice(&args.device))?;
    let adapter = device.report();
    let forms = forms(args, &device)?;
    let passes = match args.inference {
        true => &[true][..],
        false => &[false, true],
    };
    let mut cells = Vec::new();
    for units in UNITS {
        let model = model(units)?;
        for batch_size in BATCHES {
            let twin = Twin::new(&model, units, batch_size);
            for (limits, &inference) in forms
                .iter()
                .flat_map(|limits| passes.iter().map(move |pass| (limits, pass)))
            {
                let case = Case {
                    kernels: kernel_form(limits),
                    units,
                    batch_size,
                    inference,
                };
                progress(&case.text());
                let (figures, problem) = match measure(device, &model, limits, &case, &twin) {
                    Ok((kept, figures)) => {
                        device = kept;
                        let wrong = figures.error > TOLERANCE;
                        let problem = wrong
                            .then(|| format!("differs from the f64 twin by {:.1e}", figures.error));
                        (Some(figures), problem)
                    }
                    Err(error) => {
                        device = Device::open(&adapter_choice(&args.device))?;
                        (None, Some(format!("{error:#}")))
                    }
                };
                cells.push(Cell {
                    case,
                    figures,
                    problem,
                });
            }
        }
    }
    Ok(Survey {
        survey: SURVEY,
        gatefold: env!("CARGO_PKG_VERSION").to_string(),
        system: System::of_this_machine(),
        adapter,
        length: LENGTH as usize,
        checked_length: CHECKED_LENGTH as usize,
        cells,
    })
}

/// Limits of each form.
fn forms(args: &BenchArgs, device: &Device) -> Result<Vec<Limits>> {
    let chosen = device.limits(args.device.kernels.into())?;
    if KernelForm::from(args.device.kernels) != KernelForm::Automatic || device.is_native() {
        return Ok(vec![chosen]);
    }
    let forms = [
        KernelForm::Split,
        KernelForm::Subgroup,
        KernelForm::Portable,
    ];
    // A form that the adapter cannot run has no limits.
    Ok(forms
        .iter()
        .filter_map(|&form| device.limits(form).ok())
        .collect())
}

fn model(units: usize) -> Result<Model> {
    let model = Sequential::new("survey")
        .add(Embedding::new(VOCABULARY, WIDTH))
        .add(Bidirectional::new(Lstm::new(units)))
        .add(Dense::new(1).sigmoid());
    Ok(model.build()?)
}

fn batch(length: u32, size: usize) -> Batch {
    random_batch(
        length,
        size,
        VOCABULARY,
        &mut Philox::new(u64::from(length), 0),
    )
}

impl Twin {
    fn new(model: &Model, units: usize, batch_size: usize) -> Twin {
        let double = |tensor: &Vec<f32>| tensor.iter().map(|&x| f64::from(x)).collect();
        let network = Network::new(model, initialise(model, 0).iter().map(double).collect());
        let mut batch = batch(CHECKED_LENGTH, batch_size);
        // Of both labels in turn, gradients nearly cancel, and what is left of them says nothing.
        batch.labels.fill(1.0);
        let on_twin = network::Batch {
            steps: batch.length,
            size: batch.size,
            ids: &batch.ids,
            labels: &batch.labels,
            weights: Some(&batch.weights),
        };
        let forward = network.forward(&on_twin, Masks::Off);
        Twin {
            units,
            gradients: network.backward(&on_twin, &forward),
            probabilities: forward.probabilities,
            batch,
        }
    }

    /// The largest error of a step of this session, whose parameters are still the first ones.
    fn error(&self, session: &mut Session, pass: Pass) -> Result<f64> {
        pass.step(session, &self.batch)?;
        if pass == Pass::Inference {
            let buffer = probabilities_buffer(session.model());
            let found = session.values(&buffer, self.batch.size)?;
            let pairs = found.iter().zip(&self.probabilities);
            return Ok(largest(pairs.map(|(&x, y)| (f64::from(x) - y).abs())));
        }
        let found = session.tensors(names::GRADIENTS)?;
        let pairs = found.iter().zip(&self.gradients);
        Ok(largest(
            pairs.map(|(found, expected)| relative_error(found, expected)),
        ))
    }
}

/// The largest of these; infinity where one is no number.
fn largest(errors: impl Iterator<Item = f64>) -> f64 {
    let finite = errors.map(|error| if error.is_nan() { f64::INFINITY } else { error });
    finite.fold(0.0, f64::max)
}

/// ‖found − expected‖ / ‖expected‖.
fn relative_error(found: &[f32], expected: &[f64]) -> f64 {
    let differences = found.iter().zip(expected);
    let difference: f64 = differences.map(|(&x, y)| (f64::from(x) - y).powi(2)).sum();
    let norm: f64 = expected.iter().map(|y| y * y).sum();
    (difference / norm.max(f64::MIN_POSITIVE)).sqrt()
}

fn measure(
    device: Device,
    model: &Model,
    limits: &Limits,
    case: &Case,
    twin: &Twin,
) -> Result<(Device, Figures)> {
    debug_assert_eq!((twin.units, twin.batch.size), (case.units, case.batch_size));
    let parameters = initialise(model, 0);
    let (model, limits) = (model.clone(), limits.clone());
    let start = Instant::now();
    let (mut session, pass) = match case.inference {
        true => (
            Session::for_inference(device, model, limits, &parameters)?,
            Pass::Inference,
        ),
        false => (
            Session::new(device, model, limits, &parameters, Adam::new(1e-4), 0)?,
            Pass::Training,
        ),
    };
    let error = twin.error(&mut session, pass)?;
    let first_step = start.elapsed();
    ensure!(error.is_finite(), "gives numbers that are not finite");

    let batch = batch(LENGTH, case.batch_size);
    let (warm, _) = pass.step(&mut session, &batch)?;
    if !session.device().is_software() {
        session.set_segment(segment_length(warm, batch.length));
    }
    let steps = repeated(|| Ok(pass.step(&mut session, &batch)?.0))?;
    let profiles = repeated(|| pass.profile(&mut session, &batch))?;
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    let mut recurrences = Vec::new();
    for profile in profiles {
        let (mut there, mut back) = (Duration::ZERO, Duration::ZERO);
        for time in profile {
            let of_recurrence = match &time.kernel {
                kernel if !kernel.starts_with("lstm_") => continue,
                kernel if kernel.contains("_backward") => &mut back,
                _ => &mut there,
            };
            *of_recurrence += time.time;
            if !recurrences.contains(&time.specialised) {
                recurrences.push(time.specialised);
            }
        }
        forward.push(there);
        backward.push(back);
    }
    let a_timestep =
        |times: &[Duration]| rounded(Spread::milliseconds(times).median * 1e3 / f64::from(LENGTH));
    let figures = Figures {
        recurrences,
        step_ms: Spread::milliseconds(&steps),
        forward_us_a_timestep: a_timestep(&forward),
        backward_us_a_timestep: (!case.inference).then(|| a_timestep(&backward)),
        first_step_ms: rounded(milliseconds(first_step)),
        error,
    };
    Ok((session.into_device(), figures))
}

/// What a step gives, again and again for as long as a cell may take.
fn repeated<T>(mut step: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
    let (start, mut found) = (Instant::now(), Vec::new());
    while found.len() < MOST_STEPS && (found.is_empty() || start.elapsed() < CELL) {
        found.push(step()?);
    }
    Ok(found)
}
