//! What there is to say of the processor as a device.

use crate::gpu::{AdapterReport, Processor};
use crate::native::Native;

/// What there is to say of the processor. Name and driver are the same everywhere, for results are, too.
pub(super) fn report_of(native: &Native) -> AdapterReport {
    AdapterReport {
        name: Native::NAME.to_owned(),
        backend: "native".to_owned(),
        kind: "cpu".to_owned(),
        driver: format!("gatefold {}", env!("CARGO_PKG_VERSION")),
        subgroup: None,
        binding_bytes: native.limits().binding_bytes,
        workgroup_bytes: 0,
        workgroup_invocations: 0,
        timestamps: false,
        processor: Some(Processor {
            threads: native.threads(),
            vectors: native.vectors().to_string(),
            lanes: native.vectors().lanes(),
        }),
    }
}
