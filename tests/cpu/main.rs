//! Tests that need no device: data, batches, models, plans, twins, reports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod batch;
mod callbacks;
mod checkpoint;
mod class_weights;
mod convert;
mod damage;
mod data_figures;
mod demo;
#[cfg(feature = "keras")]
mod exchange;
mod export;
mod imdb;
mod inference;
mod messages;
mod model;
mod model_card;
mod native;
mod onnx;
mod oracle_reference;
mod own_plans;
mod plans;
mod random;
mod ranks;
mod reference;
mod report;
mod run;
mod scores;
#[cfg(feature = "serve")]
mod serve;
mod shaders;
mod structure;
mod subwords;
mod sweep;
mod table;
mod tfds;
mod token_cache;
mod traffic;
mod vectors;
mod vocabularies;
mod watch;
