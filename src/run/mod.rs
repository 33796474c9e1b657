//! Runs: what one is, how one is trained and gone on with, and how a trained one is used.
//!
//! A run is a folder. Its `config.toml` is a [`RunSpec`]; its history, checkpoints, weights and vocabulary are all that is
//! needed to use it or to go on with it, from any working folder, after a copy, on another machine. [`Trainer`] makes
//! one, and [`TrainedRun`] uses it. The `gatefold` program does nothing else.
//!
//! # Examples
//! ```no_run
//! use gatefold::run::TrainedRun;
//!
//! let run = TrainedRun::open("runs/bidirectional-imdb")?;
//! for prediction in run.predict(&["a fine film", "dull"])? {
//!     println!("{} with a probability of {:.3}", prediction.class, prediction.probability);
//! }
//! # Ok::<(), gatefold::Error>(())
//! ```

mod amount;
mod answer;
mod begun_run;
mod callbacks;
mod card_file;
mod class_weights;
mod command;
mod embedding;
mod epochs;
pub mod files;
mod finished;
mod folder;
mod follower;
mod from_keys;
pub mod keys;
mod list;
mod live_run;
mod lock;
mod memory;
mod model_card;
mod optimiser;
mod outcome;
mod pace;
mod parameters;
mod progress_file;
mod reading;
mod recorder;
mod report;
mod seeds;
mod source;
mod spec;
mod text_reader;
mod timing;
mod trained_run;
mod trainer;
mod training;
mod training_checks;
mod training_time;
mod training_words;

pub use amount::Amount;
pub use answer::{Answer, NamedProbabilities};
pub use begun_run::BegunRun;
pub use callbacks::{CallbackSpec, ScheduleName};
pub use card_file::write_model_card;
pub use class_weights::ClassWeights;
pub use command::{Trains, quoted, typed};
pub use embedding::check_width;
pub use finished::{has_history, name_apart, read_histories, runs_below};
pub use folder::{
    HeldFolder, RunFolder, check_folder, clear_comparison, holds_run, is_abandoned, try_writing,
};
pub use from_keys::is_asked_for;
pub use list::{join_names, split_names};
pub use model_card::{ExportedFile, model_card};
pub use optimiser::OptimiserName;
pub use outcome::{RunEvent, RunOutcome, RunPlace};
pub use pace::Pace;
pub use parameters::{Parameters, ParametersFrom};
pub use progress_file::{ProgressEvent, ProgressLine, read_progress};
pub use reading::{ReadingSpec, padding_words};
pub use recorder::Recorder;
pub(crate) use recorder::now;
pub use report::{read_report, write_report};
pub use seeds::{group_seeds, without_seed};
pub use source::{DEMO, DataSpec, ReviewSource, find_source, named_source, path_text};
pub use spec::{AdapterSpec, ComparisonSpec, RunSpec, kernel_form};
pub use text_reader::TextReader;
pub use timing::read_timings;
pub use trained_run::{Prediction, TrainedRun};
pub use trainer::Trainer;
pub use training::TrainingSpec;
pub use training_time::TrainingTime;
