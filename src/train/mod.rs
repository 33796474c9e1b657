//! The scheduler: steps, epochs, metrics, and what they leave behind.
//!
//! A [`Session`] is a model on a device; it runs steps and brings their results back without making the
//! host wait. [`fit`] runs epochs of them over a dataset; [`resume`] goes on from a [`Checkpoint`].
//!
//! # Callbacks
//!
//! What Keras calls callbacks comes in two kinds. What *steers* a run is data in [`FitOptions`]: an
//! [`EarlyStopping`], a [`Schedule`] of the learning rate, the [`Monitor`] that both go by. Each is a function of
//! the epochs that are over, without a state of its own, so that nothing is lost where a run goes on from a
//! checkpoint. What *watches* a run is the closure that [`fit`] gives every [`Event`] to: it shows progress, writes
//! files, keeps [`Snapshot::best`]; and it may [end](Verdict) training, which keeps the history. A schedule of one's own
//! is a closure, too: [`FitOptions::rate`].
//!
//! # Several processes
//!
//! Sessions that have [joined](Session::join) [`Ranks`](crate::ranks::Ranks) train one model together: each takes its share
//! of the shards of every batch, and of the batches of every validation. All of them call [`fit`] with the same data and
//! options, and get the same history and parameters, which depend on [`FitOptions::shards`] and not on how many ranks there
//! are.
//!
//! ```no_run
//! use std::sync::{Arc, atomic::AtomicBool};
//! use gatefold::device::Device;
//! use gatefold::gpu::{AdapterChoice, KernelForm};
//! use gatefold::model::{Variant, initialise};
//! use gatefold::plan::Adam;
//! use gatefold::train::{Decay, EarlyStopping, Event, FitOptions, Plateau, Schedule, Session, fit};
//!
//! let demo = Arc::new(gatefold::data::demo()?);
//! let model = Variant::Dropout.model(demo.vocabulary.size())?;
//! let device = Device::open(&AdapterChoice::default())?;
//! let limits = device.limits(KernelForm::Automatic)?;
//! let parameters = initialise(&model, 0);
//! let mut session = Session::new(device, model, limits, &parameters, Adam::new(1e-3), 0)?;
//!
//! let options = FitOptions::new()
//!     .epochs(50)
//!     .early_stopping(Some(EarlyStopping { patience: 4, ..EarlyStopping::default() }))
//!     .schedule(Schedule { warmup_steps: 100, decay: Decay::Plateau(Plateau::default()) });
//! let mut best = None;
//! let history = fit(&mut session, &demo, &options, &AtomicBool::new(false), &mut |event| match event {
//!     Event::Epoch(record) => println!("epoch {}: val_loss {:.4}", record.epoch, record.val_loss),
//!     Event::Snapshot(snapshot) => best = snapshot.best.clone(),
//!     _ => {}
//! })?;
//! println!("{} epochs; the best was {:?}", history.epochs.len(), best.map(|best| best.epoch));
//! # Ok::<(), gatefold::Error>(())
//! ```

mod bits;
mod check;
mod check_options;
mod checkpoint;
mod checkpoint_files;
mod confusion;
mod early_stopping;
mod evaluate;
mod event;
mod explain;
mod fit;
mod fit_options;
mod history;
mod interval;
mod layer_norms;
mod metrics;
mod monitor;
mod pending_step;
mod predict;
mod probabilities;
mod range_test;
mod recover;
mod remedy;
mod results;
mod schedule;
mod scores;
mod segment;
mod session;
mod shard_message;
mod shard_sum;
mod shards;
mod shared;
mod snapshot;
mod state;
mod tensor_file;
mod threshold;
mod training_steps;
mod validate;
mod validation;
mod verdict;
mod weights;

pub(crate) use check::is_positive;
pub use check::{check_batch_size, check_shards};
pub use checkpoint::Checkpoint;
pub use checkpoint_files::{CheckpointFiles, FoundCheckpoint};
pub use confusion::Confusion;
pub use early_stopping::EarlyStopping;
pub use evaluate::{Evaluation, evaluate};
pub use event::Event;
pub use explain::Attribution;
pub use fit::{fit, reserve_for, resume};
pub use fit_options::FitOptions;
pub use history::{EpochRecord, History};
pub use interval::wilson_interval;
pub use layer_norms::{LayerNorm, LayerNormSums};
pub use metrics::Metrics;
pub use monitor::Monitor;
pub use predict::BatchPrediction;
pub use probabilities::{Probabilities, THRESHOLD, predicted, probability_of};
pub use range_test::{
    FIRST_RATE, RangePoint, RangeTest, STEPS_A_DECADE, range_test, range_test_words,
};
pub use recover::RESTARTS;
pub use results::StepResult;
pub use schedule::{Decay, Plateau, RateFn, Schedule};
pub use scores::{Bin, CALIBRATION_BINS, Scores};
pub use segment::segment_length;
pub use session::Session;
pub use shard_sum::{ShardSum, ShardTree};
pub use snapshot::{Best, Position, Snapshot};
pub use state::{SessionState, SlotState};
pub use threshold::BestThreshold;
pub use validation::Validation;
pub use verdict::Verdict;
pub use weights::Weights;
pub(crate) use weights::check_unchanged;
