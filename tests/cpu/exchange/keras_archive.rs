//! The `.keras` archive: its `config.json` beside the one that Keras writes, and archives that are not whole.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use gatefold::exchange::{load_parameters, to_keras_archive, to_keras_weights};
use gatefold::model::{
    Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D, GlobalMaxPooling1D, Gru,
    LayerNormalization, Lstm, Model, Sequential,
};
use serde_json::{Value, json};
use zip::read::ZipArchive;
use zip::{CompressionMethod, DateTime};

use super::{mixed, pooled, told_apart, weights};
use crate::support::damage::{check, damage};

/// The model of `tests/peers/make_archive.py`.
fn all() -> Model {
    Sequential::new("all")
        .add(Embedding::new(20, 4).mask_zero())
        .add(Bidirectional::new(Lstm::new(3).return_sequences()))
        .add(Dropout::new(0.3))
        .add(Lstm::new(2).return_sequences())
        .add(Bidirectional::new(Gru::new(3).return_sequences()))
        .add(Gru::new(2).return_sequences())
        .add(LayerNormalization::new())
        .add(Dense::new(5))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(4).relu())
        .add(Dense::new(3).softmax())
        .build()
        .unwrap()
}

fn keras_s_own() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(root.join("tests/fixtures/archive/all.keras")).unwrap()
}

/// The files of an archive of ours or Keras's, all stored as they are.
fn files(archive: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        assert_eq!(file.compression(), CompressionMethod::Stored);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

fn config(archive: Vec<u8>) -> Value {
    serde_json::from_slice(&files(archive)["config.json"]).unwrap()
}

/// Fails unless all that `ours` says `keras_s` says as well, with as many elements in every array.
fn assert_part_of(ours: &Value, keras_s: &Value, place: &str) {
    match (ours, keras_s) {
        (Value::Object(ours), Value::Object(keras_s)) => {
            for (key, value) in ours {
                let place = format!("{place}/{key}");
                assert!(keras_s.contains_key(key), "{place}: no such key in Keras");
                assert_part_of(value, &keras_s[key], &place);
            }
        }
        (Value::Array(ours), Value::Array(keras_s)) => {
            assert_eq!(ours.len(), keras_s.len(), "{place}");
            for (index, (ours, keras_s)) in ours.iter().zip(keras_s).enumerate() {
                assert_part_of(ours, keras_s, &format!("{place}/{index}"));
            }
        }
        // Keras reads the name of a policy as well as the object that it writes.
        (Value::String(name), Value::Object(policy)) if policy["class_name"] == "DTypePolicy" => {
            assert_eq!(policy["config"]["name"], *name, "{place}");
        }
        _ => assert_eq!(ours, keras_s, "{place}"),
    }
}

#[test]
fn the_config_says_what_keras_s_own_says() {
    let ours = config(to_keras_archive(&weights(all())).unwrap());
    assert_part_of(&ours, &config(keras_s_own()), "");
}

/// The keys that a mask, a missing sequence and other layers change.
#[test]
fn the_config_follows_the_layers() {
    let config_of = |model: Model| config(to_keras_archive(&weights(model)).unwrap());
    let plain = config_of(mixed());
    assert_eq!(plain["config"]["name"], "mixed");
    let layers = |config: &Value| -> Vec<Value> {
        let layers = config["config"]["layers"].as_array().unwrap().iter();
        layers.map(|layer| layer["config"].clone()).collect()
    };
    let plain = layers(&plain);
    let names: Vec<&Value> = plain.iter().map(|layer| &layer["name"]).collect();
    let expected = [
        "input_layer",
        "embedding",
        "dropout",
        "bidirectional",
        "lstm_1",
        "dense",
        "dense_1",
    ];
    assert_eq!(names, expected);
    assert_eq!(plain[1]["mask_zero"], false);
    assert_eq!(plain[2]["rate"], 0.5);
    assert_eq!(plain[4]["return_sequences"], false);
    assert_eq!(plain[6]["activation"], "sigmoid");

    let last = Sequential::new("last")
        .add(Embedding::new(20, 4).mask_zero())
        .add(Bidirectional::new(Gru::new(3)))
        .add(Dense::new(1).sigmoid())
        .build();
    let last = layers(&config_of(last.unwrap()));
    assert_eq!(last[1]["mask_zero"], true);
    assert!(last[1].get("trainable").is_none());
    let frozen = Sequential::new("frozen")
        .add(Embedding::new(20, 4).frozen())
        .add(Gru::new(3))
        .add(Dense::new(1).sigmoid());
    let frozen = layers(&config_of(frozen.build().unwrap()));
    assert_eq!(frozen[1]["trainable"], false);
    for (direction, backwards) in [("layer", false), ("backward_layer", true)] {
        let inner = &last[2][direction]["config"];
        assert_eq!(inner["go_backwards"], backwards);
        assert_eq!(inner["zero_output_for_mask"], false);
    }

    let maximum = config_of(pooled(GlobalMaxPooling1D::new()));
    let maximum = &maximum["config"]["layers"][3];
    assert_eq!(maximum["class_name"], "GlobalMaxPooling1D");
    let keys = json!({
        "name": "global_max_pooling1d",
        "dtype": "float32",
        "data_format": "channels_last",
        "keepdims": false,
    });
    assert_eq!(maximum["config"], keys);
}

#[test]
fn an_archive_is_the_same_every_time_and_comes_back() {
    let expected = told_apart(all());
    let bytes = to_keras_archive(&expected).unwrap();
    assert_eq!(to_keras_archive(&expected).unwrap(), bytes);
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for index in 0..archive.len() {
        // Not the time of writing.
        let time = archive.by_index(index).unwrap().last_modified();
        assert_eq!(time, Some(DateTime::default()));
    }
    let files = files(bytes.clone());
    assert_eq!(files.len(), 3);
    let metadata: Value = serde_json::from_slice(&files["metadata.json"]).unwrap();
    assert_eq!(metadata["vocabulary_sha256"], expected.vocabulary_sha256);
    assert!(
        metadata["keras_version"]
            .as_str()
            .unwrap()
            .starts_with("3.")
    );
    let hdf5 = to_keras_weights(&expected).unwrap();
    assert_eq!(files["model.weights.h5"], hdf5);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.keras");
    // Keras's archive has the same numbers.
    for bytes in [bytes, keras_s_own()] {
        std::fs::write(&file, bytes).unwrap();
        let found = load_parameters(&file, &expected.model).unwrap();
        assert_eq!(found, expected.parameters);
    }
}

#[test]
fn archives_that_are_not_whole_are_refused() {
    let model = all();
    let whole = to_keras_archive(&weights(model.clone())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.keras");
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        load_parameters(&file, &model).unwrap_err().to_string()
    };
    let replaced = |old: &[u8], new: &[u8]| {
        let mut bytes = whole.clone();
        for at in 0..bytes.len() - old.len() {
            if bytes[at..].starts_with(old) {
                bytes[at..at + old.len()].copy_from_slice(new);
            }
        }
        bytes
    };
    let cut = &whole[..whole.len() / 2];
    let renamed = replaced(b"model.weights.h5", b"model.weights.h6");
    let changed = replaced(b"dense_1", b"dense_7");
    for (bytes, file) in [
        (cut, "config.json"),
        (&renamed[..], "model.weights.h5"),
        (&changed[..], "config.json"),
    ] {
        let error = refused(bytes);
        let place = format!("model.keras: {file}: ");
        assert!(error.contains(&place), "{error}");
        assert!(error.contains("as Keras's save wrote it"), "{error}");
    }
    check(200, damage(&[0, 8, 0xff, b'P', b'K']), |damage| {
        let damaged = damage.apply(&whole);
        std::fs::write(&file, damaged).unwrap();
        let _ = load_parameters(&file, &model);
        Ok(())
    });
}
