//! The real program in a temporary folder: what it prints, writes and refuses, and its exit codes.
//!
//! Those that train run on the adapter that `WGPU_ADAPTER_NAME` names, or the best there is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "cli/bad_data.rs"]
mod bad_data;
#[path = "cli/build_vocab.rs"]
mod build_vocab;
#[path = "cli/classes.rs"]
mod classes;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/devices.rs"]
mod devices;
#[path = "cli/disk.rs"]
mod disk;
#[path = "cli/export.rs"]
mod export;
#[cfg(feature = "download")]
#[path = "cli/fetch.rs"]
mod fetch;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/inspect.rs"]
mod inspect;
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/killed.rs"]
mod killed;
#[path = "cli/named_corpus.rs"]
mod named_corpus;
#[path = "cli/out_folder.rs"]
mod out_folder;
#[path = "cli/plot.rs"]
mod plot;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/resume.rs"]
mod resume;
#[cfg(feature = "download")]
#[path = "cli/server.rs"]
mod server;
#[path = "cli/summary.rs"]
mod summary;
#[path = "cli/token_cache.rs"]
mod token_cache;
#[path = "cli/train.rs"]
mod train;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/weights.rs"]
mod weights;
