//! What a page tells of a run's epochs: charts, and a table with a row each.

use minijinja::{Value, context};

use super::ReportedRun;
use super::chart::{Colours, chart};
use crate::report::curves::{
    accuracy_figure, gradient_norm_figure, layer_norm_figure, learning_rate_figure, loss_figure,
};
use crate::report::table::readable;
use crate::train::{EpochRecord, History, Monitor};

/// Accuracy and loss; norms of gradients where they were measured, and the learning rate where it moves.
pub(super) fn run_charts(history: &History, index: usize) -> Vec<Value> {
    let own = [accuracy_figure(history, None), loss_figure(history, None)];
    let further = [gradient_norm_figure(history), learning_rate_figure(history)];
    let own = own.into_iter().chain(further.into_iter().flatten());
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

/// A column of the table.
struct Column {
    name: &'static str,
    value: fn(&EpochRecord) -> Option<f64>,
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

/// Columns that any epoch has a value in; each value exactly, and as people write it.
pub(super) fn epoch_table(run: &ReportedRun) -> Value {
    let epochs = &run.history.epochs;
    let has_values =
        |column: &&Column| epochs.iter().any(|record| (column.value)(record).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(has_values).collect();
    let header = std::iter::once("Epoch").chain(columns.iter().map(|column| column.name));
    // Where nobody knows which epoch's parameters were kept, none is marked.
    let best = kept_epoch(run).map(|(_, record)| record.epoch);
    let row = |record: &EpochRecord| {
        let cells = columns.iter().map(|column| match (column.value)(record) {
            Some(value) => (exact(value), (column.written)(value)),
            None => (String::new(), String::new()),
        });
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
