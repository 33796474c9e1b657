//! What `compare` and `train` share before a model is trained: the device, the data, memory for both.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gatefold::data::{Dataset, class_counts, load_cached, load_to_test};
use gatefold::gpu::{AdapterReport, Gpu};
use gatefold::model::{Model, initialise};
use gatefold::plan::{Form, Gradients, Limits};
use gatefold::train::{Session, reserve_for};
#[cfg(feature = "serve")]
use gatefold::watch::Page;
use serde::Serialize;
use tracing::info;

use super::callbacks::callback_words;
use super::interrupt;
#[cfg(feature = "serve")]
use super::page;
use super::run_config::RunConfig;
use super::run_folder;
use super::screen::{Output, counted, field, grouped};
use super::settings::{DataSettings, Settings, padding_words};

/// All that training needs but the model and the device.
pub struct Trainer {
    pub settings: Settings,
    pub output: Output,
    pub dataset: Arc<Dataset>,
    /// What every run's `config.toml` says.
    pub config: RunConfig,
    /// Whether the user asked to stop.
    pub stop: Arc<AtomicBool>,
    limits: Limits,
    /// Shows the run until training is over.
    #[cfg(feature = "serve")]
    _page: Option<Page>,
}

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
    longest: usize,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
    notes: &'a [String],
}

impl Trainer {
    /// Checks the output folder, opens the device and loads the data, telling what it finds.
    pub fn new(settings: Settings) -> Result<(Trainer, Gpu)> {
        if !settings.begun {
            run_folder::check(&settings.out, settings.overwrite)?;
        }
        let output = Output {
            json: settings.json,
            quiet: settings.quiet,
        };
        #[cfg(feature = "serve")]
        let page = settings
            .serve
            .map(|address| page::open(&settings.out, address, output));
        #[cfg(feature = "serve")]
        let page = page.transpose()?;
        let stop = interrupt::install(output)?;
        let gpu = Gpu::open(&settings.adapter)?;
        let limits = Limits {
            row_tile: settings.row_tile,
            ..gpu.limits(settings.kernels)?
        };
        let adapter = gpu.report().clone();
        tell_adapter(output, &adapter, &limits)?;
        let dataset = Arc::new(load_told(&settings.data, output)?);
        tell_data(output, &dataset)?;
        let trainer = Trainer {
            config: RunConfig::new(&settings, &dataset, &adapter, &limits),
            settings,
            output,
            dataset,
            stop,
            limits,
            #[cfg(feature = "serve")]
            _page: page,
        };
        Ok((trainer, gpu))
    }

    /// Fails where a model cannot be trained on this data and device, before any is.
    pub fn check(&self, mut gpu: Gpu, models: &[Model]) -> Result<Gpu> {
        for model in models {
            let session = self.session(gpu, model)?;
            info!(
                "{}: {} MiB of buffers",
                model.name(),
                session.gpu().buffer_bytes() >> 20
            );
            gpu = session.into_gpu();
        }
        self.tell_training();
        Ok(gpu)
    }

    /// The model on the device, with initial parameters and memory for the longest batch.
    pub fn session(&self, gpu: Gpu, model: &Model) -> Result<Session> {
        let seed = self.settings.fit.seed;
        let parameters = initialise(model, seed);
        let mut session = Session::new(
            gpu,
            model.clone(),
            self.limits.clone(),
            &parameters,
            self.settings
                .optimiser
                .optimiser(self.settings.learning_rate),
            seed,
        )?;
        session.set_gradients(Gradients {
            clip_norm: self.settings.clip_norm,
            measure_norm: self.settings.gradient_norms,
            measure_layer_norms: self.settings.layer_gradient_norms,
        })?;
        let fit = &self.settings.fit;
        reserve_for(&mut session, &self.dataset, fit.batch_size, fit.padding)?;
        Ok(session)
    }

    fn tell_training(&self) {
        let Settings {
            fit,
            learning_rate,
            clip_norm,
            optimiser,
            demo_rate,
            mask_padding,
            ..
        } = &self.settings;
        let mut text = format!(
            "{} of {} of {}, {}",
            counted(fit.epochs, "epoch"),
            counted(self.dataset.train.len().div_ceil(fit.batch_size), "step"),
            counted(fit.batch_size, "review"),
            optimiser.words(*learning_rate),
        );
        if *demo_rate {
            text.push_str(" (the demo corpus's; the experiment's is 0.0001)");
        }
        if let Some(norm) = clip_norm {
            text.push_str(&format!(", gradients clipped to a norm of {norm:?}"));
        }
        if let Some(decay) = optimiser.weight_decay {
            text.push_str(&format!(", weight decay {decay:?}"));
        }
        if *mask_padding {
            text.push_str(", padding masked");
        }
        if fit.bucket {
            text.push_str(", batches of similar length");
        }
        for words in padding_words(&fit.padding) {
            text.push_str(&format!(", {words}"));
        }
        for words in callback_words(fit) {
            text.push_str(&format!(", {words}"));
        }
        text.push_str(&format!(", seed {}", fit.seed));
        self.output.field("Training", &text);
    }
}

/// Says of results on made-up reviews that they are.
pub fn tell_synthetic(output: Output, dataset: &Dataset) -> Result<()> {
    if dataset.synthetic {
        for note in &dataset.notes {
            output.result(&field("Note", note))?;
        }
    }
    Ok(())
}

/// Says where a run's files are.
pub fn tell_run(trainer: &Trainer, folder: &str) -> Result<()> {
    let files = "report.html, loss.png, accuracy.png, history.csv, history.json, model.safetensors, \
                 best.safetensors, config.toml, vocabulary.subwords";
    let Trainer {
        output, settings, ..
    } = trainer;
    output.result(&field("Run", &format!("{folder}: {files}")))?;
    if settings.tensorboard {
        let command = format!("tensorboard --logdir {}", settings.out.display());
        output.result(&field("Events", &command))?;
    }
    Ok(())
}

/// Says which file or folder is read; a large archive takes seconds.
pub fn tell_reading(output: Output, data: &DataSettings) {
    if let Some(path) = data.source.path() {
        output.field("Reading", &path.display().to_string());
    }
    if let Some(note) = &data.note {
        output.field("Note", note);
    }
}

/// Loads the data.
pub fn load_told(data: &DataSettings, output: Output) -> Result<Dataset> {
    tell_reading(output, data);
    Ok(load_cached(
        &data.source,
        data.kept.as_deref().or(data.vocabulary.as_deref()),
        data.limits,
        data.cache.as_deref(),
    )?)
}

/// Loads the data to test a trained model with.
pub fn load_to_test_told(data: &DataSettings, output: Output) -> Result<Dataset> {
    tell_reading(output, data);
    Ok(load_to_test(
        &data.source,
        data.kept.as_deref().or(data.vocabulary.as_deref()),
        data.limits.test,
        data.cache.as_deref(),
    )?)
}

/// `subgroup, 8 lanes`
pub fn kernel_form(limits: &Limits) -> String {
    match limits.form {
        Form::Portable => "portable".to_string(),
        Form::Subgroup { lanes } => format!("subgroup, {lanes} lanes"),
    }
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

fn tell_data(output: Output, dataset: &Dataset) -> Result<()> {
    let counts = class_counts(&dataset.train, dataset.classes.len());
    let classes = dataset.classes.iter().zip(counts);
    let classes: Vec<String> = classes
        .map(|(class, count)| format!("{} {class}", grouped(count)))
        .collect();
    output.field(
        "Data",
        &format!(
            "{}: {} to train on ({}), {} to validate with; longest {} tokens; \
             vocabulary of {} ids",
            dataset.name,
            counted(dataset.train.len(), "review"),
            classes.join(", "),
            grouped(dataset.test.len()),
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
            longest: dataset.longest(),
            vocabulary_size: dataset.vocabulary.size(),
            vocabulary_sha256: dataset.vocabulary.sha256(),
            notes: &dataset.notes,
        },
    )
}
