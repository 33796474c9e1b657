//! A neural-net engine made of GPU compute shaders.
//!
//! gatefold trains recurrent sentiment models with hand-written WGSL kernels, on any adapter that wgpu
//! reaches (Vulkan, Metal, DX12), software ones included. The `gatefold` program is built on this library;
//! `docs/architecture.md` tells how the parts work together.
//!
//! # Five steps
//!
//! Data flows one way, a module a step: [`data`] → [`batch`] → [`model`] → [`plan`] → [`gpu`] → [`train`] →
//! [`report`]; [`watch`] shows a run as it goes.
//!
//! 1. Reviews become subword ids ([`data::load`], or [`data::demo`] for the embedded corpus), and ids become
//!    padded batches ([`batch::Batches`]).
//! 2. Layers are stacked as in Keras ([`model::Sequential`]); [`model::Variant`] has the three models of the
//!    reference experiment, [`model::Model::from_toml`] reads others from a file.
//! 3. A model and a batch's sizes become a [`plan::Plan`]: a list of dispatches and buffers, as plain data.
//!
//! None of these needs a device:
//!
//! ```
//! use gatefold::batch::{Batches, Order};
//! use gatefold::model::{Bidirectional, Dense, Embedding, Lstm, Sequential};
//! use gatefold::plan::{Adam, DropoutMask, Limits, ParameterLayout, StepContext, training_step};
//!
//! let demo = gatefold::data::demo()?;
//! let batch = Batches::new(&demo.train, 10, Order::Sequential)?.next().ok_or("no reviews")?;
//! assert_eq!(batch.size, 10);
//!
//! let model = Sequential::new("small")
//!     .add(Embedding::new(demo.vocabulary.size(), 16))
//!     .add(Bidirectional::new(Lstm::new(16)))
//!     .add(Dense::new(1).sigmoid())
//!     .build()?;
//! println!("{}", model.summary());
//!
//! let context = StepContext {
//!     sequence: 0,
//!     step: 1,
//!     optimiser: Some(Adam::new(1e-3)),
//!     dropout: DropoutMask::Drawn { seed: 0, step: 1 },
//! };
//! let layout = ParameterLayout::new(&model);
//! let plan = training_step(&model, &layout, &Limits::WEBGPU, batch.shape(), context)?;
//! println!("{plan}"); // a line a dispatch: what for, kernel, workgroups, buffers
//! assert!(plan.dispatches.iter().any(|dispatch| dispatch.label == "bidirectional.forward"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! 4. A [`train::Session`] puts the model on a device, and [`train::fit`] runs epochs of such plans over the
//!    data.
//! 5. What [`train::fit`] gives back becomes figures, tables and plots: [`report::write_run`].
//!
//! ```no_run
//! use std::sync::{Arc, atomic::AtomicBool};
//! use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
//! use gatefold::model::{Variant, initialise};
//! use gatefold::plan::Adam;
//! use gatefold::train::{FitOptions, Session, fit};
//!
//! let demo = Arc::new(gatefold::data::demo()?);
//! let model = Variant::Bidirectional.model(demo.vocabulary.size())?;
//! let parameters = initialise(&model, 0);
//! let gpu = Gpu::open(&AdapterChoice::default())?;
//! let limits = gpu.limits(KernelForm::Automatic)?;
//! let mut session = Session::new(gpu, model, limits, &parameters, Adam::new(1e-3), 0)?;
//!
//! let options = FitOptions { epochs: 5, batch_size: 10, ..FitOptions::default() };
//! let history = fit(&mut session, &demo, &options, &AtomicBool::new(false), &mut |event| println!("{event:?}"))?;
//! gatefold::report::write_run(std::path::Path::new("."), &history, Some("synthetic reviews"))?;
//! # Ok::<(), gatefold::Error>(())
//! ```
//!
//! A trained model is used through [`train::Session::of_weights`]: [`train::evaluate`] measures it,
//! [`train::Session::predict_reviews`] and [`train::Session::explain`] tell what it says of reviews and why, and
//! [`exchange`] has it in the formats of other programs.
//!
//! [`mod@reference`] holds the kernels again in plain f64 Rust, for tests; [`random`] the generator that all of
//! the above draw from. Whatever fails, fails with an [`Error`] that names the place and the remedy.

mod atomic;
pub mod batch;
pub mod data;
mod error;
pub mod exchange;
pub mod gpu;
pub mod model;
pub mod plan;
pub mod random;
pub mod reference;
pub mod report;
pub mod train;
pub mod watch;

pub use error::{DeviceFault, Error, Result};
