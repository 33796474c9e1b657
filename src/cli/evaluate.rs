//! `gatefold evaluate`: how good a trained model is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gatefold::Error;
use gatefold::data::{Dataset, sentiment_classes};
use gatefold::ranks::Ranks;
use gatefold::report::{
    EVALUATION_FIGURES, Measures, evaluation_table_within, holds_something, write_evaluation,
};
use gatefold::run::{TrainedRun, check_folder};
use gatefold::train::{Evaluation, Scores, Session, check_batch_size};
use serde::Serialize;

use super::args::EvaluateArgs;
use super::progress::bar;
use super::screen::{Output, counted, field, print_json, result_columns, visible};
use super::test_data::{ToTest, open_told, with_test_data};
use super::training_job::tell_synthetic;
use super::usage::option;

const BAR: &str = "Evaluating  {pos}/{len} {wide_bar:.cyan/dim} {left} left";

#[derive(Serialize)]
struct Report<'a> {
    run: &'a Path,
    model: &'a str,
    data: &'a str,
    /// Whether the run's own reviews are still those that it was trained and validated with; null for others.
    as_trained: Option<bool>,
    synthetic: bool,
    reviews: usize,
    batch_size: usize,
    #[serde(flatten)]
    measures: Measures,
    /// The class that probabilities, precision, recall and F1 are of, where one probability tells two apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    /// Where they are others than negative and positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<&'a [String]>,
    per_class: Vec<ClassReport<'a>>,
    confusion: ConfusionReport<'a>,
    reliability: Vec<BinReport>,
    figures: Vec<PathBuf>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ConfusionReport<'a> {
    /// Of negative and positive reviews.
    Sentiment {
        true_negative: usize,
        false_positive: usize,
        false_negative: usize,
        true_positive: usize,
    },
    /// `[actual, predicted]`.
    OfEach(Vec<&'a [usize]>),
}

impl<'a> ConfusionReport<'a> {
    fn of(scores: &'a Scores, is_sentiment: bool) -> ConfusionReport<'a> {
        let rows: Vec<&[usize]> = scores.confusion.rows().collect();
        match rows[..] {
            [
                &[true_negative, false_positive],
                &[false_negative, true_positive],
            ] if is_sentiment => ConfusionReport::Sentiment {
                true_negative,
                false_positive,
                false_negative,
                true_positive,
            },
            _ => ConfusionReport::OfEach(rows),
        }
    }
}

/// The metrics of one class against all others.
#[derive(Serialize)]
struct ClassReport<'a> {
    class: &'a str,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    reviews: usize,
}

fn per_class(evaluation: &Evaluation) -> Vec<ClassReport<'_>> {
    let confusion = &evaluation.scores.confusion;
    let classes = evaluation.classes.iter().enumerate();
    classes
        .map(|(class, name)| ClassReport {
            class: name,
            precision: confusion.precision(class),
            recall: confusion.recall(class),
            f1: confusion.f1(class),
            reviews: confusion.actual(class),
        })
        .collect()
}

#[derive(Serialize)]
struct BinReport {
    lower: f64,
    upper: f64,
    reviews: usize,
    mean_probability: Option<f64>,
    #[serde(flatten)]
    share: Share,
}

/// [`Bin::share`](gatefold::train::Bin) under the name of what it is a share of.
#[derive(Serialize)]
enum Share {
    /// Of the second of two classes.
    #[serde(rename = "share_of_class")]
    OfClass(Option<f64>),
    #[serde(rename = "share_right")]
    Right(Option<f64>),
}

fn reliability(scores: &Scores) -> Vec<BinReport> {
    let share = match scores.of_each {
        true => Share::Right,
        false => Share::OfClass,
    };
    let bins = scores.reliability.iter();
    bins.map(|bin| BinReport {
        lower: bin.lower,
        upper: bin.upper,
        reviews: bin.reviews,
        mean_probability: bin.mean_probability,
        share: share(bin.share),
    })
    .collect()
}

/// Evaluates a run on the test reviews of its data, or of other data.
pub fn run(args: &EvaluateArgs, quiet: bool, ranks: Option<&Arc<Ranks>>) -> Result<()> {
    if let Some(batch_size) = args.batch_size {
        check_batch_size(batch_size)?;
    }
    let figure_options = args.drawn.options()?;
    if let (None, Some(typed)) = (&args.figures, args.drawn.typed()) {
        let problem = "nothing is drawn; say with --figures into which folder, or leave this out";
        return Err(option(typed, problem).into());
    }
    let is_first = ranks.is_none_or(|ranks| ranks.is_first());
    if let Some(folder) = args.figures.as_ref().filter(|_| is_first) {
        check_folder(folder, true)?;
        let names = EVALUATION_FIGURES.iter().flat_map(|name| {
            let formats = figure_options.formats.iter();
            formats.map(move |format| format!("{name}.{}", format.ending()))
        });
        for name in names {
            let path = folder.join(name);
            if !args.overwrite && holds_something(&path)? {
                let problem = format!(
                    "{} is there already; choose another folder, or give --overwrite to replace it",
                    path.display()
                );
                return Err(option("--figures", problem).into());
            }
        }
    }
    let output = Output {
        json: args.json,
        quiet,
    };
    let run = open_told(&args.run, output)?;
    let batch_size = args.batch_size.unwrap_or(run.batch_size);
    let ToTest {
        mut session,
        dataset,
        as_trained,
    } = with_test_data(
        &run,
        &args.test_data,
        &args.device,
        ranks.map(|ranks| ranks.local()),
        output,
    )?;
    if let Some(ranks) = ranks {
        let facts = [
            ("the batch size", batch_size.to_string()),
            ("the SHA-256 of the data", dataset.sha256()),
        ];
        ranks.check_same(&facts)?;
        session.join(Arc::clone(ranks));
        output.field(
            "Ranks",
            &format!("{}, which take the batches in turn", ranks.size()),
        );
    }

    let evaluation = evaluate_told(&run, &mut session, &dataset, batch_size, output)?;

    if !is_first {
        return Ok(());
    }
    let model = run.weights.model.name();
    let figures = match &args.figures {
        None => Vec::new(),
        Some(folder) => {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
            let note = format!("{model} · {}", dataset.name);
            write_evaluation(folder, &evaluation, &note, &figure_options)?
        }
    };
    if args.json {
        let scores = &evaluation.scores;
        let is_sentiment = evaluation.classes == sentiment_classes();
        return print_json(&Report {
            run: &run.folder,
            model,
            data: &dataset.name,
            as_trained,
            synthetic: dataset.synthetic,
            reviews: dataset.test.len(),
            batch_size,
            measures: Measures::of(&evaluation),
            class: (!scores.of_each).then(|| run.class(1)),
            classes: (!is_sentiment).then_some(&evaluation.classes),
            per_class: per_class(&evaluation),
            confusion: ConfusionReport::of(scores, is_sentiment),
            reliability: reliability(scores),
            figures,
        });
    }
    let reviews = counted(dataset.test.len(), "review");
    let name = visible(&dataset.name);
    output.result(&format!("{model} on {reviews} of {name}\n"))?;
    let columns = result_columns();
    output.result(&format!(
        "{}\n",
        evaluation_table_within(&evaluation, columns)
    ))?;
    tell_synthetic(output, &dataset)?;
    for figure in figures {
        output.result(&field("Figure", &figure.display().to_string()))?;
    }
    Ok(())
}

/// Runs the test reviews through the model, with a bar that tells how far it is.
pub fn evaluate_told(
    run: &TrainedRun,
    session: &mut Session,
    dataset: &Arc<Dataset>,
    batch_size: usize,
    output: Output,
) -> Result<Evaluation> {
    let bar = bar(output, BAR, dataset.test.len().div_ceil(batch_size))?;
    let mut done = |batches| bar.set_position(batches as u64);
    let evaluation = run.evaluate(session, dataset, Some(batch_size), &mut done);
    bar.finish_and_clear();
    Ok(evaluation?)
}
