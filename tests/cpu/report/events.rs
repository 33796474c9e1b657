//! Event files for TensorBoard: their bytes are those that TensorBoard's own messages have.

use std::fs::{self, File};
use std::path::Path;

use gatefold::data::tfds::RecordReader;
use gatefold::report::TensorBoard;
use gatefold::train::{EpochRecord, LayerNorm};

/// Payloads as TensorBoard 2.21.0 encodes them, without a wall time.
const VERSION: &str = "1a0d627261696e2e4576656e743a32";
const TRAIN: [&str; 3] = [
    "2a460a110a0a65706f63685f6c6f7373150000403f0a150a0e65706f63685f616363757261637915000000000a1a0a1365706f63685f\
     6c6561726e696e675f72617465156f12833a",
    "10012a82010a110a0a65706f63685f6c6f7373150000003f0a150a0e65706f63685f6163637572616379150000803e0a1a0a136570\
     6f63685f6c6561726e696e675f72617465156f12833a0a1a0a1365706f63685f6772616469656e745f6e6f726d150000c03f0a1e0a17\
     65706f63685f6772616469656e745f6e6f726d5f6d61781500004040",
    "10022ac6010a110a0a65706f63685f6c6f7373150000003f0a150a0e65706f63685f6163637572616379150000803e0a1a0a136570\
     6f63685f6c6561726e696e675f72617465156f12833a0a1e0a176772616469656e745f6e6f726d2f656d62656464696e67150000c03f\
     0a220a1b6772616469656e745f6e6f726d5f6d61782f656d62656464696e6715000040400a1a0a136772616469656e745f6e6f726d2f\
     64656e736515000000000a1e0a176772616469656e745f6e6f726d5f6d61782f64656e7365150000003e",
];
const VALIDATION: [&str; 3] = [
    "2a2a0a110a0a65706f63685f6c6f7373150000203f0a150a0e65706f63685f6163637572616379150000003f",
    "10012a2a0a110a0a65706f63685f6c6f7373150000c07f0a150a0e65706f63685f6163637572616379150000803f",
    "10022a2a0a110a0a65706f63685f6c6f7373150000203f0a150a0e65706f63685f6163637572616379150000003f",
];

fn epochs() -> [EpochRecord; 3] {
    let first = EpochRecord {
        epoch: 1,
        loss: 0.75,
        accuracy: 0.0,
        val_loss: 0.625,
        val_accuracy: 0.5,
        learning_rate: 1e-3,
        seconds: 61.3,
        ..EpochRecord::default()
    };
    let second = EpochRecord {
        epoch: 2,
        loss: 0.5,
        accuracy: 0.25,
        val_loss: f64::NAN,
        val_accuracy: 1.0,
        gradient_norm: Some(1.5),
        gradient_norm_max: Some(3.0),
        ..first.clone()
    };
    let norm = |layer: &str, mean, max| LayerNorm {
        layer: layer.into(),
        mean,
        max,
    };
    let third = EpochRecord {
        epoch: 3,
        loss: 0.5,
        accuracy: 0.25,
        layer_gradient_norms: vec![norm("embedding", 1.5, 3.0), norm("dense", 0.0, 0.125)],
        ..first.clone()
    };
    [first, second, third]
}

/// The payloads of a file's records in hexadecimal, every checksum checked.
fn payloads(path: &Path) -> Vec<String> {
    let mut reader = RecordReader::new(path, File::open(path).unwrap());
    let mut payloads = Vec::new();
    while let Some(payload) = reader.read().unwrap() {
        payloads.push(payload.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    payloads
}

#[track_caller]
fn holds(folder: &Path, epochs: usize) {
    for (file, expected) in TensorBoard::files(folder).iter().zip([TRAIN, VALIDATION]) {
        let expected = [&[VERSION], &expected[..epochs]].concat();
        assert_eq!(payloads(file), expected, "{}", file.display());
    }
}

#[test]
fn an_epoch_is_a_record_that_tensorboard_knows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run/tensorboard");
    let mut events = TensorBoard::create(&folder, &[]).unwrap();
    holds(&folder, 0);
    for (over, record) in (1..).zip(epochs()) {
        events.append(&record).unwrap();
        holds(&folder, over);
    }
    let read = |folder: &Path| TensorBoard::files(folder).map(|file| fs::read(file).unwrap());
    let all = read(&folder);
    // However they came to it.
    let other = folder.with_file_name("other");
    TensorBoard::create(&other, &epochs()).unwrap();
    assert!(read(&other) == all);
}

#[test]
fn what_a_kill_left_of_a_record_is_gone_when_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut events = TensorBoard::create(folder, &[]).unwrap();
    events.append(&epochs()[0]).unwrap();
    for file in TensorBoard::files(folder) {
        let mut bytes = fs::read(&file).unwrap();
        bytes.extend(&bytes[..20].to_vec());
        fs::write(&file, bytes).unwrap();
        fs::write(file.with_file_name(".events.77.tmp"), b"").unwrap();
    }
    let mut events = TensorBoard::create(folder, &epochs()[..1]).unwrap();
    events.append(&epochs()[1]).unwrap();
    holds(folder, 2);
    for file in TensorBoard::files(folder) {
        let names = super::names_in(file.parent().unwrap());
        assert_eq!(names.len(), 1, "{names:?}");
    }
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train"), b"a file").unwrap();
    let error = TensorBoard::create(folder.path(), &[]).unwrap_err();
    assert!(error.to_string().contains("train"), "{error}");
}
