//! The page's content as its template takes it.

use minijinja::{Value, context};

use super::chart::{COLOURS, Colours, chart};
use super::epochs::{epoch_table, kept_epoch, run_charts};
use super::{Example, LengthErrors, Report, ReportedRun, Test};
use crate::data::sentiment_classes;
use crate::error::Result;
use crate::model::grouped;
use crate::model::{LayerSummary, Summary};
use crate::report::curves::{accuracy_overview, loss_overview};
use crate::report::explanation::{explained, shade};
use crate::report::measures::{Measures, shown};
use crate::report::table::{IN_FULL, best_epoch, duration, number, row};
use crate::report::{Word, largest, strongest};
use crate::template;
use crate::train::{Confusion, Evaluation, History, predicted, probability_of};

/// The parts of the page.
const PARTS: [(&str, &str); 8] = [
    (
        "header.html",
        include_str!("../../../assets/report/header.html"),
    ),
    (
        "footer.html",
        include_str!("../../../assets/report/footer.html"),
    ),
    (
        "sweep.html",
        include_str!("../../../assets/report/sweep.html"),
    ),
    (
        "report.html",
        include_str!("../../../assets/report/report.html"),
    ),
    (
        "parts.html",
        include_str!("../../../assets/report/parts.html"),
    ),
    ("chart.js", include_str!("../../../assets/chart/chart.js")),
    (
        "style.css",
        include_str!("../../../assets/report/style.css"),
    ),
    (
        "script.js",
        include_str!("../../../assets/report/script.js"),
    ),
];

/// Words that are named beside an example.
const NAMED: usize = 6;

pub(super) fn render(report: &Report) -> Result<String> {
    filled("report.html", content(report))
}

/// The page of this name with its content.
pub(super) fn filled(page: &str, content: Value) -> Result<String> {
    template::filled(&PARTS, page, content)
}

fn content(report: &Report) -> Value {
    let runs = report.runs.iter().enumerate();
    let runs: Vec<Value> = runs.map(|(index, run)| shown_run(run, index)).collect();
    context! {
        title => title(report),
        data => &report.data,
        synthetic => report.synthetic,
        command => &report.command,
        comparison => (report.runs.len() > 1).then(|| comparison(report)),
        lengths => length_tables(report),
        two_classes => tests(report).all(|(_, _, test)| test.evaluation.classes.len() == 2),
        has_times => report.runs.iter().any(|run| !run.timings.is_empty()),
        runs,
    }
}

fn title(report: &Report) -> String {
    match &report.runs[..] {
        [run] => run.history.variant.clone(),
        runs => format!("{} models compared", runs.len()),
    }
}

fn comparison(report: &Report) -> Value {
    let histories: Vec<History> = report.runs.iter().map(|run| run.history.clone()).collect();
    let best = |history: &History| best_epoch(&history.epochs).map(|record| record.val_accuracy);
    let greatest = histories.iter().filter_map(best).reduce(f64::max);
    let rows: Vec<Value> = histories
        .iter()
        .map(|history| {
            context! {
                cells => row(history, history.variant.clone())[..IN_FULL.len()].to_vec(),
                is_best => greatest.is_some() && best(history) == greatest,
            }
        })
        .collect();
    context! {
        header => IN_FULL,
        rows,
        charts => [
            chart(&accuracy_overview(&histories, None), Colours::Each),
            chart(&loss_overview(&histories, None), Colours::Each),
        ],
    }
}

fn shown_run(run: &ReportedRun, index: usize) -> Value {
    let history = &run.history;
    let sections: Vec<Value> = run
        .sections
        .iter()
        .map(|section| context! { name => &section.name, entries => &section.entries })
        .collect();
    context! {
        name => &history.variant,
        cards => cards(run),
        charts => run_charts(run, index),
        epochs => (!history.epochs.is_empty()).then(|| epoch_table(run)),
        kept => kept(run),
        summary => run.summary.as_ref().map(summary),
        sections,
        command => &run.command,
        model_file => &run.model_file,
        test => run.test.as_ref().map(test),
    }
}

/// The figures that one looks for first.
fn cards(run: &ReportedRun) -> Vec<Value> {
    let history = &run.history;
    let card = |label: &str, value: String| context! { label, value };
    let mut cards = Vec::new();
    if let Some(best) = best_epoch(&history.epochs) {
        let value = format!("{:.1} %", 100.0 * best.val_accuracy);
        cards.push(card(
            &format!("best validation accuracy, in epoch {}", best.epoch),
            value,
        ));
    }
    if let Some((monitor, kept)) = kept_epoch(run) {
        let value = number(monitor.value(kept));
        cards.push(card(
            &format!(
                "best {monitor}, in epoch {}, whose parameters are kept",
                kept.epoch
            ),
            value,
        ));
    }
    if let Some(last) = history.epochs.last() {
        cards.push(card("validation loss at the end", number(last.val_loss)));
    }
    if let Some(parameters) = history.parameters {
        cards.push(card("parameters", grouped(parameters)));
    }
    cards.push(card("epochs", history.epochs.len().to_string()));
    let timings = &run.timings;
    if !timings.is_empty() {
        let seconds = timings.iter().map(|timing| timing.seconds).sum();
        cards.push(card("time of these epochs", duration(seconds)));
    }
    let mebibytes = |bytes: u64| format!("{} MiB", grouped((bytes >> 20) as usize));
    for (label, bytes) in [
        (
            "memory of the process, at most",
            timings.iter().filter_map(|timing| timing.resident).max(),
        ),
        (
            "buffers on the device",
            timings.iter().filter_map(|timing| timing.device).max(),
        ),
    ] {
        cards.extend(bytes.map(|bytes| card(label, mebibytes(bytes))));
    }
    cards
}

/// What the marked epoch is.
fn kept(run: &ReportedRun) -> Option<Value> {
    kept_epoch(run).map(|(monitor, _)| {
        let files = match run.keeps_best {
            true => vec!["best.safetensors", "model.safetensors"],
            false => vec!["best.safetensors"],
        };
        context! { figure => monitor.name(), files }
    })
}

fn summary(summary: &Summary) -> Value {
    let row = |layer: &LayerSummary| {
        context! {
            name => &layer.name,
            class => layer.class,
            shape => layer.shape_text(),
            parameters => grouped(layer.parameters),
        }
    };
    context! {
        layers => summary.layers.iter().map(row).collect::<Vec<_>>(),
        total => grouped(summary.total_parameters),
    }
}

fn test(test: &Test) -> Value {
    let Evaluation {
        classes, scores, ..
    } = &test.evaluation;
    let examples = |rightly: bool| -> Vec<Value> {
        let chosen = test.examples.iter();
        let chosen = chosen.filter(|example| example.right() == rightly);
        chosen.map(|chosen| example(chosen, classes)).collect()
    };
    let confusion: Vec<Value> = classes
        .iter()
        .zip(scores.confusion.rows())
        .map(|(name, row)| {
            let counts: Vec<String> = row.iter().copied().map(grouped).collect();
            context! { name, counts }
        })
        .collect();
    context! {
        data => &test.data,
        reviews => grouped(test.evaluation.probabilities.len()),
        measures => Measures::of(&test.evaluation).rows(),
        classes,
        confusion,
        of_each => of_each_class(classes, &scores.confusion),
        explained => (!scores.of_each).then(|| explained(classes, 1)),
        examples => [("Wrong, and sure of it", examples(false)), ("Right, and sure of it", examples(true))],
    }
}

fn example(example: &Example, classes: &[String]) -> Value {
    let class = |index: usize| classes.get(index).map_or("", String::as_str);
    let called = predicted(&example.probabilities);
    // Of two classes told apart by one probability it is that of the second, whatever the review was called.
    let (of_second, shown) = match example.probabilities[..] {
        [second] => (Some(class(1)), second),
        _ => (None, probability_of(&example.probabilities, called)),
    };
    let largest = largest(&example.words);
    let word = |word: &Word| {
        let (_, opacity) = shade(word, largest);
        context! {
            text => &word.text,
            contribution => format!("{:+.3}", word.contribution),
            side => if word.contribution < 0.0 { "against" } else { "for" },
            opacity => format!("{opacity:.2}"),
        }
    };
    let named: Vec<&Word> = strongest(&example.words).into_iter().take(NAMED).collect();
    let (padding, of_padding) = example.padding;
    context! {
        probability => format!("{shown:.4}"),
        of_second,
        is_sentiment => classes == sentiment_classes(),
        label => class(usize::from(example.label)),
        called => class(called),
        tokens => grouped(example.tokens),
        words => example.words.iter().map(word).collect::<Vec<_>>(),
        strongest => named.into_iter().map(word).collect::<Vec<_>>(),
        padding => grouped(padding),
        of_padding => (padding > 0).then(|| format!("{of_padding:+.3}")),
    }
}

/// Precision, recall and F1 of each class, and how many reviews are of it.
fn of_each_class(classes: &[String], confusion: &Confusion) -> Vec<Value> {
    let row = |(class, name): (usize, &String)| {
        let values = [
            shown(confusion.precision(class)),
            shown(confusion.recall(class)),
            shown(confusion.f1(class)),
            grouped(confusion.actual(class)),
        ];
        context! { name, values }
    };
    classes.iter().enumerate().map(row).collect()
}

/// The runs that were tested, each with its place and its name.
fn tests(report: &Report) -> impl Iterator<Item = (usize, &String, &Test)> {
    let runs = report.runs.iter().enumerate();
    runs.filter_map(|(index, run)| Some((index, &run.history.variant, run.test.as_ref()?)))
}

/// A table of errors by length for all runs that were tested on reviews of the same lengths.
fn length_tables(report: &Report) -> Vec<Value> {
    let groups = |test: &Test| -> Vec<(usize, usize, usize)> {
        let lengths = test.lengths.iter();
        lengths
            .map(|group| (group.shortest, group.longest, group.reviews))
            .collect()
    };
    let mut tables: Vec<Vec<(usize, &String, &Test)>> = Vec::new();
    for run in tests(report) {
        match tables
            .iter_mut()
            .find(|table| groups(table[0].2) == groups(run.2))
        {
            Some(table) => table.push(run),
            None => tables.push(vec![run]),
        }
    }
    tables.iter().map(|table| length_table(table)).collect()
}

fn length_table(runs: &[(usize, &String, &Test)]) -> Value {
    let share = |group: &LengthErrors| 100.0 * group.wrong as f64 / group.reviews.max(1) as f64;
    let first = runs.iter().take(1).flat_map(|(_, _, test)| &test.lengths);
    let rows: Vec<Value> = first
        .enumerate()
        .map(|(place, group)| {
            let cells = runs.iter().filter_map(|(run, _, test)| {
                let group = test.lengths.get(place)?;
                Some(context! {
                    colour => run % COLOURS,
                    wrong => group.wrong,
                    share => format!("{:.1}", share(group)),
                })
            });
            context! {
                tokens => if group.shortest == group.longest {
                    group.longest.to_string()
                } else {
                    format!("{} – {}", group.shortest, group.longest)
                },
                reviews => grouped(group.reviews),
                cells => cells.collect::<Vec<_>>(),
            }
        })
        .collect();
    let names: Vec<String> = runs.iter().map(|(_, name, _)| name.to_string()).collect();
    context! { runs => names, rows }
}
