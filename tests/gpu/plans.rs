//! Whole training steps against the f64 network, and what must hold of them whatever the numbers are.

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::model::Model;
use gatefold::plan::Limits;
use gatefold::random::Philox;

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{gru, random_batch, recurrent};
use crate::support::numbers::parameters;
use crate::support::steps::{TOLERANCE, check, check_odd_models, gradients, session};

#[test]
fn steps_of_odd_models_are_those_of_the_twin() {
    let mut device = device::open();
    let forms = device::forms(&device);
    let random = &mut Philox::new(81, 0);
    for limits in &forms {
        device = check_odd_models(device, limits, random);
    }
    let stepwise = Limits {
        workgroup_invocations: 1,
        ..forms[0].clone()
    };
    for model in [recurrent, gru].map(|of| of(5, true, &[(5, 2), (7, 1)])) {
        let batch = random_batch(7, 11, random);
        device = check(device, &model, &stepwise, &batch, random);
    }
}

#[test]
fn padding_that_is_masked_changes_no_bit_of_the_loss() {
    let random = &mut Philox::new(82, 0);
    for model in [recurrent, gru].map(|of| of(4, true, &[(8, 2), (5, 2)])) {
        masked_padding_changes_no_bit(&model, random);
    }
}

fn masked_padding_changes_no_bit(model: &Model, random: &mut Philox) {
    let parameters = parameters(model, random, 1.0);
    let reviews: Vec<Review> = (0..5)
        .map(|n| Review {
            ids: (0..3 + 2 * n).map(|_| 1 + random.below(20)).collect(),
            label: (n % 2) as u8,
        })
        .collect();
    let longer = |review: &Review| Review {
        ids: [&review.ids[..], &[0; 9]].concat().into(),
        label: review.label,
    };
    let longer: Vec<Review> = reviews.iter().map(longer).collect();
    for limits in device::forms(&device::open()) {
        let losses = [&reviews, &longer].map(|reviews| {
            let mut session = session(device::open(), model, &limits, &parameters);
            session
                .evaluate(&Batch::new(&reviews.iter().collect::<Vec<_>>()))
                .unwrap();
            session.drain().unwrap()[0].loss.to_bits()
        });
        assert_eq!(losses[0], losses[1], "{limits:?}");
    }
}

#[test]
fn the_gradient_of_a_batch_is_the_mean_of_its_halves() {
    let random = &mut Philox::new(83, 0);
    let model = recurrent(4, false, &[(8, 2)]);
    // Without the dropout layer, whose mask depends on the place in the batch.
    let model = gatefold::model::Sequential::new("halves")
        .add(gatefold::model::Embedding::new(23, 4))
        .add(model.layers()[1].kind.clone())
        .add(gatefold::model::Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let parameters = parameters(&model, random, 1.0);
    let reviews: Vec<Review> = (0..6)
        .map(|n| Review {
            ids: (0..12).map(|_| random.below(23)).collect(),
            label: (n % 2) as u8,
        })
        .collect();
    let gpu = device::open();
    for limits in device::forms(&gpu) {
        let mut session = session(device::open(), &model, &limits, &parameters);
        let mut of = |reviews: &[Review]| {
            gradients(
                &mut session,
                &Batch::new(&reviews.iter().collect::<Vec<_>>()),
            )
            .1
        };
        let (whole, first, second) = (of(&reviews), of(&reviews[..3]), of(&reviews[3..]));
        for (i, parameter) in model.parameters().iter().enumerate() {
            let mean: Vec<f64> = first[i]
                .iter()
                .zip(&second[i])
                .map(|(&a, &b)| (f64::from(a) + f64::from(b)) / 2.0)
                .collect();
            let error = relative_error(&whole[i], &mean);
            assert!(
                error <= TOLERANCE,
                "{}: relative error {error:.1e}",
                parameter.name
            );
        }
    }
}
