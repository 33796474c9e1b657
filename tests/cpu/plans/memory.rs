//! Buffers: the longest batch's hold every other's, and what does not fit is refused.

use gatefold::Error;
use gatefold::batch::{Batch, Padding, longest_shape};
use gatefold::data::Review;
use gatefold::model::Variant;
use gatefold::plan::{Limits, ParameterLayout, Plan, StepContext, training_step};
use gatefold::random::Philox;

use super::SUBGROUP;
use crate::support::models::{
    VOCABULARY, context, equal_batch, evaluation_plan, gru, recurrent, spread, training_plan,
};

/// Asserts that every buffer of `small` is in `large`, and no longer than there.
fn assert_holds(large: &Plan, small: &Plan) {
    for buffer in &small.buffers {
        let id = large
            .buffer(&buffer.name)
            .unwrap_or_else(|| panic!("no {} in the larger plan", buffer.name));
        let bytes = large.buffers[id.0].bytes;
        assert!(
            buffer.bytes <= bytes,
            "{} takes {} bytes, reserved are {bytes}",
            buffer.name,
            buffer.bytes
        );
    }
}

#[test]
fn the_longest_batch_holds_every_other() {
    let random = &mut Philox::new(5, 0);
    let mut review = |longest: u32| {
        let tokens = if random.below(20) == 0 {
            longest
        } else {
            1 + random.below(longest)
        };
        // Some reviews repeat few tokens, so that sums are folded.
        let ids = 1 + random.below(VOCABULARY as u32 - 1);
        Review {
            ids: (0..tokens).map(|_| random.below(ids + 1)).collect(),
            label: 0,
        }
    };
    let reviews: Vec<Review> = (0..60)
        .map(|n| review(if n % 3 == 0 { 400 } else { 40 }))
        .collect();
    let size = 7;
    let longest = longest_shape(&reviews, size, Padding::AFTER);
    for limits in [
        Limits::WEBGPU,
        SUBGROUP,
        Limits {
            wanted_workgroups: 64,
            ..SUBGROUP
        },
    ] {
        for model in [
            recurrent(5, true, &[(8, 2), (7, 1)]),
            spread(5, 8),
            recurrent(4, false, &[(96, 1)]),
            gru(5, true, &[(8, 2), (7, 1)]),
        ] {
            let large = [
                training_plan(&model, &limits, longest),
                evaluation_plan(&model, &limits, longest),
            ];
            for (chunk, reviews) in reviews
                .chunks(size)
                .chain(reviews.chunks(5))
                .chain(reviews.chunks(1))
                .enumerate()
            {
                let batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
                let small = if chunk % 2 == 0 {
                    training_plan
                } else {
                    evaluation_plan
                };
                assert_holds(&large[chunk % 2], &small(&model, &limits, batch.shape()));
            }
        }
    }
}

fn refusal(limits: Limits) -> Error {
    let model = Variant::Baseline.model(8185).unwrap();
    let layout = ParameterLayout::new(&model);
    let context = StepContext { ..context() };
    let shape = equal_batch(500, 10, 7).shape();
    training_step(&model, &layout, &limits, shape, context).unwrap_err()
}

#[test]
fn parameters_survive_the_way_to_the_device_and_back() {
    let model = gru(3, false, &[(5, 2), (2, 1)]);
    let layout = ParameterLayout::new(&model);
    let mut number = 0.0;
    let parameters: Vec<Vec<f32>> = model
        .parameters()
        .iter()
        .map(|parameter| {
            let next = |_| {
                number += 1.0;
                number
            };
            (0..parameter.len()).map(next).collect()
        })
        .collect();
    let packed = layout.pack(&parameters).unwrap();
    assert_eq!(layout.unpack(&packed).unwrap(), parameters);
    let used = packed.iter().filter(|&&x| x != 0.0).count();
    assert_eq!(used, model.count_parameters(), "two in one place");
    for (parameter, values) in model.parameters().iter().zip(&parameters) {
        for value in values {
            let place = packed.iter().position(|x| x == value).unwrap();
            assert_eq!(layout.trained_name_at(place), parameter.name);
        }
    }
    // A frozen embedding lies in front of what an optimiser updates.
    let frozen = ParameterLayout::new(&model.with_frozen_embedding().unwrap());
    assert_eq!(frozen.pack(&parameters).unwrap(), packed);
    let table = layout.len() - frozen.trained_len();
    assert!(table >= model.parameters()[0].len() && table.is_multiple_of(64));
    assert_eq!(frozen.trained_name_at(0), model.parameters()[1].name);
}

#[test]
fn what_does_not_fit_is_said_with_the_remedy() {
    let error = refusal(Limits {
        binding_bytes: 4 << 20,
        ..Limits::WEBGPU
    });
    let Error::Limit {
        what,
        need,
        limit,
        have,
        remedy,
    } = &error
    else {
        panic!("{error}")
    };
    assert!(
        what.ends_with("for a batch of 10 reviews of 500 tokens"),
        "{what}"
    );
    assert!(need.ends_with(" MiB") && have == "4 MiB", "{need}, {have}");
    assert_eq!(*limit, "max_storage_buffer_binding_size");
    assert_eq!(*remedy, None, "whoever chose the batch knows the remedy");

    let error = refusal(Limits {
        binding_bytes: 1 << 20,
        ..Limits::WEBGPU
    });
    assert!(
        error
            .to_string()
            .ends_with("is 1 MiB; make the model smaller"),
        "{error}"
    );

    let error = refusal(Limits {
        workgroups: 4,
        ..Limits::WEBGPU
    });
    let Error::Limit {
        limit, need, have, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*limit, "max_compute_workgroups_per_dimension");
    assert!(
        need.ends_with(" workgroups") && have == "4",
        "{need}, {have}"
    );
}
