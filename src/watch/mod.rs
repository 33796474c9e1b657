//! Watching a run: what it tells while it trains, read by the terminal view and by the page.
//!
//! A run's folder says all there is to say: `history.json` has the epochs that are over, and `progress.jsonl`,
//! which a [`Recorder`](crate::run::Recorder) writes, where the run stands and how fast it goes. Whoever watches reads these files
//! and nothing else, so a run is watched from any process, while it trains or afterwards, and never waits for
//! those who do. [`look`] turns a folder into [`WatchedFolder`]; a
//! [`RunList`] has all runs below one.
//!
//! Lines of `progress.jsonl` hold times, so two runs of one command write the same bytes to every file but this
//! one.

mod curve;
mod folder;
mod list;
#[cfg(feature = "serve")]
mod page;
#[cfg(feature = "serve")]
mod page_list;
mod run;
#[cfg(feature = "serve")]
mod still;
#[cfg(feature = "watch")]
mod terminal;
#[cfg(feature = "watch")]
mod terminal_chart;
#[cfg(feature = "watch")]
mod terminal_list;
#[cfg(feature = "watch")]
mod terminal_text;
#[cfg(feature = "watch")]
mod terminal_view;
mod words;

pub use curve::Point;
pub use folder::{WatchedFolder, look};
pub use list::{ListedRun, RunList, is_listed};
#[cfg(feature = "serve")]
pub use page::Page;
pub use run::{RunState, Status};
#[cfg(feature = "watch")]
pub use terminal::draw;
#[cfg(feature = "watch")]
pub use terminal_list::draw_list;
#[cfg(feature = "watch")]
pub use terminal_view::View;
pub use words::clock;
