//! The step that is measured to set the recurrences' segments.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::data::Dataset;
use gatefold::random::Philox;
use gatefold::train::{Event, fit};

use super::{Bits, OPTIONS, bits, dataset, limits, model, session};

/// What training leaves, the state of each snapshot, and the segment at the end.
fn trained(data: &Arc<Dataset>, calibrates: bool) -> (Bits, Vec<(u64, u64, usize)>, usize) {
    let mut session = session(&model(), &limits(), 1e-2);
    // Shorter than any that is set by a step's time.
    session.set_segment(3);
    session.set_calibration(calibrates);
    assert_eq!(session.calibrates(), calibrates);
    let options = OPTIONS.checkpoint_steps(1);
    let stop = AtomicBool::new(false);
    let mut places = Vec::new();
    let history = fit(&mut session, data, &options, &stop, &mut |event| {
        if let Event::Snapshot(snapshot) = event {
            let state = &snapshot.state;
            places.push((state.step, state.sequence, snapshot.position.done));
        }
    })
    .unwrap();
    (bits(&history, &session), places, session.limits().segment)
}

#[test]
fn the_step_that_is_measured_counts_once() {
    let data = dataset(&mut Philox::new(151, 0));
    let (expected, places, segment) = trained(&data, false);
    assert_eq!(segment, 3);
    let (measured, measured_places, segment) = trained(&data, true);
    assert!((16..=4096).contains(&segment), "{segment}");
    assert_eq!(measured_places, places);
    assert!(measured == expected);
}
