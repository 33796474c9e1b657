//! The real program in a temporary folder: what it prints, writes and refuses, and its exit codes.
//!
//! Those that train run on the adapter that `WGPU_ADAPTER_NAME` names, or the best there is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "cli/bad_data.rs"]
mod bad_data;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/build_vocab.rs"]
mod build_vocab;
#[path = "cli/callbacks.rs"]
mod callbacks;
#[path = "cli/classes.rs"]
mod classes;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/devices.rs"]
mod devices;
#[path = "cli/disk.rs"]
mod disk;
#[path = "cli/evaluate.rs"]
mod evaluate;
#[path = "cli/explain.rs"]
mod explain;
#[cfg(feature = "keras")]
#[path = "cli/export.rs"]
mod export;
#[path = "cli/export_data.rs"]
mod export_data;
#[cfg(feature = "download")]
#[path = "cli/fetch.rs"]
mod fetch;
#[path = "cli/help.rs"]
mod help;
#[cfg(feature = "keras")]
#[path = "cli/import.rs"]
mod import;
#[path = "cli/inspect.rs"]
mod inspect;
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/killed.rs"]
mod killed;
#[cfg(unix)]
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/named_corpus.rs"]
mod named_corpus;
#[cfg(not(feature = "keras"))]
#[path = "cli/no_keras.rs"]
mod no_keras;
#[path = "cli/out_folder.rs"]
mod out_folder;
#[path = "cli/plot.rs"]
mod plot;
#[path = "cli/predict.rs"]
mod predict;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/resume.rs"]
mod resume;
#[path = "cli/run_folder.rs"]
mod run_folder;
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
#[path = "cli/watch.rs"]
mod watch;
#[path = "cli/weights.rs"]
mod weights;
