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

/// Damage that knows what hurts: beside bytes, numbers of four bytes at their limits, and a part copied to another place, in
/// front of what is there or over it.
#[derive(Debug, Clone)]
pub struct Mutation {
    damage: Damage,
    number: Option<(Index, u32)>,
    copied: Option<(Index, Index, usize, bool)>,
}

impl Mutation {
    pub fn apply(&self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        if let Some((at, number)) = self.number {
            let at = at.index(bytes.len());
            let number = number.to_le_bytes();
            for (byte, new) in bytes[at..].iter_mut().zip(number) {
                *byte = new;
            }
        }
        if let Some((from, to, length, inserts)) = self.copied {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let part = bytes[from..bytes.len().min(from + length)].to_vec();
            let over = if inserts { 0 } else { part.len() };
            let end = bytes.len().min(to + over);
            bytes.splice(to..end, part);
        }
        self.damage.apply(&bytes)
    }
}

/// [`damage`] and, in half of the cases each, a number and a copied part.
pub fn mutation(telling: &'static [u8]) -> impl Strategy<Value = Mutation> {
    let limits = [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    let number = (any::<Index>(), prop::sample::select(limits.to_vec()));
    let copied = (any::<Index>(), any::<Index>(), 1usize..64, any::<bool>());
    let parts = (
        damage(telling),
        prop::option::of(number),
        prop::option::of(copied),
    );
    parts.prop_map(|(damage, number, copied)| Mutation {
        damage,
        number,
        copied,
    })
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
