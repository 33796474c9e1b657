//! Models as Keras keeps them: what Keras said of a batch, the twin says of what was read; and what gatefold does not
//! compute is refused by the layer's name, the key and its value.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use gatefold::exchange::{load_model, load_parameters};
use gatefold::model::{LayerKind, Model, ModelDescription};
use gatefold::reference::network::{Batch, Masks, forward};
use serde_json::{Value, json};
use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::support::damage::{check, damage};
use crate::support::numbers::double;

fn fixture(name: &str) -> PathBuf {
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
fn read(change: impl FnOnce(&mut Value)) -> Result<Model, String> {
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
fn what_gatefold_does_not_compute_is_refused_by_name() {
    for (layer, key, value, words) in [
        (
            4,
            "activation",
            json!("relu"),
            &["layer lstm", "activation is relu", "tanh alone"][..],
        ),
        (
            4,
            "recurrent_activation",
            json!("hard_sigmoid"),
            &["layer lstm", "recurrent_activation is hard_sigmoid"],
        ),
        (
            4,
            "go_backwards",
            json!(true),
            &["layer lstm", "go_backwards is true", "false alone"],
        ),
        (
            4,
            "zero_output_for_mask",
            json!(true),
            &["layer lstm", "zero_output_for_mask"],
        ),
        (
            4,
            "return_state",
            json!(true),
            &["layer lstm", "return_state is true"],
        ),
        (
            4,
            "stateful",
            json!(true),
            &["layer lstm", "stateful is true"],
        ),
        (
            4,
            "time_major",
            json!(true),
            &["layer lstm", "time_major is true"],
        ),
        (
            4,
            "use_bias",
            json!(false),
            &["layer lstm", "use_bias is false"],
        ),
        (
            4,
            "dtype",
            json!("float16"),
            &["layer lstm", "dtype is float16"],
        ),
        (
            2,
            "merge_mode",
            json!("sum"),
            &["layer bidirectional", "merge_mode is sum", "concat alone"],
        ),
        (
            2,
            "layer/config/go_backwards",
            json!(true),
            &["layer forward_lstm", "go_backwards is true"],
        ),
        (
            2,
            "layer/config/activation",
            json!("relu"),
            &["layer forward_lstm", "activation is relu"],
        ),
        (
            2,
            "layer/class_name",
            json!("SimpleRNN"),
            &["layer forward_lstm", "no layer SimpleRNN", "LSTM, GRU"],
        ),
        (
            2,
            "layer/class_name",
            json!("Dense"),
            &["layer forward_lstm", "recurrent_activation"],
        ),
        (
            2,
            "backward_layer/config/go_backwards",
            json!(false),
            &["layer backward_lstm", "go_backwards is false"],
        ),
        (
            2,
            "backward_layer/config/units",
            json!(4),
            &["layer bidirectional", "`backward_layer`", "another layer"],
        ),
        (
            5,
            "layer/config/reset_after",
            json!(false),
            &["layer forward_gru", "reset_after is false"],
        ),
        (
            6,
            "reset_after",
            json!(false),
            &["layer gru", "reset_after is false"],
        ),
        (
            7,
            "axis",
            json!([1]),
            &["layer layer_normalization", "axis is [1]"],
        ),
        (
            7,
            "center",
            json!(false),
            &["layer layer_normalization", "center is false"],
        ),
        (
            7,
            "rms_scaling",
            json!(true),
            &["layer layer_normalization", "rms_scaling is true"],
        ),
        (
            8,
            "activation",
            json!("gelu"),
            &["layer dense", "`gelu`", "`relu`"],
        ),
        (8, "units", Value::Null, &["layer dense", "units"]),
        (
            9,
            "keepdims",
            json!(true),
            &["global_average_pooling1d", "keepdims is true"],
        ),
        (
            9,
            "data_format",
            json!("channels_first"),
            &["global_average_pooling1d", "data_format"],
        ),
        (
            1,
            "lora_rank",
            json!(4),
            &["layer embedding", "lora_rank is 4"],
        ),
        (
            1,
            "new_key",
            json!(4),
            &["layer embedding", "new_key is 4", "does not know"],
        ),
    ] {
        let told = read(|config| {
            let config = &mut config["config"]["layers"][layer]["config"];
            let (last, path) = key
                .rsplit_once('/')
                .map_or((key, ""), |(path, last)| (last, path));
            let path = path.split('/').filter(|part| !part.is_empty());
            path.fold(config, |inner, part| &mut inner[part])[last] = value.clone();
        });
        let told = told.expect_err(key);
        for word in words.iter().chain(&["model.keras: config.json"]) {
            assert!(told.contains(word), "no `{word}` in {told}");
        }
    }
    for (layer, class) in [
        (9, "Conv1D"),
        (1, "TextVectorization"),
        (8, "AttentionPooling"),
    ] {
        let told = read(|config| config["config"]["layers"][layer]["class_name"] = json!(class));
        let told = told.expect_err(class);
        assert!(told.contains(&format!("no layer {class}")), "{told}");
    }
    let told = read(|config| config["class_name"] = json!("Mine")).expect_err("Mine");
    assert!(
        told.contains("`Mine`") && told.contains(".weights.h5"),
        "{told}"
    );
    // What Keras would make of these layers gatefold would not train: its own builder says so.
    let told =
        read(|config| config["config"]["layers"][11]["config"]["activation"] = json!("relu"));
    let told = told.expect_err("relu");
    assert!(told.contains("the last layer must be"), "{told}");
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

#[test]
fn a_functional_model_is_a_chain_or_refused() {
    let bytes = std::fs::read(fixture("models/functional.keras")).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive
        .by_name("config.json")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.keras");
    let read = |text: &str| {
        let mut written = ZipWriter::new(Cursor::new(Vec::new()));
        let options =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        written.start_file("config.json", options).unwrap();
        written.write_all(text.as_bytes()).unwrap();
        std::fs::write(&path, written.finish().unwrap().into_inner()).unwrap();
        load_model(&path).map_err(|error| error.to_string())
    };
    assert!(read(&text).unwrap().unwrap().embedding().mask_zero);
    for (old, new, words) in [
        // A layer that takes not what is below it.
        (
            r#""keras_history": ["bidirectional", 0, 0]"#,
            r#""keras_history": ["embedding", 0, 0]"#,
            "takes embedding",
        ),
        // A mask of something other than padding.
        (
            r#"["input_layer", 0, 0]}}, 0]"#,
            r#"["input_layer", 0, 0]}}, 7]"#,
            "layer not_equal",
        ),
        // A mask where the embedding makes none.
        (
            r#""mask_zero": true"#,
            r#""mask_zero": false"#,
            "takes embedding and not_equal",
        ),
    ] {
        let other = text.replace(old, new);
        assert_ne!(other, text, "{old}");
        let told = read(&other).unwrap_err();
        assert!(told.contains(words), "no `{words}` in {told}");
    }
}

#[test]
fn damaged_models_are_refused_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["functional.keras", "whole.h5"] {
        let whole = std::fs::read(fixture("models").join(name)).unwrap();
        let path = folder.path().join(name);
        check(300, damage(&[0, 8, 0xff, b'"', b'{']), |damage| {
            std::fs::write(&path, damage.apply(&whole)).unwrap();
            if let Ok(Some(model)) = load_model(&path) {
                let _ = load_parameters(&path, &model);
            }
            Ok(())
        });
    }
}
