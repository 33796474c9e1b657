//! The scheduler: steps, epochs, metrics, and what they leave behind.
//!
//! A [`Session`] is a model on a device; it runs steps and brings their results back without making the
//! host wait. [`fit`] runs epochs of them over a dataset; [`resume`] goes on from a [`Checkpoint`].

mod bits;
mod checkpoint;
mod checkpoint_files;
mod evaluate;
mod explain;
mod fit;
mod history;
mod metrics;
mod predict;
mod recover;
mod scores;
mod segment;
mod session;
mod snapshot;
mod state;
mod tensor_file;
mod weights;

pub use checkpoint::Checkpoint;
pub use checkpoint_files::{CheckpointFiles, Found};
pub use evaluate::{Evaluation, evaluate};
pub use explain::Attribution;
pub use fit::{Event, FitOptions, fit, reserve_for, resume};
pub use history::{EpochRecord, History};
pub use metrics::Metrics;
pub use predict::Prediction;
pub use recover::RESTARTS;
pub use scores::{Bin, CALIBRATION_BINS, Confusion, Scores, THRESHOLD};
pub use segment::segment_length;
pub use session::{Session, StepResult};
pub use snapshot::{Position, Snapshot};
pub use state::SessionState;
pub use weights::Weights;
