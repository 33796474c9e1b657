//! Tests that need no device: data, batches, models, plans, twins, reports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "cpu/batch.rs"]
mod batch;
#[path = "cpu/callbacks.rs"]
mod callbacks;
#[path = "cpu/checkpoint.rs"]
mod checkpoint;
#[path = "cpu/convert.rs"]
mod convert;
#[path = "cpu/data_figures.rs"]
mod data_figures;
#[path = "cpu/demo.rs"]
mod demo;
#[cfg(feature = "keras")]
#[path = "cpu/exchange.rs"]
mod exchange;
#[path = "cpu/export.rs"]
mod export;
#[path = "cpu/imdb.rs"]
mod imdb;
#[path = "cpu/messages.rs"]
mod messages;
#[path = "cpu/model.rs"]
mod model;
#[path = "cpu/onnx.rs"]
mod onnx;
#[path = "cpu/oracle_reference.rs"]
mod oracle_reference;
#[path = "cpu/own_plans.rs"]
mod own_plans;
#[path = "cpu/plans.rs"]
mod plans;
#[path = "cpu/random.rs"]
mod random;
#[path = "cpu/reference.rs"]
mod reference;
#[path = "cpu/report.rs"]
mod report;
#[path = "cpu/scores.rs"]
mod scores;
#[path = "cpu/shaders.rs"]
mod shaders;
#[path = "cpu/structure.rs"]
mod structure;
#[path = "cpu/subwords.rs"]
mod subwords;
#[path = "cpu/table.rs"]
mod table;
#[path = "cpu/tfds.rs"]
mod tfds;
#[path = "cpu/token_cache.rs"]
mod token_cache;
#[path = "cpu/traffic.rs"]
mod traffic;
#[path = "cpu/watch.rs"]
mod watch;
