//! Models as Keras keeps them: what Keras said of a batch, the twin says of what was read.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use gatefold::exchange::{load_model, load_parameters};
use gatefold::model::{LayerKind, Model, ModelDescription};
use gatefold::reference::network::{Batch, Masks, forward};
use serde_json::{Value, json};
use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::support::numbers::double;

/// A file of the fixtures.
pub fn fixture(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/fixtures").join(name)
}

fn told() -> Value {
    let text = std::fs::read_to_string(fixture("models/models.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(rows: &Value) -> Vec<f64> {
    let rows = rows.as_array().unwrap().iter();
    let numbers = rows.flat_map(|row| row.as_array().unwrap());
    numbers.map(|one| one.as_f64().unwrap()).collect()
}

/// Fails unless the twin says of the batch what Keras said.
#[track_caller]
fn agrees(model: &Model, parameters: &[Vec<f32>], told: &Value, expected: &str) {
    let ids: Vec<u32> = numbers(&told["ids"]).iter().map(|&id| id as u32).collect();
    let size = told["ids"].as_array().unwrap().len();
    let steps = ids.len() / size;
    let by_time: Vec<u32> = (0..ids.len())
        .map(|place| ids[place % size * steps + place / size])
        .collect();
    let batch = Batch {
        steps,
        size,
        ids: &by_time,
        labels: &vec![0.0; size],
        weights: None,
    };
    let parameters: Vec<Vec<f64>> = parameters.iter().map(|values| double(values)).collect();
    let found = forward(model, &parameters, &batch, Masks::Off).probabilities;
    let expected = numbers(&told[expected]);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn a_model_that_keras_keeps_says_what_keras_said() {
    let told = told();
    for (file, name, layers) in [("functional.keras", "chain", 5), ("whole.h5", "old", 8)] {
        let path = fixture("models").join(file);
        let model = load_model(&path).unwrap().unwrap();
        assert_eq!((model.name(), model.layers().len()), (name, layers));
        let parameters = load_parameters(&path, &model).unwrap();
        agrees(&model, &parameters, &told, file);
    }
    let model = load_model(&fixture("models/whole.h5")).unwrap().unwrap();
    let weights = fixture("models/weights.h5");
    assert_eq!(load_model(&weights).unwrap(), None);
    agrees(
        &model,
        &load_parameters(&weights, &model).unwrap(),
        &told,
        "whole.h5",
    );
}

/// The model with another layer in place of one.
fn with_layer(model: &Model, place: usize, layer: Value) -> Model {
    let mut description = ModelDescription::of(model);
    description.layers[place] = serde_json::from_value(layer).unwrap();
    description.build().unwrap()
}

#[test]
fn weights_of_keras_2_are_taken_by_the_right_model_alone() {
    let whole = load_model(&fixture("models/whole.h5")).unwrap().unwrap();
    let dense = json!({"type": "dense", "units": 3});
    let lstm = json!({"type": "lstm", "units": 2, "return_sequences": true});
    let wider = json!({"type": "gru", "units": 3, "return_sequences": true});
    let dropout = json!({"type": "dropout", "rate": 0.5});
    for (place, layer, of_weights, of_whole) in [
        // A normalisation's parameters are not called as a dense layer's.
        (
            4,
            dense.clone(),
            "layer_normalization/gamma:0: found where",
            "layer 5",
        ),
        (3, wider, "gru_cell/kernel:0: expected shape", "layer 4"),
        (3, lstm, "gru_cell/kernel:0: expected shape", "layer 4"),
        (
            2,
            dense,
            "layer_names: 16 weights, and the model old has 18",
            "layer 3",
        ),
    ] {
        let model = with_layer(&whole, place, layer);
        for (file, words) in [("weights.h5", of_weights), ("whole.h5", of_whole)] {
            let refused = load_parameters(&fixture("models").join(file), &model);
            let refused = refused.unwrap_err().to_string();
            assert!(
                refused.contains(words) && refused.contains(file),
                "{refused}"
            );
        }
    }
    // What is dropped in training changes nothing.
    let model = with_layer(&whole, 2, dropout);
    load_parameters(&fixture("models/whole.h5"), &model).unwrap();
}

/// Keras's own archive of all layers, its config changed.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let bytes = std::fs::read(fixture("archive/all.keras")).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    let mut change = Some(change);
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        if name == "config.json" {
            let mut config = serde_json::from_slice(&content).unwrap();
            change.take().unwrap()(&mut config);
            content = serde_json::to_vec(&config).unwrap();
        }
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        written.start_file(name, options).unwrap();
        written.write_all(&content).unwrap();
    }
    written.finish().unwrap().into_inner()
}

/// What is read from such an archive.
pub fn read(change: impl FnOnce(&mut Value)) -> Result<Model, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    std::fs::write(&path, changed(change)).unwrap();
    let model = load_model(&path)
        .map_err(|error| error.to_string())?
        .unwrap();
    load_parameters(&path, &model).map_err(|error| error.to_string())?;
    Ok(model)
}

#[test]
fn what_changes_no_result_is_read() {
    let same = read(|_| ()).unwrap();
    let layers = |model: &Model| ModelDescription::of(model).layers;
    let as_function =
        json!({"class_name": "function", "config": "tanh", "registered_name": "tanh"});
    let spatial = json!({"class_name": "SpatialDropout1D", "config": {"rate": 0.4}});
    let of_same_layers: [fn(&mut Value); 6] = [
        |config| config["config"]["layers"][4]["config"]["recurrent_dropout"] = json!(0.2),
        |config| config["config"]["layers"][4]["config"]["unroll"] = json!(true),
        |config| config["config"]["layers"][7]["config"]["axis"] = json!([2]),
        |config| config["config"]["layers"][7]["config"]["dtype"] = json!("mixed_float16"),
        |config| config["config"]["layers"][1]["config"]["new_key"] = json!(false),
        |config| config["config"]["layers"][2]["config"]["backward_layer"] = Value::Null,
    ];
    for change in of_same_layers {
        assert_eq!(layers(&read(change).unwrap()), layers(&same));
    }
    let found = read(|config| {
        let layers = config["config"]["layers"].as_array_mut().unwrap();
        layers[4]["config"]["activation"] = as_function;
        layers.insert(2, spatial);
    });
    assert_eq!(layers(&found.unwrap()), layers(&same));
    // What does change it is in the model.
    let found = read(|config| config["config"]["layers"][1]["config"]["mask_zero"] = json!(false));
    assert!(!found.unwrap().embedding().mask_zero && same.embedding().mask_zero);
    let found = read(|config| config["config"]["layers"][1]["config"]["trainable"] = json!(false));
    let found = found.unwrap();
    assert!(!found.embedding().trainable && same.embedding().trainable);
    // What training changed is no other model.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    std::fs::write(&path, changed(|_| ())).unwrap();
    load_parameters(&path, &found).unwrap();
    let found = read(|config| config["config"]["layers"][7]["config"]["epsilon"] = json!(0.25));
    let LayerKind::LayerNormalization(norm) = layers(&found.unwrap())[6].clone() else {
        panic!("no normalisation");
    };
    assert_eq!(norm.epsilon, 0.25);
    // A name that no folder can have.
    let found = read(|config| config["config"]["name"] = json!("a/b:c"));
    assert_eq!(found.unwrap().name(), "a_b_c");
}
