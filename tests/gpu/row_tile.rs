//! Rows of the batch that a workgroup of a recurrence owns: a matter of speed alone.

use gatefold::model::initialise;
use gatefold::plan::{Adam, Form, Limits};
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::device;
use crate::support::models::{random_batch, recurrent, training_plan};

#[test]
fn whatever_the_tile_the_bytes_are_the_same() {
    let Some(gpu) = device::adapter() else { return };
    let model = recurrent(8, false, &[(16, 2), (8, 1)]);
    let parameters = initialise(&model, 3);
    let batch = random_batch(12, 7, &mut Philox::new(151, 0));
    for form in device::forms(&gpu.into()) {
        let mut first = None;
        let mut kernels = std::collections::HashSet::new();
        for row_tile in [None, Some(1), Some(3), Some(7)] {
            let limits = Limits {
                row_tile,
                ..form.clone()
            };
            let plan = training_plan(&model, &limits, batch.shape());
            let recurrence = plan
                .dispatches
                .iter()
                .find(|d| d.label.ends_with(".forward"));
            kernels.insert(recurrence.unwrap().kernel.to_string());
            let adam = Adam::new(1e-2);
            let mut session =
                Session::new(device::open(), model.clone(), limits, &parameters, adam, 0).unwrap();
            for _ in 0..3 {
                session.train(&batch).unwrap();
            }
            let results = session.drain().unwrap();
            let bits: Vec<u32> = session
                .parameters()
                .unwrap()
                .iter()
                .flatten()
                .map(|number| number.to_bits())
                .collect();
            let (losses, expected) = first.get_or_insert_with(|| (results.clone(), bits.clone()));
            assert_eq!(*losses, results, "{row_tile:?}");
            assert_eq!(*expected, bits, "{row_tile:?}");
        }
        // The split form has one row a workgroup, whatever is asked for.
        let forms = if matches!(form.form, Form::Split { .. }) {
            1
        } else {
            3
        };
        assert!(kernels.len() >= forms, "{kernels:?}");
    }
}
