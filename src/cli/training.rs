//! What `compare` and `train` share: the device, the data, and a run with all that it leaves.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use gatefold::Error;
use gatefold::data::{Dataset, Source, label_counts, load};
use gatefold::gpu::{AdapterReport, Gpu};
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, Form, Limits};
use gatefold::report::write_atomically;
use gatefold::train::{Event, History, Session, Weights, fit, reserve_for};
use serde::Serialize;
use tracing::info;

use super::interrupt;
use super::progress::Progress;
use super::run_config;
use super::run_folder::{self, RunFolder};
use super::screen::{Output, counted, field, grouped};
use super::settings::{DataSettings, Settings, padding_words};

/// All that training needs but the model and the device.
pub struct Trainer {
    pub settings: Settings,
    pub output: Output,
    pub dataset: Arc<Dataset>,
    limits: Limits,
    adapter: AdapterReport,
    stop: Arc<AtomicBool>,
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

#[derive(Serialize)]
struct RunLine<'a> {
    variant: &'a str,
    folder: &'a Path,
    epochs: usize,
    complete: bool,
}

impl Trainer {
    /// Checks the output folder, opens the device and loads the data, telling what it finds.
    pub fn new(settings: Settings) -> Result<(Trainer, Gpu)> {
        run_folder::check(&settings.out, settings.overwrite)?;
        let output = Output {
            json: settings.json,
            quiet: settings.quiet,
        };
        let stop = interrupt::install(output)?;
        let gpu = Gpu::open(&settings.adapter)?;
        let limits = gpu.limits(settings.kernels)?;
        let adapter = gpu.report().clone();
        tell_adapter(output, &adapter, &limits)?;
        let dataset = Arc::new(load_told(&settings.data, output)?);
        tell_data(output, &dataset)?;
        let trainer = Trainer {
            settings,
            output,
            dataset,
            limits,
            adapter,
            stop,
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
    fn session(&self, gpu: Gpu, model: &Model) -> Result<Session> {
        let seed = self.settings.fit.seed;
        let parameters = initialise(model, seed);
        let adam = Adam::new(self.settings.learning_rate);
        let mut session = Session::new(
            gpu,
            model.clone(),
            self.limits.clone(),
            &parameters,
            adam,
            seed,
        )?;
        let fit = &self.settings.fit;
        reserve_for(&mut session, &self.dataset, fit.batch_size, fit.padding)?;
        Ok(session)
    }

    /// Trains a model into `folder`. What its finished epochs gave is kept whatever happens.
    pub fn train(&self, gpu: Gpu, model: &Model, folder: &Path) -> Result<(Gpu, History)> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        self.output.event("model", &model.summarise())?;
        self.output.say(&format!("\n{}\n", model.summary()));
        let mut session = self.session(gpu, model)?;
        let config = run_config::to_toml(
            &self.settings,
            &self.dataset,
            &self.adapter,
            &self.limits,
            model,
        )?;
        let folder = RunFolder::create(folder, &config, &self.dataset.name)?;
        let mut history = History::new(model.name(), model.count_parameters());
        let outcome = self
            .fit(&mut session, &folder, &mut history)
            .and_then(|()| self.save(&session, folder.path()));
        self.tell_kept(&folder, &history, outcome.is_ok())?;
        match outcome {
            Ok(()) => Ok((session.into_gpu(), history)),
            Err(error) => {
                if history.epochs.is_empty() {
                    folder.discard();
                }
                Err(error)
            }
        }
    }

    /// Runs the epochs, and writes `history` to `folder` after each.
    fn fit(&self, session: &mut Session, folder: &RunFolder, history: &mut History) -> Result<()> {
        let options = &self.settings.fit;
        let steps = self.dataset.train.len().div_ceil(options.batch_size);
        let mut progress = Progress::new(self.output, &history.variant, options.epochs, steps)?;
        let mut failed = None;
        let mut observe = |event| match event {
            Event::Steps {
                epoch,
                done,
                of,
                metrics,
            } => progress.steps(epoch, done, of, metrics),
            Event::Epoch(record) => {
                history.epochs.push(record);
                let told = match folder.write(history) {
                    Ok(()) => progress.epoch(record),
                    Err(error) => {
                        history.epochs.pop();
                        Err(error.into())
                    }
                };
                if let Err(error) = told {
                    failed.get_or_insert(error);
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
        };
        let outcome = fit(session, &self.dataset, options, &self.stop, &mut observe);
        match failed {
            Some(error) => Err(error),
            None => Ok(outcome.map(|_| ())?),
        }
    }

    fn save(&self, session: &Session, folder: &Path) -> Result<()> {
        let vocabulary = &self.dataset.vocabulary;
        let weights = Weights {
            model: session.model().clone(),
            parameters: session.parameters()?,
            vocabulary_sha256: vocabulary.sha256().to_string(),
            vocabulary_size: vocabulary.size(),
        };
        write_atomically(&folder.join(run_folder::MODEL), &weights.to_bytes()?)?;
        Ok(())
    }

    fn tell_kept(&self, folder: &RunFolder, history: &History, complete: bool) -> Result<()> {
        let epochs = history.epochs.len();
        if !complete {
            self.output.say(&match epochs {
                0 => "Nothing was kept: no epoch was finished.".to_string(),
                _ => format!(
                    "Kept the history and plots of {} of {} in {}.",
                    epochs,
                    counted(self.settings.fit.epochs, "epoch"),
                    folder.path().display()
                ),
            });
        }
        let line = RunLine {
            variant: &history.variant,
            folder: folder.path(),
            epochs,
            complete,
        };
        if epochs > 0 {
            self.output.event("run", &line)?;
        }
        Ok(())
    }

    fn tell_training(&self) {
        let Settings {
            fit,
            learning_rate,
            demo_rate,
            mask_padding,
            ..
        } = &self.settings;
        let mut text = format!(
            "{} of {} of {}, Adam with learning rate {learning_rate:?}",
            counted(fit.epochs, "epoch"),
            counted(self.dataset.train.len().div_ceil(fit.batch_size), "step"),
            counted(fit.batch_size, "review"),
        );
        if *demo_rate {
            text.push_str(" (the demo corpus's; the experiment's is 0.0001)");
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
pub fn tell_run(output: Output, folder: &str) -> Result<()> {
    let files = "loss.png, accuracy.png, history.csv, history.json, model.safetensors, config.toml";
    output.result(&field("Run", &format!("{folder}: {files}")))
}

/// Says which file or folder is read; a large archive takes seconds.
pub fn tell_reading(output: Output, source: &Source) {
    if let Source::Path(path) = source {
        output.field("Reading", &path.display().to_string());
    }
}

/// Loads the data.
pub fn load_told(data: &DataSettings, output: Output) -> Result<Dataset> {
    tell_reading(output, &data.source);
    Ok(load(&data.source, data.vocabulary.as_deref(), data.limits)?)
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
    let [negative, positive] = label_counts(&dataset.train);
    output.field(
        "Data",
        &format!(
            "{}: {} to train on ({} negative, {} positive), {} to validate with; longest {} tokens; \
             vocabulary of {} ids",
            dataset.name,
            counted(dataset.train.len(), "review"),
            grouped(negative),
            grouped(positive),
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
