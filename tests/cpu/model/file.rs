//! Models in TOML.

use std::path::Path;

use gatefold::Error;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, LayerNormalization, Lstm, Model, ModelDescription,
    Sequential, Variant,
};
use proptest::prelude::*;

use super::{VOCABULARY, build};

const SMALL: &str = r#"name = "small"

[[layer]]
type = "embedding"
width = 8

[[layer]]
type = "bidirectional"
units = 4

[[layer]]
type = "dense"
units = 1
activation = "sigmoid"
"#;

fn read(text: &str) -> gatefold::Result<Model> {
    Model::from_toml(Path::new("some/model.toml"), text, 100)
}

#[test]
fn file_without_vocabulary_takes_the_datas() {
    let model = read(SMALL).unwrap();
    assert_eq!(model.name(), "small");
    assert_eq!(model.embedding(), &Embedding::new(100, 8));
    let stated = read(&SMALL.replace("width = 8", "width = 8\nvocabulary = 7")).unwrap();
    assert_eq!(stated.embedding().vocabulary, 7);
}

#[test]
fn a_frozen_embedding_comes_back_and_one_that_is_trained_has_no_key() {
    let frozen = read(&SMALL.replace("width = 8", "width = 8\ntrainable = false")).unwrap();
    assert_eq!(frozen.embedding(), &Embedding::new(100, 8).frozen());
    let text = frozen.to_toml().unwrap();
    assert!(text.contains("trainable = false"), "{text}");
    assert_eq!(read(&text).unwrap(), frozen);
    let trained = read(SMALL).unwrap();
    assert!(!trained.to_toml().unwrap().contains("trainable"));
    assert_eq!(trained.with_frozen_embedding().unwrap(), frozen);
}

#[test]
fn file_takes_every_option() {
    let text = r#"
        name = "all"
        layer = [
            { type = "embedding", vocabulary = 20, width = 8, mask_zero = true },
            { type = "lstm", units = 5, return_sequences = true },
            { type = "gru", units = 6, return_sequences = true },
            { type = "bidirectional", cell = "gru", units = 7, return_sequences = true },
            { type = "bidirectional", cell = "lstm", units = 8, return_sequences = true },
            { type = "bidirectional", units = 4, return_sequences = false },
            { type = "dense", units = 3, activation = "relu" },
            { type = "dense", units = 3, activation = "linear" },
            { type = "dense", units = 3 },
            { type = "dropout", rate = 0 },
            { type = "dense", units = 1, activation = "sigmoid" },
        ]
    "#;
    let expected = Sequential::new("all")
        .add(Embedding::new(20, 8).mask_zero())
        .add(Lstm::new(5).return_sequences())
        .add(Gru::new(6).return_sequences())
        .add(Bidirectional::new(Gru::new(7).return_sequences()))
        .add(Bidirectional::new(Lstm::new(8).return_sequences()))
        .add(Bidirectional::new(Lstm::new(4)))
        .add(Dense::new(3).relu())
        .add(Dense::new(3))
        .add(Dense::new(3))
        .add(Dropout::new(0.0))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let model = read(text).unwrap();
    assert_eq!(model, expected);
    assert_eq!(read(&model.to_toml().unwrap()).unwrap(), expected);
}

#[test]
fn variants_survive_the_round_trip() {
    for variant in Variant::ALL {
        let model = variant.model(VOCABULARY).unwrap();
        assert_eq!(read(&model.to_toml().unwrap()).unwrap(), model);
    }
}

proptest! {
    #[test]
    fn every_rate_and_size_survives_the_round_trip(
        rate in 0f32..1.0,
        units in 1usize..1000,
        width in 1usize..1000,
        masked: bool,
    ) {
        let mut embedding = Embedding::new(9, width);
        embedding.mask_zero = masked;
        let model = build(&[
            embedding.into(),
            Lstm::new(units).into(),
            Dropout::new(rate).into(),
            Dense::new(1).sigmoid().into(),
        ])
        .unwrap();
        prop_assert_eq!(read(&model.to_toml().unwrap()).unwrap(), model);
    }
}

/// What a run leaves: versions, data and adapter around the model.
#[test]
fn the_config_of_a_run_is_read_for_its_model() {
    let layers = SMALL.replace("[[layer]]", "[[model.layer]]");
    let layers = layers.replace("name = ", "[model]\nname = ");
    let of_run = format!("gatefold = \"0.1.0\"\n[adapter]\nname = \"x\"\n{layers}");
    assert_eq!(read(&of_run).unwrap(), read(SMALL).unwrap());
    let refused = |text: &str| read(text).unwrap_err().to_string();
    let wrong = refused(&of_run.replace("width", "widht"));
    assert!(
        wrong.contains("line 9, column 1: unknown field `widht`"),
        "{wrong}"
    );
    let (of_comparison, _) = of_run.split_once("[model]").unwrap();
    assert!(refused(of_comparison).contains("comparison, which has no one model"));
    let wrong = refused(&format!("model = 1\n{of_comparison}"));
    assert!(
        wrong.contains("line 1, column 9: `model` must be a table"),
        "{wrong}"
    );
    // Without the version it is a model file, whose keys are all known.
    let wrong = refused(&of_run.replace("gatefold = \"0.1.0\"\n", ""));
    assert!(wrong.contains("unknown key"), "{wrong}");
}

#[test]
fn bad_files_are_answered_with_file_place_and_reason() {
    // What is replaced in SMALL, by what, and what the answer must say.
    let cases = [
        ("width", "widht", "line 5, column 1: unknown field `widht`"),
        (
            "units = 4",
            "units = 4\nrate = 1",
            "line 10, column 1: unknown field `rate`",
        ),
        ("name", "nam", "line 1, column 1: unknown key `nam`"),
        (
            "width = 8",
            "width = \"8\"",
            "line 5, column 9: invalid type: string",
        ),
        (
            "units = 4",
            "units = -4",
            "line 9, column 9: invalid value: integer `-4`",
        ),
        (
            "units = 4",
            "units = 0",
            "line 7, column 1: layer bidirectional: units must be from 1",
        ),
        ("width = 8", "", "line 3, column 1: missing field `width`"),
        (
            "\"bidirectional\"",
            "\"grue\"",
            "line 8, column 8: `type` must be",
        ),
        (
            "units = 4",
            "units = 4\ncell = \"rnn\"",
            "line 10, column 8: unknown variant `rnn`",
        ),
        ("\"bidirectional\"", "7", "line 8, column 8: `type` must be"),
        (
            "type = \"bidirectional\"",
            "",
            "line 7, column 1: the layer has no `type`",
        ),
        (
            "\"sigmoid\"",
            "\"tanh\"",
            "line 14, column 14: unknown variant `tanh`",
        ),
        (
            "\"sigmoid\"",
            "\"relu\"",
            "line 11, column 1: layer dense: the last layer must be",
        ),
        (
            "\"small\"",
            "7",
            "line 1, column 8: `name` must be a string",
        ),
        (
            "\"small\"",
            "\"../x\"",
            "line 1, column 8: `name`: \"../x\" cannot",
        ),
        (
            "name = \"small\"",
            "",
            "line 1, column 1: the key `name` is missing",
        ),
        (
            "\"small\"",
            "\"small",
            "line 1, column 14: invalid basic string",
        ),
        (
            "[[layer]]\ntype = \"e",
            "[layer]\ntype = \"e",
            "line 7, column",
        ),
    ];
    for (good, bad, expected) in cases {
        let text = SMALL.replacen(good, bad, 1);
        assert_ne!(text, SMALL);
        let error = read(&text).expect_err(bad).to_string();
        let expected = format!("some/model.toml: {expected}");
        assert!(error.starts_with(&expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn file_without_layers_says_so() {
    for (layers, words) in [
        ("", "there is no [[layer]]"),
        ("layer = []", "the model has no layers"),
        ("layer = 3", "in double brackets"),
        ("[layer]\ntype = \"lstm\"", "in double brackets"),
        ("layer = [3]", "a layer is a table"),
    ] {
        let error = read(&format!("name = \"x\"\n{layers}")).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// Descriptions in other files, as a run's `config.toml`, are read by the same rules, but know no data.
#[test]
fn a_description_is_read_as_a_model_file_is() {
    let layers: [LayerKind; 10] = [
        Embedding::new(20, 8).mask_zero().into(),
        LayerNormalization::new().into(),
        Lstm::new(5).return_sequences().into(),
        Gru::new(6).return_sequences().into(),
        Bidirectional::new(Gru::new(7).return_sequences()).into(),
        Dropout::new(0.25).into(),
        AttentionPooling::new(3).into(),
        GlobalMaxPooling1D::new().into(),
        GlobalAveragePooling1D::new().into(),
        Dense::new(1).sigmoid().into(),
    ];
    let description = ModelDescription {
        name: "all".into(),
        layers: layers.into(),
    };
    let text = toml::to_string(&description).unwrap();
    assert_eq!(
        toml::from_str::<ModelDescription>(&text).unwrap(),
        description
    );
    let json = serde_json::to_string(&description).unwrap();
    assert_eq!(
        serde_json::from_str::<ModelDescription>(&json).unwrap(),
        description
    );

    let whole = SMALL.replace("width = 8", "width = 8\nvocabulary = 100");
    let read_so: ModelDescription = toml::from_str(&whole).unwrap();
    assert_eq!(ModelDescription::of(&read(&whole).unwrap()), read_so);
    assert_eq!(read_so.build().unwrap(), read(&whole).unwrap());
    for (good, bad, words) in [
        ("vocabulary = 100", "", "missing field `vocabulary`"),
        ("width = 8", "widht = 8", "unknown field `widht`"),
        ("units = 4", "", "missing field `units`"),
        (
            "\"bidirectional\"",
            "\"grue\"",
            "`type` must be `embedding`, `lstm`, ",
        ),
        ("\"bidirectional\"", "7", "`type` must be"),
        ("type = \"bidirectional\"", "", "missing field `type`"),
    ] {
        let text = whole.replacen(good, bad, 1);
        assert_ne!(text, whole);
        let refused = toml::from_str::<ModelDescription>(&text).unwrap_err();
        assert!(refused.message().contains(words), "{refused}");
        assert!(refused.span().is_some(), "{refused}");
    }
}
