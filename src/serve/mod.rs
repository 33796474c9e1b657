//! Predictions over HTTP: [`Server`] keeps a trained run ready and answers requests with what it says of texts.
//!
//! `POST /predict` takes JSON and gives JSON, `GET /healthz` tells whether the run can answer, and `/` is a page to try
//! it on. What arrives together is answered together, on the one device, and every answer has the numbers that
//! `gatefold predict` prints of the text.
//!
//! # Examples
//! ```no_run
//! use gatefold::device::Device;
//! use gatefold::gpu::{AdapterChoice, KernelForm};
//! use gatefold::run::TrainedRun;
//! use gatefold::serve::{ServeOptions, Server};
//!
//! let run = TrainedRun::open("runs/bidirectional-imdb")?;
//! let reader = run.reader(None)?;
//! let opened = run.clone();
//! let open = move || {
//!     let device = Device::open(&AdapterChoice::default())?;
//!     let limits = device.limits(KernelForm::Automatic)?;
//!     opened.session(device, limits)
//! };
//! let server = Server::start(run, reader, open, &ServeOptions::default())?;
//! println!("{}", server.url());
//! // … until it is to end:
//! println!("{} requests", server.stop().requests);
//! # Ok::<(), gatefold::Error>(())
//! ```

mod body;
mod handler;
mod options;
mod page;
mod predictor;
mod reply;
mod request;
mod server;
mod worker;

pub use options::ServeOptions;
pub use server::Server;
pub use worker::Served;
