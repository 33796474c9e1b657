//! What a page tells of a run's epochs: charts, and a table with a row each.

use minijinja::{Value, context};

use super::ReportedRun;
use super::chart::{Colours, chart};
use crate::report::curves::{
    accuracy_figure, gradient_norm_figure, layer_norm_figure, learning_rate_figure, loss_figure,
};
use crate::report::table::readable;
use crate::report::timing::{EpochTiming, timing_figures};
use crate::train::{EpochRecord, Monitor};

/// Accuracy and loss; norms of gradients where they were measured, the learning rate where it moves, time and rate where
/// they are known.
pub(super) fn run_charts(run: &ReportedRun, index: usize) -> Vec<Value> {
    let history = &run.history;
    let own = [accuracy_figure(history, None), loss_figure(history, None)];
    let further = [gradient_norm_figure(history), learning_rate_figure(history)];
    let own = own.into_iter().chain(further.into_iter().flatten());
    let own = own.chain(timing_figures(&run.timings));
    let own = own.map(|figure| chart(&figure, Colours::Of(index)));
    let layers = layer_norm_figure(history);
    let layers = layers.map(|figure| chart(&figure, Colours::Each));
    own.chain(layers).collect()
}

/// The epoch whose parameters `best.safetensors` has, and the metric that it is the best by.
pub(super) fn kept_epoch(run: &ReportedRun) -> Option<(Monitor, &EpochRecord)> {
    let monitor = run.monitor?;
    Some((monitor, monitor.best(&run.history.epochs)?))
}

/// A column of the table, of what `Of` tells of an epoch.
struct Column<Of = EpochRecord> {
    name: &'static str,
    value: fn(&Of) -> Option<f64>,
    /// The value as people write it.
    written: fn(f64) -> String,
}

const fn column(name: &'static str, value: fn(&EpochRecord) -> Option<f64>) -> Column {
    Column {
        name,
        value,
        written: readable,
    }
}

const COLUMNS: [Column; 7] = [
    column("Training loss", |record| Some(record.loss)),
    column("Training accuracy", |record| Some(record.accuracy)),
    column("Validation loss", |record| Some(record.val_loss)),
    column("Validation accuracy", |record| Some(record.val_accuracy)),
    Column {
        written: rate,
        ..column("Learning rate", |record| Some(record.learning_rate))
    },
    column("Gradient norm", |record| record.gradient_norm),
    column("Greatest gradient norm", |record| record.gradient_norm_max),
];

/// Columns of a page that tells times.
const TIMED: [Column<EpochTiming>; 2] = [
    Column {
        name: "Seconds",
        value: |timing| Some(timing.seconds),
        written: timed,
    },
    Column {
        name: "Steps per second",
        value: |timing| timing.rate,
        written: timed,
    },
];

/// Columns that any epoch has a value in; each value exactly, and as people write it.
pub(super) fn epoch_table(run: &ReportedRun) -> Value {
    let epochs = &run.history.epochs;
    let has_values =
        |column: &&Column| epochs.iter().any(|record| (column.value)(record).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(has_values).collect();
    let timed = match run.timings.is_empty() {
        true => &[][..],
        false => &TIMED,
    };
    let names = columns.iter().map(|column| column.name);
    let header = std::iter::once("Epoch").chain(names);
    let header = header.chain(timed.iter().map(|column| column.name));
    // Where nobody knows which epoch's parameters were kept, none is marked.
    let best = kept_epoch(run).map(|(_, record)| record.epoch);
    let row = |record: &EpochRecord| {
        let cells = columns
            .iter()
            .map(|column| cell((column.value)(record), column.written));
        let mut timings = run.timings.iter();
        let timing = timings.find(|timing| timing.epoch == record.epoch);
        let cells = cells.chain(timed.iter().map(|column| {
            let value = timing.and_then(column.value);
            cell(value, column.written)
        }));
        context! {
            epoch => record.epoch,
            is_best => best == Some(record.epoch),
            cells => cells.collect::<Vec<_>>(),
        }
    };
    context! {
        header => header.collect::<Vec<_>>(),
        rows => epochs.iter().map(row).collect::<Vec<_>>(),
    }
}

/// A value exactly, and as people write it; nothing where there is none.
fn cell(value: Option<f64>, written: fn(f64) -> String) -> (String, String) {
    value.map_or_else(Default::default, |value| (exact(value), written(value)))
}

/// Three digits at least: `0.413`, `41.3`, `413`.
fn timed(value: f64) -> String {
    match value.abs() {
        ..0.9995 => format!("{value:.3}"),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// All the digits that tell the number from its neighbours.
fn exact(value: f64) -> String {
    format!("{value:?}")
}

/// A learning rate: whole where that is short, `9.13e-6` where it is not.
fn rate(value: f64) -> String {
    let exact = exact(value);
    match exact.len() <= 8 {
        true => exact,
        false => format!("{value:.2e}"),
    }
}
