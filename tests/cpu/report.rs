//! What a run leaves behind: history files, pictures and tables.

use std::fs;
use std::path::Path;

use gatefold::train::{EpochRecord, History, LayerNorm};
use proptest::prelude::*;

mod browser;
mod end_labels;
mod evaluations;
mod events;
mod files;
mod histograms;
mod legend;
pub mod page;
mod pdfs;
mod pictures;
mod rates;
mod sizes;
mod svg;
mod tables;

/// A history from rows of loss, accuracy, validation loss, validation accuracy.
fn history(variant: &str, rows: &[[f64; 4]]) -> History {
    let mut history = History::new(variant, 561_089);
    for (index, [loss, accuracy, val_loss, val_accuracy]) in rows.iter().copied().enumerate() {
        history.epochs.push(EpochRecord {
            epoch: index + 1,
            loss,
            accuracy,
            val_loss,
            val_accuracy,
            learning_rate: 1e-4,
            seconds: 61.3,
            ..EpochRecord::default()
        });
    }
    history
}

fn learning() -> History {
    history(
        "bidirectional",
        &[
            [0.52, 0.6, 0.36, 0.85],
            [0.27, 0.8, 0.31, 0.87],
            [0.20, 0.9, 0.31, 0.88],
            [0.15, 0.94, 0.35, 0.88],
            [0.12, 0.96, 0.39, 0.89],
        ],
    )
}

fn any_history() -> impl Strategy<Value = History> {
    let row = prop::array::uniform4(prop::num::f64::ANY);
    (
        "[a-z \"\\\\,é]{0,12}",
        prop::collection::vec(row, 0..8),
        any::<Option<u32>>(),
        prop::collection::vec(any::<Option<f64>>(), 8),
    )
        .prop_map(|(variant, rows, parameters, norms)| History {
            parameters: parameters.map(|count| count as usize),
            ..with_norms(history(&variant, &rows), norms)
        })
}

/// The history with norms of gradients in some epochs.
fn with_norms(mut history: History, norms: Vec<Option<f64>>) -> History {
    for (record, norm) in history.epochs.iter_mut().zip(norms) {
        record.gradient_norm = norm;
        record.gradient_norm_max = norm.map(|norm| 2.0 * norm);
        let of_layer = |layer: &str| {
            norm.map(|norm| LayerNorm {
                layer: layer.into(),
                mean: norm / 2.0,
                max: norm / 3.0,
            })
        };
        // A name may be anything, the first one's end too.
        let layers = ["dense", "a, \"b\"/dense"];
        record.layer_gradient_norms = layers.into_iter().filter_map(of_layer).collect();
    }
    history
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
