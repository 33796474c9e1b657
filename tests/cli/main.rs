//! The real program in a temporary folder: what it prints, writes and refuses, and its exit codes.
//!
//! Most train on the processor's own kernels; those about adapters, and each command once, on the adapter that
//! `WGPU_ADAPTER_NAME` names, or the best there is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod bad_data;
mod bench;
mod best;
mod build_vocab;
mod callbacks;
mod class_weights;
mod classes;
mod comforts;
mod compare;
mod completions;
mod convert;
mod devices;
mod disk;
mod embedding;
mod evaluate;
mod event_files;
mod explain;
#[cfg(feature = "keras")]
mod export;
mod export_data;
#[cfg(feature = "download")]
mod fetch;
mod gradient_norms;
mod help;
#[cfg(feature = "keras")]
mod import;
mod inspect;
mod interrupt;
mod killed;
mod launch;
mod library_user;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod memory;
mod model_card;
mod named_corpus;
mod native;
#[cfg(not(feature = "keras"))]
mod no_keras;
mod order;
mod out_folder;
mod packaging;
mod plot;
mod predict;
mod program;
mod remedies;
mod report;
mod resume;
mod run_folder;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "download")]
mod server;
mod summary;
mod sweep;
mod tables;
mod token_cache;
mod train;
mod train_options;
mod usage;
mod vocabularies;
mod watch;
mod weights;
