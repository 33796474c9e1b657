//! Random sizes and values, the same in every run; a case that fails is made smaller before it is shown.

// Each test program uses another part of it.
#![allow(dead_code)]

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Checks `count` values of a strategy.
pub fn random_cases<S: Strategy>(count: u32, strategy: S, check: impl Fn(S::Value)) {
    let config = Config {
        cases: count,
        failure_persistence: None,
        // A case may compile kernels, so it is not made smaller for ever.
        max_shrink_iters: 24,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, random)
        .run(&strategy, |case| {
            check(case);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
