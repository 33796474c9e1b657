//! The engine against Keras: every fixture, the project's own and the oracle's, in every form of the kernels.

use gatefold::model::{LayerKind, Output};

use crate::support::device;
use crate::support::fixture::Fixture;
use crate::support::oracle::{Check, TOLERANCE, batch, masks, run, session};

#[test]
fn oracle_fixtures_in_every_form() {
    let fixtures = Fixture::everywhere();
    let gpu = device::open();
    let mut failures = Vec::new();
    for limits in device::forms(&gpu) {
        for fixture in &fixtures {
            let check = run(device::open(), fixture, &limits);
            eprintln!(
                "{:<32} {:<24} worst relative error {:.1e}",
                fixture.name, check.form, check.worst
            );
            failures.extend(check.failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn oracle_layer_outputs() {
    let mut failures = Vec::new();
    for fixture in Fixture::everywhere() {
        let limits = device::forms(&device::open()).pop().unwrap();
        let mut session = session(device::open(), &fixture, &limits);
        session
            .train_with_masks(&batch(&fixture, 1), false, &masks(&fixture, 1))
            .unwrap();
        session.drain().unwrap();
        let mut check = Check::new(&fixture, String::new());
        let model = fixture.model();
        for (layer, expected) in model.layers().iter().zip(fixture.layer_outputs()) {
            let Some(expected) = expected else { continue };
            let buffer = match &layer.kind {
                LayerKind::Lstm(lstm) if !lstm.return_sequences => "last",
                LayerKind::Gru(gru) if !gru.return_sequences => "last",
                LayerKind::Bidirectional(both) if !both.layer.return_sequences() => "last",
                LayerKind::Lstm(_) | LayerKind::Gru(_) | LayerKind::Bidirectional(_) => "h",
                LayerKind::Dense(_)
                | LayerKind::GlobalMaxPooling1D(_)
                | LayerKind::GlobalAveragePooling1D(_)
                | LayerKind::AttentionPooling(_)
                | LayerKind::LayerNormalization(_) => "y",
                LayerKind::Embedding(_) | LayerKind::Dropout(_) => continue,
            };
            let found = session
                .values(&format!("{}.{buffer}", layer.name), expected.len())
                .unwrap();
            // Of a bidirectional layer Keras has zeros at masked timesteps, the recurrence the state before.
            let ids = fixture.ids(1);
            let width = expected.len() / ids.len();
            let masked = fixture.mask_zero() && matches!(layer.output, Output::Sequence { .. });
            let seen = |&(i, _): &(usize, f64)| !masked || ids[i / width] != 0;
            let (found, expected): (Vec<f32>, Vec<f64>) = expected
                .iter()
                .copied()
                .enumerate()
                .filter(seen)
                .map(|(i, expected)| (found[i], expected))
                .unzip();
            check.close(&layer.name, &found, &expected, TOLERANCE);
        }
        failures.extend(check.failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
