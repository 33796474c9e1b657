//! Sweeps: many runs, made of one file, trained by any number of processes, and compared.
//!
//! A [`SweepFile`] says what all trials share and what varies; a [`Sweep`] is the list of trials that follows from it. A
//! trial is an ordinary run folder below the [`SweepFolder`]. There is no coordinator: each process has a [`Worker`], which
//! takes the next trial that is neither finished nor locked. [`Results`] are means, deviations and a comparison over seeds.

mod axis;
mod file;
pub mod files;
mod folder;
mod mlflow;
mod outcome;
mod results;
mod rounds;
mod statistics;
mod trial_model;
mod trials;
mod worker;
mod write;

pub use axis::{Axis, AxisValues, Range};
pub use file::{Method, Search, SweepFile};
pub use folder::{Listing, SweepFolder};
pub use outcome::{Outcome, TrialState};
pub use results::{ConfigurationResult, Importance, Results, SIGNIFICANT, TrialResult};
pub use rounds::Task;
pub use statistics::{Paired, Spread, explained, holm, spread_text};
pub use trial_model::TrialModel;
pub use trials::{Configuration, Sweep, Trial};
pub use worker::{Share, SweepEvent, Worked, Worker};
pub use write::is_complete;
