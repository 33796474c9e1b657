//! Tests on a device: every kernel against its f64 twin, then plans, then training.
//!
//! They run on the adapter that `WGPU_ADAPTER_NAME` names, or the best there is; without any they fail and
//! say how to get a software one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "gpu/oracle.rs"]
mod oracle;
