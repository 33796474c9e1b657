//! What gatefold does not compute, in models as Keras keeps them, is refused by the layer's name, the key and its value.

use std::io::{Cursor, Read, Write};

use gatefold::exchange::{load_model, load_parameters};
use serde_json::{Value, json};
use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::keras_models::{fixture, read};
use crate::support::damage::{check, damage};

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
