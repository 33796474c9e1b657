//! What holds of the recurrences whatever the numbers are, bit by bit.

use gatefold::plan::Limits;
use gatefold::random::Philox;

use super::case::{Case, all_forms, portable};
use crate::recurrent::{Layer, PLAIN, words_a_unit};
use crate::support::device;
use crate::support::models::random_batch;

/// A layer on whose inputs rows and timesteps can be exchanged.
const FREE: Layer = Layer {
    gathered: false,
    sequences: true,
    ..PLAIN
};

#[test]
fn neither_segments_nor_row_tiles_change_a_bit() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(131, 0);
    let limits = portable(gpu);
    for masked in [false, true] {
        let layer = Layer { masked, ..PLAIN };
        let case = Case::new(layer, random_batch(9, 11, random), random);
        let expected = case.bits(gpu, &limits);
        for (segment, wanted_workgroups) in [(1, 2), (2, 4), (4, 1), (8, 10), (256, 100)] {
            let cut = Limits {
                segment,
                wanted_workgroups,
                ..limits.clone()
            };
            assert!(case.bits(gpu, &cut) == expected, "{cut:?}");
        }
    }
}

/// The groups of `each` numbers of every timestep in another order.
fn reordered(values: &[f32], each: usize, order: &[usize]) -> Vec<f32> {
    values
        .chunks(order.len() * each)
        .flat_map(|timestep| order.iter().map(move |&b| &timestep[b * each..][..each]))
        .flatten()
        .copied()
        .collect()
}

fn floats(words: &[u32]) -> Vec<f32> {
    words.iter().map(|&word| f32::from_bits(word)).collect()
}

#[test]
fn permuting_rows_permutes_results() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(132, 0);
    let order = [3, 0, 10, 7, 1, 9, 2, 8, 6, 4, 5];
    for limits in all_forms(gpu) {
        let case = Case::new(FREE, random_batch(5, 11, random), random);
        let width = case.width();
        let mut permuted = case.clone();
        permuted.z = reordered(&case.z, 4 * width, &order);
        permuted.d_h = reordered(&case.d_h, width, &order);
        let (h, gradients) = case.bits(gpu, &limits);
        let (h_permuted, gradients_permuted) = permuted.bits(gpu, &limits);
        let expected = reordered(&floats(&h), width, &order);
        assert_eq!(floats(&h_permuted), expected, "h, {limits:?}");
        let expected = reordered(&floats(&gradients), words_a_unit(&limits) * width, &order);
        assert_eq!(floats(&gradients_permuted), expected, "{limits:?}");
    }
}

#[test]
fn reversing_time_swaps_the_directions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(133, 0);
    for limits in all_forms(gpu) {
        let size = 3;
        let mut case = Case::new(FREE, random_batch(6, size, random), random);
        for tensor in ["recurrent_kernel", "bias"] {
            let [forward, backward] = [0, 1].map(|direction| case.tensor(direction, tensor));
            case.parameters[backward] = case.parameters[forward].clone();
        }
        // Timesteps from the last to the first, the directions of each position exchanged.
        let units = case.layer.units;
        let turned = |values: &[f32], each: usize| -> Vec<f32> {
            let positions = reordered(values, units * each, &[1, 0]);
            let timesteps = positions.chunks(size * 2 * units * each);
            timesteps.rev().flatten().copied().collect()
        };
        let (h, gradients) = case.bits(gpu, &limits);
        let mut other_way = case.clone();
        other_way.z = turned(&case.z, 4);
        other_way.d_h = turned(&case.d_h, 1);
        let (h_turned, gradients_turned) = other_way.bits(gpu, &limits);
        assert_eq!(floats(&h_turned), turned(&floats(&h), 1), "{limits:?}");
        let expected = turned(&floats(&gradients), words_a_unit(&limits));
        assert_eq!(floats(&gradients_turned), expected, "{limits:?}");
    }
}
