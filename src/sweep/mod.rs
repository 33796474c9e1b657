//! Sweeps: many runs, made of one file, trained by any number of processes, and compared.
//!
//! A [`SweepFile`] says what all trials share and what varies; a [`Sweep`] is the list of trials that follows from it. A
//! trial is an ordinary run folder below the [`SweepFolder`]. There is no coordinator: each process has a [`Worker`], which
//! takes the next trial that is neither finished nor locked. [`Results`] are means, deviations and a comparison over seeds.

mod axis;
mod configuration_result;
mod file;
pub mod files;
mod folder;
mod importance;
mod mlflow;
mod outcome;
mod results;
mod rounds;
mod statistics;
mod trial_model;
mod trial_result;
mod trials;
mod worker;
mod write;

pub use axis::{Axis, AxisValues, Range};
pub use configuration_result::{ConfigurationResult, SIGNIFICANT};
pub use file::{Method, Search, SweepFile};
pub use folder::{Listing, SweepFolder};
pub use importance::Importance;
pub use outcome::{Outcome, TrialState};
pub use results::Results;
pub use rounds::Task;
pub use statistics::{Paired, Spread, explained, holm, spread_text};
pub use trial_model::TrialModel;
pub use trial_result::TrialResult;
pub use trials::{Configuration, Sweep, Trial};
pub use worker::{Share, SweepEvent, Worked, Worker};
pub use write::is_complete;
