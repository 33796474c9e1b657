//! gatefold
pub mod batch;
pub mod data;
mod error;
pub mod gpu;
pub mod model;
pub mod plan;
pub mod random;
pub mod reference;
pub mod report;
pub mod train;
pub use error::{Error, Result};
