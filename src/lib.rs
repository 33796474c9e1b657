//! A neural-net engine made of GPU compute shaders.
//!
//! gatefold trains text classifiers with hand-written WGSL kernels, on any adapter that wgpu reaches (Vulkan, Metal, DX12),
//! software ones included, and without a GPU with kernels of its own on the processor. The `gatefold` program is built on
//! this library; `docs/architecture.md` tells how the parts work together.
//!
//! Begin with [a model of your own](#a-model-of-your-own), which is a whole program, or with a folder that `gatefold train`
//! left: [`run::TrainedRun`] predicts with it. [Five steps](#five-steps) tell which module does what.
//!
//! # A model of your own
//!
//! From reviews to a prediction, as a whole program. Its `Cargo.toml` needs `gatefold` alone, with `default-features = false`, which
//! leaves out the `gatefold` program (feature `program`), Keras's files (`keras`), downloads (`download`), pages
//! (`serve`) and curves in the terminal (`watch`):
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::{Arc, atomic::AtomicBool};
//!
//! use gatefold::batch::Batch;
//! use gatefold::data::{self, Encoder, Review, ReviewLimits, Source};
//! use gatefold::device::Device;
//! use gatefold::gpu::{AdapterChoice, KernelForm};
//! use gatefold::model::{AttentionPooling, Bidirectional, Dense, Dropout, Embedding, Gru};
//! use gatefold::model::{Sequential, initialise};
//! use gatefold::plan::Adam;
//! use gatefold::train::{Event, FitOptions, Session, Weights, fit};
//!
//! fn main() -> gatefold::Result<()> {
//!     // Or Source::Path("reviews.csv".into()), with a vocabulary's file in the place of None.
//!     let reviews = Arc::new(data::load(&Source::Demo, None, ReviewLimits::default())?);
//!     let vocabulary = &reviews.vocabulary;
//!
//!     let model = Sequential::new("mine")
//!         .add(Embedding::new(vocabulary.size(), 32).mask_zero())
//!         .add(Bidirectional::new(Gru::new(32).return_sequences()))
//!         .add(AttentionPooling::new(16))
//!         .add(Dropout::new(0.3))
//!         .add(Dense::new(1).sigmoid())
//!         .build()?;
//!     println!("{}", model.summary());
//!
//!     let parameters = initialise(&model, 0); // the seed
//!     let device = Device::open(&AdapterChoice::default())?;
//!     let limits = device.limits(KernelForm::Automatic)?;
//!     let mut session = Session::new(device, model, limits, &parameters, Adam::new(1e-3), 0)?;
//!
//!     let options = FitOptions::new().epochs(5).batch_size(10);
//!     let stop = AtomicBool::new(false); // set by another thread, it ends training early
//!     let history = fit(&mut session, &reviews, &options, &stop, &mut |event| {
//!         if let Event::Epoch(record) = event {
//!             println!("epoch {}: accuracy {:.3}", record.epoch, record.val_accuracy);
//!         }
//!     })?;
//!
//!     // loss.png, accuracy.png, history.csv …, and the parameters.
//!     let folder = Path::new("mine");
//!     std::fs::create_dir_all(folder).map_err(gatefold::Error::io(folder))?;
//!     gatefold::report::write_run(folder, &history, Some("synthetic reviews"))?;
//!     let weights = Weights::new(session.model().clone(), session.parameters()?, vocabulary);
//!     weights.save(&folder.join("model.safetensors"))?;
//!
//!     let ids = Encoder::new(vocabulary).encode("not a good film")?;
//!     let review = Review { ids: ids.into(), label: 0 }; // the label does not matter here
//!     let probability = session.predict(&Batch::new(&[&review]))?[0];
//!     println!("positive with a probability of {probability:.3}");
//!     Ok(())
//! }
//! ```
//!
//! A stack begins with an [`Embedding`](model::Embedding) and ends in a [`Dense`](model::Dense) layer on a vector: one
//! unit and a sigmoid for two classes, or a unit a class and a softmax. What stands between:
//!
//! | layer | takes | gives |
//! |---|---|---|
//! | [`Lstm`](model::Lstm), [`Gru`](model::Gru), [`Bidirectional`](model::Bidirectional) of either | a sequence | the last state, or with `return_sequences()` a sequence |
//! | [`GlobalMaxPooling1D`](model::GlobalMaxPooling1D), [`GlobalAveragePooling1D`](model::GlobalAveragePooling1D), [`AttentionPooling`](model::AttentionPooling) | a sequence | a vector |
//! | [`Dense`](model::Dense), [`Dropout`](model::Dropout), [`LayerNormalization`](model::LayerNormalization) | either | the same |
//!
//! [`build`](model::Sequential::build) says which layer does not fit, and what would. The same stack as a TOML file,
//! for [`model::Model::from_toml`] and the program's `--config`, is described in `docs/model-file.md`.
//!
//! # Five steps
//!
//! Data flows one way, a module a step: [`data`] → [`batch`] → [`model`] → [`plan`] → [`gpu`] or [`native`], which
//! [`device`] chooses between → [`train`] → [`report`]. [`run`] does all of it for a folder, as the program does; [`sweep`]
//! does it many times; [`watch`] shows a run as it goes, `serve` answers over HTTP, and [`ranks`] share a training.
//!
//! 1. Reviews become ids ([`data::load`], or [`data::demo`] for the embedded corpus), and ids become
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
//! use gatefold::plan::{Adam, DropoutMask, Gradients, Limits, ParameterLayout, StepContext, training_step};
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
//!     optimiser: Some(Adam::new(1e-3).into()),
//!     gradients: Gradients::default(),
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
//! 5. What [`train::fit`] gives back becomes tables, metrics and plots: [`report::write_run`].
//!
//! [`run::Trainer`] does all of it with checkpoints, a history, plots and all else that `gatefold train` leaves in a folder, and
//! [`run::TrainedRun`] uses such a folder: it reads texts as its training did, predicts, evaluates and explains.
//! [`exchange`] has a model in the formats of other programs.
//!
//! [`mod@reference`] holds the kernels again in plain f64 Rust, for tests; [`random`] the generator that all of
//! the above draw from. Whatever fails, fails with an [`Error`] that names the place and the remedy.

mod atomic;
pub mod batch;
pub mod data;
pub mod device;
mod error;
pub mod exchange;
pub mod gpu;
#[cfg(feature = "serve")]
mod http;
pub mod model;
pub mod native;
pub mod plan;
pub mod random;
pub mod ranks;
pub mod reference;
pub mod report;
pub mod run;
#[cfg(feature = "serve")]
pub mod serve;
pub mod sweep;
mod template;
pub mod train;
pub mod watch;

pub use error::{DeviceFault, Error, Result};
