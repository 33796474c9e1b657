//! Checkpoints on disk: that every bit comes back, and which file is taken.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gatefold::Error;
use gatefold::model::{Variant, initialise};
use gatefold::train::{
    Best, Checkpoint, CheckpointFiles, EpochRecord, LayerNorm, LayerNormSums, Metrics, Position,
    SessionState, SlotState, Snapshot, StepResult,
};

fn slot(name: &str, tensors: Vec<Vec<f32>>) -> SlotState {
    SlotState {
        name: name.to_string(),
        tensors,
    }
}

/// A checkpoint of `done` steps, with numbers that decimal digits would lose.
pub fn checkpoint(done: usize) -> Checkpoint {
    let model = Variant::Dropout.model(30).unwrap();
    let mut parameters = initialise(&model, 3);
    parameters[0][0] = -0.0;
    parameters[0][1] = f32::from_bits(1);
    let mut metrics = Metrics::default();
    let mut layer_norms = LayerNormSums::default();
    let step = StepResult {
        sequence: 0,
        loss: 0.1,
        right: 3,
        reviews: 7,
        gradient_norm: Some(0.7),
        layer_norms: vec![0.3, f32::from_bits(1)],
    };
    metrics.add(&step);
    layer_norms.add(&step);
    let norm = LayerNorm {
        layer: "embedding".into(),
        mean: 0.1 + 0.2,
        max: f64::from_bits(1),
    };
    let record = EpochRecord {
        epoch: 1,
        loss: 0.1 + 0.2,
        accuracy: f64::from_bits(1),
        val_loss: f64::NAN,
        val_accuracy: f64::INFINITY,
        learning_rate: 1e-4,
        gradient_norm: Some(0.1 + 0.2),
        gradient_norm_max: Some(f64::from(f32::MAX)),
        layer_gradient_norms: vec![norm],
        seconds: 0.0,
    };
    let state = SessionState {
        slots: [("first_moments", 4), ("second_moments", 5)]
            .map(|(name, seed)| slot(name, initialise(&model, seed)))
            .to_vec(),
        parameters,
        step: 1 << 40,
        sequence: (1 << 53) + 1,
    };
    let best = Best {
        epoch: 1,
        parameters: initialise(&model, 6),
    };
    let position = Position {
        epochs: vec![record],
        done,
        metrics,
        layer_norms,
    };
    Checkpoint {
        model,
        config: "seed = \"1\" # ✓\n".into(),
        snapshot: Arc::new(Snapshot {
            state,
            position,
            best: Some(Arc::new(best)),
        }),
    }
}

/// Everything but the numbers that are not one, which equal nothing.
fn bits(checkpoint: &Checkpoint) -> String {
    let Snapshot {
        state,
        position,
        best,
    } = &*checkpoint.snapshot;
    let slots = state.slots.iter().map(|slot| &slot.tensors);
    let words: Vec<u32> = std::iter::once(&state.parameters)
        .chain(slots)
        .flatten()
        .flatten()
        .map(|x| x.to_bits())
        .collect();
    let epochs: Vec<[u64; 7]> = position
        .epochs
        .iter()
        .map(|e| {
            [
                e.loss,
                e.accuracy,
                e.val_loss,
                e.val_accuracy,
                e.learning_rate,
                e.gradient_norm.unwrap(),
                e.gradient_norm_max.unwrap(),
            ]
            .map(f64::to_bits)
        })
        .collect();
    format!(
        "{:?} {words:?} {epochs:?} {} {:?} {} {}",
        checkpoint.model, position.done, position.metrics, state.step, checkpoint.config
    ) + &format!("{} {best:?} {:?}", state.sequence, position.layer_norms)
        + &format!("{:?}", position.epochs[0].layer_gradient_norms)
}

#[test]
fn every_bit_comes_back() {
    let checkpoint = checkpoint(12);
    let bytes = checkpoint.to_bytes().unwrap();
    assert!(Checkpoint::is_whole(&bytes));
    assert_eq!(bytes, checkpoint.to_bytes().unwrap());
    let read = Checkpoint::from_bytes(Path::new("c"), &bytes).unwrap();
    assert!(bits(&read) == bits(&checkpoint));
}

#[test]
fn norms_of_layers_that_are_not_measured_leave_no_trace() {
    // So that checkpoints from before they could be measured are read.
    let mut plain = checkpoint(12);
    let mut snapshot = (*plain.snapshot).clone();
    snapshot.position.layer_norms = LayerNormSums::default();
    snapshot.position.epochs[0].layer_gradient_norms.clear();
    plain.snapshot = Arc::new(snapshot);
    let bytes = plain.to_bytes().unwrap();
    let found = |bytes: &[u8]| bytes.windows(6).any(|word| word == b"layer_");
    assert!(!found(&bytes) && found(&checkpoint(12).to_bytes().unwrap()));
    let read = Checkpoint::from_bytes(Path::new("c"), &bytes).unwrap();
    assert!(read.snapshot.position.layer_norms.is_empty());
}

#[test]
fn adams_checkpoints_are_as_they_were_and_others_name_their_slots() {
    let named = |bytes: &[u8]| bytes.windows(9).any(|word| word == br#"\"slots\""#);
    // So that checkpoints from before there were other optimisers are read.
    assert!(!named(&checkpoint(12).to_bytes().unwrap()));
    for names in [&[][..], &["momentum"], &["velocity", "momentum"]] {
        let mut other = checkpoint(12);
        let mut snapshot = (*other.snapshot).clone();
        snapshot.state.slots = names
            .iter()
            .map(|name| slot(name, initialise(&other.model, 7)))
            .collect();
        other.snapshot = Arc::new(snapshot);
        let bytes = other.to_bytes().unwrap();
        assert!(named(&bytes));
        let read = Checkpoint::from_bytes(Path::new("c"), &bytes).unwrap();
        assert_eq!(read.snapshot.state, other.snapshot.state);
    }
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    type Tensors = fn(&mut SessionState) -> &mut Vec<Vec<f32>>;
    let groups: [(&str, Tensors); 3] = [
        ("parameters", |state| &mut state.parameters),
        ("first_moments", |state| &mut state.slots[0].tensors),
        ("second_moments", |state| &mut state.slots[1].tensors),
    ];
    for (group, tensors) in groups {
        let mut broken = checkpoint(12);
        let mut snapshot = (*broken.snapshot).clone();
        tensors(&mut snapshot.state)[0][65] = f32::NEG_INFINITY;
        broken.snapshot = Arc::new(snapshot);
        let bytes = broken.to_bytes().unwrap();
        let error = Checkpoint::from_bytes(Path::new("c"), &bytes).unwrap_err();
        let expected = format!("{group}.embedding.embeddings: -inf at [1, 1]");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[test]
fn any_change_shows() {
    let bytes = checkpoint(12).to_bytes().unwrap();
    for length in [0, 31, 32, bytes.len() / 2, bytes.len() - 1] {
        assert!(!Checkpoint::is_whole(&bytes[..length]), "{length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(!Checkpoint::is_whole(&longer));
    for place in (0..bytes.len())
        .step_by(1 + bytes.len() / 50)
        .chain([bytes.len() - 1])
    {
        let mut edited = bytes.clone();
        edited[place] ^= 4;
        assert!(!Checkpoint::is_whole(&edited), "byte {place}");
    }
}

/// Steps of the checkpoint that is found, and the file's name.
fn found(folder: &Path) -> Option<(usize, String, bool)> {
    let found = CheckpointFiles::new(folder).find().unwrap()?;
    let name = found
        .path
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let done = found.checkpoint.snapshot.position.done;
    Some((done, name, found.damaged.is_some()))
}

const NEWEST: &str = CheckpointFiles::NAMES[0];
const PREVIOUS: &str = CheckpointFiles::NAMES[1];

#[test]
fn the_last_two_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(found(folder), None);
    let mut files = CheckpointFiles::new(folder);
    assert_eq!(files.last(), None);
    for done in 1..=3 {
        files.save(checkpoint(done)).unwrap();
    }
    files.finish().unwrap();
    assert_eq!(files.last().unwrap().done, 3);
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, [PREVIOUS, NEWEST]);
    assert_eq!(found(folder), Some((3, NEWEST.into(), false)));
    // A process that ends between the two renames leaves the previous one alone.
    fs::remove_file(folder.join(NEWEST)).unwrap();
    assert_eq!(found(folder), Some((2, PREVIOUS.into(), false)));
}

#[test]
fn a_damaged_file_replaces_no_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut files = CheckpointFiles::new(folder);
    for done in 1..=2 {
        files.save(checkpoint(done)).unwrap();
    }
    files.finish().unwrap();
    let whole = fs::read(folder.join(NEWEST)).unwrap();
    fs::write(folder.join(NEWEST), &whole[..100]).unwrap();
    let mut files = CheckpointFiles::new(folder);
    let passed_over = files.find().unwrap().unwrap().damaged;
    assert_eq!(passed_over, Some(folder.join(NEWEST)));
    files.save(checkpoint(7)).unwrap();
    files.finish().unwrap();
    assert_eq!(found(folder), Some((7, NEWEST.into(), false)));
    let previous = Checkpoint::load(&folder.join(PREVIOUS)).unwrap();
    assert_eq!(previous.snapshot.position.done, 1);
    // From then on, whole ones move up.
    files.save(checkpoint(8)).unwrap();
    files.finish().unwrap();
    let previous = Checkpoint::load(&folder.join(PREVIOUS)).unwrap();
    assert_eq!(previous.snapshot.position.done, 7);
}

#[test]
fn what_a_write_met_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let mut files = CheckpointFiles::new(&gone);
    files.save(checkpoint(1)).unwrap();
    let error = files.save(checkpoint(2)).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert_eq!(files.last(), None);
}

#[test]
fn places_read_as_sentences_go_on() {
    let mut position = Position::default();
    assert_eq!(position.to_string(), "the beginning");
    position.done = 4;
    assert_eq!(position.to_string(), "step 4 of epoch 1");
    position.epochs = checkpoint(0).snapshot.position.epochs.clone();
    assert_eq!(position.to_string(), "step 4 of epoch 2");
    position.done = 0;
    assert_eq!(position.to_string(), "the end of epoch 1");
}
