//! Watching a run: what it tells while it trains, read by the terminal view and by the page.
//!
//! A run's folder says all there is to say: `history.json` has the epochs that are over, and `progress.jsonl`,
//! which a [`Recorder`](crate::run::Recorder) writes, where the run stands and how fast it goes. Whoever watches reads these files
//! and nothing else, so a run is watched from any process, while it trains or afterwards, and never waits for
//! those who do. [`look`] turns a folder into [`WatchedFolder`].
//!
//! Lines of `progress.jsonl` hold times, so two runs of one command write the same bytes to every file but this
//! one.

mod curve;
mod folder;
#[cfg(feature = "serve")]
mod page;
mod run;
#[cfg(feature = "serve")]
mod still;
#[cfg(feature = "watch")]
mod terminal;
mod words;

pub use curve::Point;
pub use folder::{WatchedFolder, look};
#[cfg(feature = "serve")]
pub use page::Page;
pub use run::{RunState, Status};
#[cfg(feature = "watch")]
pub use terminal::{View, draw};
pub use words::clock;
