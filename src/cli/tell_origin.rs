//! What training and its relatives begin with, told: the data, the device, the weights of the classes, the vectors of words.

use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gatefold::data::{Dataset, WordVectors, class_counts};
use gatefold::gpu::AdapterReport;
use gatefold::plan::Limits;
use gatefold::run::{Trainer, kernel_form};
use serde::Serialize;

use super::screen::{Output, counted, grouped};
use super::settings::DataSettings;

#[derive(Serialize)]
struct AdapterLine<'a> {
    #[serde(flatten)]
    report: &'a AdapterReport,
    kernels: String,
}

#[derive(Serialize)]
struct DataLine<'a> {
    name: &'a str,
    synthetic: bool,
    train_reviews: usize,
    test_reviews: usize,
    /// Test reviews where others are there to validate with, which are in `test_reviews` then.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out_reviews: Option<usize>,
    longest: usize,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
    notes: &'a [String],
}

#[derive(Serialize)]
struct VectorsLine<'a> {
    width: usize,
    /// Entries of the vocabulary with a vector.
    found: usize,
    /// Entries of the vocabulary that could have one.
    entries: usize,
    /// Share of the training tokens that have one.
    token_share: f64,
    sha256: &'a str,
    notes: &'a [String],
}

/// Says which file or folder is read; a large archive takes seconds.
pub fn tell_reading(output: Output, data: &DataSettings) {
    if let Some(path) = data.reviews.source.path() {
        output.field("Reading", &path.display().to_string());
    }
    if let Some(note) = &data.note {
        output.field("Note", note);
    }
}

/// Loads the data; `stop` ends the building of a vocabulary, where there is none.
pub fn load_told(data: &DataSettings, stop: &AtomicBool, output: Output) -> Result<Dataset> {
    tell_reading(output, data);
    Ok(data.reviews.load(stop)?)
}

/// Loads the data to test a trained model with.
pub fn load_to_test_told(data: &DataSettings, output: Output) -> Result<Dataset> {
    tell_reading(output, data);
    Ok(data.reviews.load_to_test()?)
}

/// Says which adapter is taken, and which form of the kernels.
pub fn tell_adapter(output: Output, adapter: &AdapterReport, limits: &Limits) -> Result<()> {
    let kernels = kernel_form(limits);
    output.field(
        "Adapter",
        &format!("{}: {}, {}", adapter.name, adapter.kind, adapter.backend),
    );
    output.field(
        "",
        &format!("driver {}; kernels: {kernels}", adapter.driver),
    );
    output.event(
        "adapter",
        &AdapterLine {
            report: adapter,
            kernels,
        },
    )
}

/// Says what the reviews of each class count, where they do not count the same.
pub fn tell_class_weights(output: Output, trainer: &Trainer) {
    let weights = trainer.dataset.classes.iter().zip(trainer.class_weights());
    let weights: Vec<String> = weights
        .map(|(class, weight)| format!("{class} {weight:.3}"))
        .collect();
    if !weights.is_empty() {
        output.field("Weights", &format!("of the losses: {}", weights.join(", ")));
    }
}

pub fn tell_data(output: Output, dataset: &Dataset) -> Result<()> {
    let counts = class_counts(&dataset.train, dataset.classes.len());
    let classes = dataset.classes.iter().zip(counts);
    let classes: Vec<String> = classes
        .map(|(class, count)| format!("{} {class}", grouped(count)))
        .collect();
    let to_test = match dataset.held_out.len() {
        0 => format!("{} to test with", grouped(dataset.test.len())),
        count => format!(
            "{} to validate with, {} to test with",
            grouped(dataset.test.len()),
            grouped(count)
        ),
    };
    output.field(
        "Data",
        &format!(
            "{}: {} to train on ({}), {to_test}; longest {} tokens; \
             vocabulary of {} ids",
            dataset.name,
            counted(dataset.train.len(), "review"),
            classes.join(", "),
            grouped(dataset.longest()),
            grouped(dataset.vocabulary.size())
        ),
    );
    for note in &dataset.notes {
        output.field("Note", note);
    }
    output.event(
        "data",
        &DataLine {
            name: &dataset.name,
            synthetic: dataset.synthetic,
            train_reviews: dataset.train.len(),
            test_reviews: dataset.test.len(),
            held_out_reviews: Some(dataset.held_out.len()).filter(|&count| count > 0),
            longest: dataset.longest(),
            vocabulary_size: dataset.vocabulary.size(),
            vocabulary_sha256: dataset.vocabulary.sha256(),
            notes: &dataset.notes,
        },
    )
}

/// Says for how much of the vocabulary and of the training reviews there are vectors.
pub fn tell_vectors(output: Output, vectors: &WordVectors, dataset: &Dataset) -> Result<()> {
    let (found, entries) = (vectors.found(), vectors.entries());
    let token_share = vectors.share(&dataset.train);
    output.field(
        "Vectors",
        &format!(
            "of {} numbers for {} of {} {} of the vocabulary ({:.1} %), which are {:.1} % of the training tokens; the others \
             start at random",
            vectors.width(),
            grouped(found),
            grouped(entries),
            dataset.vocabulary.kind().name(),
            100.0 * found as f64 / entries as f64,
            100.0 * token_share,
        ),
    );
    for note in vectors.notes() {
        output.field("Note", note);
    }
    output.event(
        "vectors",
        &VectorsLine {
            width: vectors.width(),
            found,
            entries,
            token_share,
            sha256: vectors.sha256(),
            notes: vectors.notes(),
        },
    )
}
