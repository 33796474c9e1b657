//! You should see a line for every adapter and every form of the kernels: how far its training is from exact
//! arithmetic and from the first line's, and whether it repeats bit for bit.
//!
//! 100 steps of one variant on the synthetic reviews, cut to 64 tokens, on all adapters or on those that are named:
//! `cargo run --release --example compare_adapters -- bidirectional llvmpipe swiftshader`

use std::num::NonZeroUsize;

use gatefold::batch::{Batch, Batches, Order, Padding, SHUFFLE_BUFFER};
use gatefold::gpu::{AdapterChoice, Gpu, KernelForm, adapters};
use gatefold::model::{Model, Variant, initialise};
use gatefold::plan::{Adam, Form, Limits};
use gatefold::reference::network::{self, Masks, Network};
use gatefold::train::Session;

const STEPS: usize = 100;
/// Steps that are taken twice.
const AGAIN: usize = 20;
/// Tokens of a review: with more of them the f64 twins take minutes.
const LENGTH: usize = 64;
const SEED: u64 = 0;
const LEARNING_RATE: f64 = 1e-3;

/// The loss of every step, and all parameters after the last.
#[derive(Clone)]
struct Trained {
    losses: Vec<f64>,
    parameters: Vec<Vec<f64>>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let variant: Variant = match arguments.next() {
        Some(name) => name.parse()?,
        None => Variant::Bidirectional,
    };
    let mut names: Vec<String> = arguments.collect();
    if names.is_empty() {
        names = (0..adapters().len())
            .map(|index| index.to_string())
            .collect();
    }
    let reviews = gatefold::data::demo()?;
    let model = variant.model(reviews.vocabulary.size())?;
    let padding = Padding {
        max_length: NonZeroUsize::new(LENGTH),
        ..Padding::AFTER
    };
    let order = Order::training(SEED, 1, false, SHUFFLE_BUFFER);
    let batches = Batches::with_padding(&reviews.train, 10, order, padding)?;
    let batches: Vec<Batch> = batches.take(STEPS).collect();

    println!(
        "{}, {STEPS} steps; largest relative difference of a loss, and of a parameter's tensor (norms),",
        model.name()
    );
    println!("from f64 on the CPU and from the first line below:\n");
    println!("        f64           first line");
    println!("    loss  tensor    loss  tensor  repeats  adapter, kernels");
    let exact = train_exactly(&model, &batches);
    let mut first = None;
    for name in names {
        let choice = AdapterChoice {
            name: Some(name),
            ..AdapterChoice::default()
        };
        for form in [
            KernelForm::Portable,
            KernelForm::Split,
            KernelForm::Subgroup,
        ] {
            let gpu = Gpu::open(&choice)?;
            let Ok(limits) = gpu.limits(form) else {
                continue; // not the subgroups that the form needs
            };
            let report = gpu.report().clone();
            let trained = train(gpu, &model, &limits, &batches)?;
            let again = train(Gpu::open(&choice)?, &model, &limits, &batches[..AGAIN])?;
            let repeats = again.losses == trained.losses[..AGAIN];
            let (loss, tensor) = difference(&trained, &exact);
            let (loss_first, tensor_first) =
                difference(&trained, first.get_or_insert(trained.clone()));
            println!(
                "{loss:8.1e}{tensor:8.1e}{loss_first:8.1e}{tensor_first:8.1e}  {:<7}  {} ({}, {}), {}",
                if repeats { "yes" } else { "NO" },
                report.name,
                report.backend,
                report.driver,
                match limits.form {
                    Form::Portable => "portable".to_string(),
                    Form::Split { .. } => "split".to_string(),
                    Form::Subgroup { lanes } => format!("subgroup of {lanes}"),
                    Form::Native => "native".to_string(),
                }
            );
        }
    }
    Ok(())
}

fn train(gpu: Gpu, model: &Model, limits: &Limits, batches: &[Batch]) -> anyhow::Result<Trained> {
    let start = initialise(model, SEED);
    let adam = Adam::new(LEARNING_RATE);
    let mut session = Session::new(gpu, model.clone(), limits.clone(), &start, adam, SEED)?;
    let mut losses = Vec::new();
    for batch in batches {
        session.train(batch)?;
        losses.extend(session.results()?.iter().map(|step| f64::from(step.loss)));
    }
    losses.extend(session.drain()?.iter().map(|step| f64::from(step.loss)));
    let parameters = session
        .parameters()?
        .iter()
        .map(|tensor| double(tensor))
        .collect();
    Ok(Trained { losses, parameters })
}

/// The same steps by the kernels' twins in f64.
fn train_exactly(model: &Model, batches: &[Batch]) -> Trained {
    let start = initialise(model, SEED);
    let mut network = Network::new(model, start.iter().map(|tensor| double(tensor)).collect());
    network.adam.learning_rate = LEARNING_RATE;
    let step = |(step, batch): (u64, &Batch)| {
        let batch = network::Batch {
            steps: batch.length,
            size: batch.size,
            ids: &batch.ids,
            labels: &batch.labels,
            weights: None,
        };
        network
            .train(&batch, Masks::Drawn { seed: SEED, step })
            .0
            .loss
    };
    let losses = (1..).zip(batches).map(step).collect();
    Trained {
        losses,
        parameters: network.parameters,
    }
}

fn double(tensor: &[f32]) -> Vec<f64> {
    tensor.iter().map(|&x| f64::from(x)).collect()
}

/// The largest relative difference of a loss, and of a tensor, norm by norm.
fn difference(found: &Trained, expected: &Trained) -> (f64, f64) {
    let losses = found.losses.iter().zip(&expected.losses);
    let tensors = found.parameters.iter().zip(&expected.parameters);
    (
        losses
            .map(|(f, e)| (f - e).abs() / e.abs())
            .fold(0.0, f64::max),
        tensors
            .map(|(f, e)| {
                let apart: Vec<f64> = f.iter().zip(e).map(|(f, e)| f - e).collect();
                norm(&apart) / norm(e)
            })
            .fold(0.0, f64::max),
    )
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}
