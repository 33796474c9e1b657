//! What the options mean, checked: nonsense ends here, before any work.

mod compared;
mod data;
mod model;
mod share;

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gatefold::Result;
use gatefold::data::WordVectors;
use gatefold::device::devices;
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::model::{EXPERIMENT_VOCABULARY, Variant};
use gatefold::native::Native;
use gatefold::ranks::{Launch, Ranks};
use gatefold::run::{Amount, BegunRun, ReviewSource, RunSpec, keys::reconcile};

use compared::ComparedModels;
pub use data::{DataSettings, data_spec, token_cache};
pub use model::ModelSource;

use super::args::{CompareArgs, DataArgs, DeviceArgs, RateArg, TrainArgs, TrainingArgs};
use super::typed::TypedOptions;
use super::usage::option;

/// Everything that training needs but the model.
pub struct Settings {
    /// What the run's `config.toml` will say, but for what is found yet.
    pub spec: RunSpec,
    pub data: DataSettings,
    pub adapter: AdapterChoice,
    pub kernels: KernelForm,
    /// Rows of a recurrence's workgroup, if they are not left to the adapter.
    pub row_tile: Option<usize>,
    /// How long training may take.
    pub max_time: Option<Duration>,
    /// Whether a learning rate is to be suggested, and nothing trained.
    pub finds_rate: bool,
    /// The subcommand.
    pub command: &'static str,
    pub out: PathBuf,
    /// Whether a run in `out` is to go on.
    pub begun: bool,
    pub overwrite: bool,
    pub json: bool,
    pub quiet: bool,
    /// The processes that train together, this one among them.
    pub ranks: Option<Arc<Ranks>>,
    /// Where to show the run as a page.
    #[cfg(feature = "serve")]
    pub serve: Option<SocketAddr>,
}

/// Batches of each part in a run that only tries everything.
const FAST_BATCHES: usize = 2;

/// The spec of a run that these options ask for, not yet checked, and what to tell of the choice of its data.
fn asked(data: &DataArgs, training: &TrainingArgs) -> Result<(RunSpec, Option<String>)> {
    let (mut data, note) = data_spec(data)?;
    let mut asked = training.spec(&data);
    if training.fast_dev_run {
        let reviews = FAST_BATCHES * asked.batch_size;
        (data.limit_train, data.limit_test) = (Some(reviews), Some(reviews));
        (asked.epochs, asked.validation) = (1, Some(Amount::Count(reviews)));
    }
    let spec = RunSpec {
        training: Some(asked),
        callbacks: Some(training.callbacks.spec()),
        ..RunSpec::new(&data.source())
    };
    Ok((RunSpec { data, ..spec }, note))
}

/// Notes the width of the vectors that are asked for; a file that is none ends here, before the reviews are read.
fn note_width(spec: &mut RunSpec) -> Result<()> {
    if let Some(training) = &mut spec.training
        && let Some(path) = &training.embedding
    {
        training.embedding_width = Some(WordVectors::width_of(Path::new(path))?);
    }
    Ok(())
}

impl Settings {
    /// The settings of `gatefold compare`, and the models to compare.
    pub fn compare(
        args: &CompareArgs,
        typed: &TypedOptions,
        quiet: bool,
    ) -> Result<(Settings, Vec<ModelSource>)> {
        let models = ComparedModels::read(args, typed)?;
        if args.training.learning_rate == Some(RateArg::Find) {
            let problem =
                "`find` tests one model; take gatefold train VARIANT --learning-rate find";
            return Err(option("--learning-rate", problem));
        }
        let (mut spec, note) = asked(&args.data, &args.training)?;
        note_width(&mut spec)?;
        let sources = models.checked(&spec)?;
        let training = &args.training;
        let settings = Settings::new(
            "compare", "compare", spec, note, &args.data, training, quiet,
        )?;
        Ok((settings, sources))
    }

    /// The settings of `gatefold train`, and the model to train.
    pub fn train(args: &TrainArgs, quiet: bool) -> Result<(Settings, ModelSource)> {
        // Someone who brings reviews need not know the models.
        let source = match args.model.is_given() || args.data.reading.source.data.is_none() {
            true => ModelSource::new(&args.model)?,
            false => ModelSource::Variant(Variant::Bidirectional),
        };
        // The file's faults show before any work, whatever vocabulary the data will have.
        let model = source.model(EXPERIMENT_VOCABULARY)?;
        let (mut spec, note) = asked(&args.data, &args.training)?;
        note_width(&mut spec)?;
        source.check_width(&model, &spec)?;
        let training = &args.training;
        let name = model.name();
        let settings = Settings::new("train", name, spec, note, &args.data, training, quiet)?;
        Ok((settings, source))
    }

    /// The settings of a run that goes on, with its data, model and options but for those that were typed and may be
    /// other ones. Its own vocabulary is read, wherever the one that was named is by now, unless another was typed.
    pub fn go_on(
        begun: &BegunRun,
        typed: &TypedOptions,
        command: &'static str,
        (data, training): (&DataArgs, &TrainingArgs),
        variants: &[Variant],
        quiet: bool,
    ) -> Result<Settings> {
        if training.learning_rate == Some(RateArg::Find) {
            let problem = "the run has its rate; leave out --resume to find one for another run";
            return Err(option("--learning-rate", problem));
        }
        let (mut asked, note) = asked(data, training)?;
        if begun.spec.comparison.is_some() {
            asked.comparison = Some(gatefold::run::ComparisonSpec {
                variants: variants.iter().map(Variant::to_string).collect(),
                models: Vec::new(),
            });
        }
        let spec = reconcile(&begun.spec, &asked, &|option| typed.has(option))?;
        if !typed.has("data") {
            spec.data.find_again(begun.path())?;
        }
        let begun_on = spec.adapter.clone();
        let mut settings = Settings::new(command, "", spec, note, data, training, quiet)?;
        settings.begun = true;
        settings.out = begun.path().to_path_buf();
        if !settings.spec.data.is_demo() && !typed.has("vocab") {
            settings.data.reviews.kept = begun.kept_vocabulary();
        }
        if let Some(begun_on) = begun_on {
            let environment =
                std::env::var_os("WGPU_ADAPTER_NAME").is_some_and(|name| !name.is_empty());
            if settings.adapter.name.is_none() && !environment {
                let is_there = devices().iter().any(|there| there.name == begun_on.name);
                settings.adapter.name = is_there.then(|| begun_on.name.clone());
            }
            // Without its adapter the processor may be taken, which has kernels of its own.
            let named = settings.adapter.name.as_deref();
            let on_adapter = environment || named.is_some_and(|name| name != Native::NAME);
            if let Some(form) = begun_on.kernel_form()
                && !typed.has("kernels")
                && on_adapter
                // Any adapter can run the portable form; its own forms are sure on the same adapter alone.
                && (form == KernelForm::Portable || named == Some(begun_on.name.as_str()))
            {
                settings.kernels = form;
            }
        }
        Ok(settings)
    }

    fn new(
        command: &'static str,
        name: &str,
        spec: RunSpec,
        note: Option<String>,
        data: &DataArgs,
        training: &TrainingArgs,
        quiet: bool,
    ) -> Result<Settings> {
        spec.check()?;
        let data = DataSettings {
            reviews: ReviewSource::of(&spec.data, token_cache(data.reading.no_cache)),
            spec: spec.data.clone(),
            note,
        };
        let finds_rate = training.learning_rate == Some(RateArg::Find);
        let out = training.output.out.clone();
        // Nobody keeps a run that only tries everything: the next one takes its place.
        let replaces = training.fast_dev_run && out.is_none();
        let ending = match (training.fast_dev_run, finds_rate) {
            (_, true) => "-rates",
            (true, false) => "-fast",
            (false, false) => "",
        };
        Ok(Settings {
            spec,
            adapter: adapter_choice(&training.device),
            kernels: training.device.kernels.into(),
            row_tile: training.tile.rows(),
            max_time: training.max_time,
            finds_rate,
            out: out.unwrap_or_else(|| {
                // One slash everywhere: Windows takes it as well, and prints it back.
                PathBuf::from(format!("runs/{name}-{}{ending}", data.folder_name()))
            }),
            command,
            begun: false,
            overwrite: training.output.overwrite || replaces,
            json: training.output.json,
            quiet,
            ranks: None,
            #[cfg(feature = "serve")]
            serve: training.output.serve.serve,
            data,
        })
    }
}

/// The adapter that was asked for.
pub fn adapter_choice(args: &DeviceArgs) -> AdapterChoice {
    AdapterChoice {
        name: args.adapter.clone(),
        webgpu_limits: args.webgpu_limits,
        threads: args.threads,
        local: Launch::from_environment().and_then(|launch| launch.local),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};
    use gatefold::run::{AdapterSpec, CallbackSpec, OptimiserName, ScheduleName, TrainingSpec};
    use gatefold::run::{DataSpec, Trains, keys::KEYS};
    use gatefold::train::Monitor;

    use super::super::args::{Arguments, Command};
    use super::*;

    fn parsed(line: &str) -> (RunSpec, TypedOptions) {
        let words = line.split(' ');
        let matches = Arguments::command().try_get_matches_from(words).unwrap();
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        let Command::Train(args) = arguments.command else {
            panic!("{line}");
        };
        let (spec, _) = asked(&args.data, &args.training).unwrap();
        (spec, TypedOptions::of(&matches))
    }

    /// A spec with every key that an option sets, none of which has its default value.
    fn full() -> RunSpec {
        let there = |name: &str| {
            let path = std::path::absolute(name).unwrap();
            Some(path.to_string_lossy().into_owned())
        };
        let mut monitors = Monitor::ALL.into_iter();
        let is_other = |monitor: &Monitor| *monitor != Monitor::default();
        let data = DataSpec {
            source: there("/reviews.csv").unwrap(),
            validation_source: there("/dev.csv"),
            test_source: there("/test.csv"),
            text_column: Some("review".to_string()),
            label_column: Some("verdict".to_string()),
            no_header: true,
            classes: vec!["useful".to_string(), "spam".to_string()],
            encoding: Some("cp949".to_string()),
            vocabulary: there("/own.subwords"),
            limit_train: Some(40),
            limit_test: Some(30),
            ..DataSpec::default()
        };
        RunSpec {
            training: Some(TrainingSpec {
                epochs: 7,
                batch_size: 9,
                shards: 3,
                optimiser: OptimiserName::Sgd,
                momentum: Some(0.75),
                nesterov: true,
                learning_rate: 0.25,
                class_weight: Some("useful=0.5,spam=4".parse().unwrap()),
                clip_norm: Some(0.5),
                weight_decay: Some(0.125),
                embedding: there("/glove.txt"),
                embedding_sha256: None,
                embedding_width: None,
                freeze_embedding: true,
                seed: u64::MAX,
                bucket: true,
                pad: gatefold::batch::Side::Before,
                max_length: Some(50),
                truncate: Some(gatefold::batch::Side::Before),
                validation: Some(Amount::Count(31)),
                validation_steps: None,
                shuffle_buffer: Amount::Count(77),
                overfit_batches: Some(4),
                mask_padding: true,
                storage: gatefold::plan::Storage::F16,
                checkpoint_steps: 77,
            }),
            callbacks: Some(CallbackSpec {
                monitor: monitors.find(is_other).unwrap(),
                early_stopping: Some(4),
                min_delta: Some(0.5),
                schedule: ScheduleName::Plateau,
                warmup_steps: 6,
                minimum_rate: Some(0.0625),
                plateau_factor: Some(0.75),
                plateau_patience: Some(2),
                gradient_norms: true,
                layer_gradient_norms: true,
                tensorboard: true,
            }),
            data,
            ..RunSpec::new(&gatefold::data::Source::Demo)
        }
    }

    #[test]
    fn the_command_of_a_spec_means_the_same_spec_again() {
        let spec = full();
        let line = spec.command_line(&Trains::Variant("dropout")).unwrap();
        let (again, typed) = parsed(&line.unwrap());
        assert_eq!(again, spec);
        // Options of an adapter and of a comparison are not in this one.
        let others = ["kernels", "variants", "validation-steps"];
        for option in KEYS.iter().filter_map(|key| key.option) {
            assert!(typed.has(option) != others.contains(&option), "{option}");
        }
        let portable = RunSpec {
            adapter: Some(AdapterSpec {
                name: "a GPU".to_string(),
                backend: "vulkan".to_string(),
                kind: "software".to_string(),
                driver: "a driver".to_string(),
                kernels: "portable".to_string(),
            }),
            ..spec
        };
        let line = portable.command_line(&Trains::Variant("dropout")).unwrap();
        assert!(line.unwrap().ends_with(" --kernels portable"));
    }

    #[test]
    fn what_is_left_out_has_the_librarys_default() {
        let spec = RunSpec::new(&gatefold::data::Source::Demo);
        let (left_out, _) = parsed("gatefold train dropout");
        assert_eq!(left_out, spec);
    }

    /// An option of training that `config.toml` does not have, or that has no row, would be lost where a run goes on.
    #[test]
    fn every_option_of_training_is_a_key_or_changes_no_result() {
        const OTHERS: [&str; 15] = [
            "fast_dev_run",
            "max_time",
            "variant",
            "config",
            "resume",
            "no_cache",
            "adapter",
            "webgpu_limits",
            "threads",
            "row_tile",
            "out",
            "overwrite",
            "json",
            "serve",
            "help",
        ];
        let command = Arguments::command();
        for name in ["train", "compare"] {
            let command = command.find_subcommand(name).unwrap();
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let is_key = KEYS.iter().any(|key| {
                    key.option
                        .is_some_and(|option| option.replace('-', "_") == id)
                });
                assert!(is_key != OTHERS.contains(&id), "{name}: {id}");
            }
        }
    }
}
