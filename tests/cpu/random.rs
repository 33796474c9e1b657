//! The generator against its authors' known answers, and the distributions drawn from it.

use std::collections::HashSet;

use gatefold::random::{Philox, Stream, philox4x32};

/// `kat_vectors` of Random123 1.14: philox4x32, 10 rounds.
#[test]
fn known_answers_of_random123() {
    let answers = [
        (
            [0; 4],
            [0; 2],
            [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
        ),
        (
            [u32::MAX; 4],
            [u32::MAX; 2],
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
        ),
        (
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
            [0xa4093822, 0x299f31d0],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
        ),
    ];
    for (counter, key, expected) in answers {
        assert_eq!(philox4x32(counter, key), expected);
    }
}

#[test]
fn stream_is_the_block_function_of_position_stream_and_seed() {
    let seed = 0x0123_4567_89ab_cdef;
    let stream = 0xfeed_beef_0000_0002;
    let mut random = Philox::new(seed, stream);
    let drawn: Vec<u32> = (0..8).map(|_| random.next_u32()).collect();
    let key = [0x89ab_cdef, 0x0123_4567];
    let expected = [0, 1].map(|index| philox4x32([index, 0, 2, 0xfeed_beef], key));
    assert_eq!(drawn, expected.concat());

    // Past 2³² blocks the index's high word counts.
    random.seek(4 << 32);
    assert_eq!(
        random.next_u32(),
        philox4x32([0, 1, 2, 0xfeed_beef], key)[0]
    );
}

#[test]
fn position_restores_the_stream_at_every_lane() {
    let mut random = Philox::new(3, 5);
    for _ in 0..9 {
        let position = random.position();
        let ahead: Vec<u32> = (0..9).map(|_| random.next_u32()).collect();
        let mut restored = Philox::new(3, 5);
        restored.seek(position);
        let again: Vec<u32> = (0..9).map(|_| restored.next_u32()).collect();
        assert_eq!(ahead, again, "from position {position}");
        random.seek(position + 1);
    }
}

#[test]
fn streams_do_not_collide() {
    let streams = [
        Stream::Initialiser { parameter: 0 },
        Stream::Initialiser { parameter: 1 },
        Stream::Shuffle { epoch: 0 },
        Stream::Shuffle { epoch: 1 },
        Stream::Buckets { epoch: 0 },
        Stream::Buckets { epoch: 1 },
        Stream::Corpus { part: 0 },
        Stream::Corpus { part: u32::MAX },
    ];
    let ids: HashSet<u64> = streams.iter().map(|stream| stream.id()).collect();
    assert_eq!(ids.len(), streams.len());
    // The last word of a dropout mask's counter is a layer's index.
    assert!(ids.iter().all(|id| id >> 56 != 0));
}

/// Upper 99.99 % point of χ² with `degrees` degrees of freedom (Wilson and Hilferty's
/// approximation).
fn chi_squared_bound(degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    degrees * (1.0 - spread + 3.719 * spread.sqrt()).powi(3)
}

fn chi_squared(counts: &[u32]) -> f64 {
    let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
    counts
        .iter()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected)
        .sum()
}

#[test]
fn below_reaches_every_value_equally() {
    for n in [1, 2, 3, 10, 1000] {
        let mut random = Philox::new(1, u64::from(n));
        let mut counts = vec![0; n as usize];
        for _ in 0..100 * n {
            counts[random.below(n) as usize] += 1;
        }
        let statistic = chi_squared(&counts);
        let bound = chi_squared_bound(f64::from(n.max(2) - 1));
        assert!(statistic < bound, "n = {n}: {statistic} above {bound}");
    }
    assert_eq!(Philox::new(1, 1).below(0), 0);
}

/// With n = 3·2³⁰ a plain product of word and n would give every third value twice as often.
#[test]
fn below_is_unbiased_where_two_to_the_32_is_no_multiple() {
    let n = 3 << 30;
    let mut random = Philox::new(2, 2);
    let mut counts = [0; 3];
    for _ in 0..30_000 {
        counts[(random.below(n) % 3) as usize] += 1;
    }
    let statistic = chi_squared(&counts);
    assert!(statistic < chi_squared_bound(2.0), "{counts:?}");
}

#[test]
fn unit_numbers_fill_the_interval() {
    const DRAWS: usize = 20_000;
    let mut random = Philox::new(4, 4);
    let single: Vec<f64> = (0..DRAWS).map(|_| f64::from(random.unit_f32())).collect();
    let double: Vec<f64> = (0..DRAWS).map(|_| random.unit_f64()).collect();
    for draws in [single, double] {
        let mut counts = [0; 50];
        for &draw in &draws {
            assert!((0.0..1.0).contains(&draw), "{draw}");
            counts[(draw * 50.0) as usize] += 1;
        }
        let statistic = chi_squared(&counts);
        assert!(statistic < chi_squared_bound(49.0), "{statistic}");
    }
}

#[test]
fn normal_numbers_have_the_normal_moments() {
    const DRAWS: usize = 40_000;
    let mut random = Philox::new(5, 5);
    let draws: Vec<f64> = (0..DRAWS).map(|_| random.normal()).collect();
    assert_eq!(random.position(), 4 * DRAWS as u64);
    let moment = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / DRAWS as f64;
    // Five standard errors: the k-th moment's variance is (E x^2k − (E x^k)²) / n.
    let tolerance = |variance: f64| 5.0 * (variance / DRAWS as f64).sqrt();
    assert!(moment(1).abs() < tolerance(1.0));
    assert!((moment(2) - 1.0).abs() < tolerance(2.0));
    assert!(moment(3).abs() < tolerance(15.0));
    assert!((moment(4) - 3.0).abs() < tolerance(96.0));
}
