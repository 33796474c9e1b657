//! Files damaged at random, the same in every run.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};

/// Bytes overwritten, and perhaps an end cut off.
#[derive(Debug, Clone)]
pub struct Damage {
    bytes: Vec<(Index, u8)>,
    cut: Option<Index>,
}

impl Damage {
    pub fn apply(&self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for (at, byte) in &self.bytes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(cut) = self.cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes
    }
}

/// One to five bytes; `telling` ones, which mean something in the file's form, as often as others.
pub fn damage(telling: &'static [u8]) -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(telling)];
    let bytes = prop::collection::vec((any::<Index>(), byte), 1..6);
    let cut = prop::option::weighted(0.25, any::<Index>());
    (bytes, cut).prop_map(|(bytes, cut)| Damage { bytes, cut })
}

/// Runs `test` on so many cases, with a fixed seed.
pub fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(&strategy, test).unwrap();
}
