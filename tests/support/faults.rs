//! Faults that the tests of kernels must notice: each changes one place of one file in `shaders/`.

use std::sync::LazyLock;

use gatefold::plan::Templates;
use wgsl_check::mutate::{Fault, faults};

/// Names the fault that a test program is to run with; unset, there is none.
pub const VARIABLE: &str = "GATEFOLD_FAULT";

/// The kernels' texts with a fault.
pub fn faulty(fault: &Fault) -> Templates {
    let sound = Templates::default();
    let text = sound
        .text(&fault.file)
        .unwrap_or_else(|| panic!("{}: no such file", fault.name()));
    let mutant = fault.apply(text).unwrap_or_else(|error| panic!("{error}"));
    sound.replace(&fault.file, mutant.source).unwrap()
}

/// Every fault, family by family.
pub fn all() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        [
            include_str!("faults/recurrence.toml"),
            include_str!("faults/gru.toml"),
            include_str!("faults/products.toml"),
            include_str!("faults/layers.toml"),
            include_str!("faults/pooling.toml"),
            include_str!("faults/step.toml"),
            include_str!("faults/storage.toml"),
        ]
        .into_iter()
        .flat_map(|text| faults(text).unwrap_or_else(|error| panic!("{error}")))
        .collect()
    });
    &ALL
}

/// The kernels' texts, with the fault that [`VARIABLE`] names.
pub fn templates() -> Templates {
    let Ok(name) = std::env::var(VARIABLE) else {
        return Templates::default();
    };
    let fault = all().iter().find(|fault| fault.name() == name);
    faulty(fault.unwrap_or_else(|| panic!("{VARIABLE}: no fault {name}")))
}
