//! Where the tests find reference data that is not part of the project.

// Each of the four test programs uses a part of this.
#![allow(dead_code)]

pub mod browser;
pub mod cases;
pub mod damage;
pub mod device;
pub mod faults;
pub mod fixture;
pub mod html;
pub mod kernels;
pub mod lint;
pub mod models;
pub mod numbers;
pub mod oracle;
pub mod probe;
pub mod ranks;
pub mod steps;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder with the real reviews and the encoder's cases, or `None`, said loudly.
pub fn data_dir() -> Option<PathBuf> {
    folder("GATEFOLD_DATA", "../shared/data")
}

/// The folder with the Keras fixtures, or `None`, said loudly.
pub fn oracle_dir() -> Option<PathBuf> {
    folder("GATEFOLD_ORACLE", "../shared/oracle")
}

fn folder(variable: &str, default: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join(default),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(&format!(
        "no folder {} (set {variable} to one)",
        folder.display()
    ));
    None
}

/// Says loudly that a test does nothing here.
pub fn skipped(why: &str) {
    // Not eprintln!, which the test harness hides where a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
