//! What holds of the recurrences whatever the numbers are, bit by bit.

use gatefold::plan::Limits;
use gatefold::random::Philox;

use super::case::{Case, forms};
use crate::recurrent::{Layer, PLAIN, words_a_unit};
use crate::support::device;
use crate::support::models::random_batch;

#[test]
fn neither_segments_nor_row_tiles_change_a_bit() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(17, 0);
    for (limits, units) in forms(gpu) {
        for masked in [false, true] {
            let case = Case::new(
                Layer {
                    units,
                    masked,
                    ..PLAIN
                },
                random_batch(9, 11, random),
                random,
            );
            let expected = case.bits(gpu, &limits);
            for segment in [1, 2, 4, 8] {
                assert!(
                    case.bits(
                        gpu,
                        &Limits {
                            segment,
                            ..limits.clone()
                        }
                    ) == expected,
                    "segment {segment}, {limits:?}"
                );
            }
            for wanted_workgroups in [1, 4, 10, 100] {
                let limits = Limits {
                    wanted_workgroups,
                    ..limits.clone()
                };
                assert!(case.bits(gpu, &limits) == expected, "{limits:?}");
            }
        }
    }
}

/// The case with row `b` of everything where row `order[b]` was.
fn with_rows(case: &Case, order: &[usize]) -> Case {
    let (size, width) = (case.batch.size, case.width());
    let rows = |values: &[f32], each: usize| -> Vec<f32> {
        let groups = values.chunks(size * each);
        groups
            .flat_map(|group| {
                order
                    .iter()
                    .flat_map(|&b| group[b * each..(b + 1) * each].to_vec())
            })
            .collect()
    };
    let mut moved = case.clone();
    moved.z = rows(&case.z, 4 * width);
    moved.d_h = rows(&case.d_h, width);
    moved
}

#[test]
fn permuting_rows_permutes_results() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(18, 0);
    let order = [3, 0, 10, 7, 1, 9, 2, 8, 6, 4, 5];
    for (limits, units) in forms(gpu) {
        let layer = Layer {
            units,
            gathered: false,
            sequences: true,
            ..PLAIN
        };
        let case = Case::new(layer, random_batch(5, 11, random), random);
        let (h, dz) = case.bits(gpu, &limits);
        let (h_permuted, dz_permuted) = with_rows(&case, &order).bits(gpu, &limits);
        let (width, words) = (case.width(), words_a_unit(&limits));
        for t in 0..5 {
            for (b, &from) in order.iter().enumerate() {
                let row = |values: &[u32], b: usize, each: usize| {
                    values[(t * 11 + b) * each..][..each].to_vec()
                };
                assert_eq!(
                    row(&h_permuted, b, width),
                    row(&h, from, width),
                    "h of row {b} at {t}"
                );
                assert_eq!(
                    row(&dz_permuted, b, words * width),
                    row(&dz, from, words * width),
                    "dz of row {b} at {t}"
                );
            }
        }
    }
}

#[test]
fn reversing_time_swaps_the_directions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(19, 0);
    for (limits, units) in forms(gpu) {
        let layer = Layer {
            units,
            gathered: false,
            sequences: true,
            ..PLAIN
        };
        let mut case = Case::new(layer, random_batch(6, 3, random), random);
        let [forward, backward] =
            [0, 1].map(|direction| case.tensor(direction, "recurrent_kernel"));
        case.parameters[backward] = case.parameters[forward].clone();
        let (h, dz) = case.bits(gpu, &limits);

        let turned = |values: &[f32], each: usize| -> Vec<f32> {
            let timesteps = values.chunks(3 * 2 * units * each).rev();
            let position =
                |position: &[f32]| [&position[units * each..], &position[..units * each]].concat();
            timesteps
                .flat_map(|timestep| {
                    timestep
                        .chunks(2 * units * each)
                        .flat_map(position)
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        case.z = turned(&case.z, 4);
        case.d_h = turned(&case.d_h, 1);
        let (h_turned, dz_turned) = case.bits(gpu, &limits);
        let bits =
            |values: Vec<f32>| -> Vec<u32> { values.into_iter().map(f32::to_bits).collect() };
        let floats = |words: &[u32]| -> Vec<f32> {
            words.iter().map(|&word| f32::from_bits(word)).collect()
        };
        assert!(h_turned == bits(turned(&floats(&h), 1)), "{limits:?}");
        assert!(
            dz_turned == bits(turned(&floats(&dz), words_a_unit(&limits))),
            "{limits:?}"
        );
    }
}
