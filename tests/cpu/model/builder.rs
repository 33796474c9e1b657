//! What a stack of layers is refused for.

use std::path::Path;

use gatefold::Error;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, Lstm, Model, Sequential, Variant,
};

use super::build;

#[test]
fn builder_says_which_layer_does_not_fit_and_why() {
    let embedding = || LayerKind::from(Embedding::new(10, 4));
    let lstm = || LayerKind::from(Lstm::new(3));
    let output = || LayerKind::from(Dense::new(1).sigmoid());
    let cases: Vec<(Vec<LayerKind>, &str, &str)> = vec![
        (vec![], "none", "no layers"),
        (
            vec![lstm(), output()],
            "lstm",
            "first layer must be an Embedding",
        ),
        (
            vec![embedding(), embedding()],
            "embedding_1",
            "only the first layer",
        ),
        (
            vec![embedding(), lstm(), Lstm::new(2).into(), output()],
            "lstm_1",
            "return_sequences",
        ),
        (
            vec![embedding(), lstm(), Bidirectional::new(Lstm::new(2)).into()],
            "bidirectional",
            "return_sequences",
        ),
        (
            vec![embedding(), Gru::new(3).into(), Gru::new(2).into()],
            "gru_1",
            "return_sequences",
        ),
        (
            vec![embedding(), Bidirectional::new(Gru::new(0)).into()],
            "bidirectional",
            "units must be from 1",
        ),
        (
            vec![embedding(), lstm(), GlobalMaxPooling1D::new().into()],
            "global_max_pooling1d",
            "return_sequences",
        ),
        (
            vec![
                embedding(),
                AttentionPooling::new(3).into(),
                GlobalAveragePooling1D::new().into(),
            ],
            "global_average_pooling1d",
            "needs a sequence below it",
        ),
        (
            vec![embedding(), AttentionPooling::new(0).into(), output()],
            "attention_pooling",
            "units must be from 1",
        ),
        (
            vec![embedding(), lstm(), Dense::new(1).into()],
            "dense",
            "Dense(1) with a sigmoid",
        ),
        (
            vec![embedding(), lstm(), Dense::new(2).sigmoid().into()],
            "dense",
            "Dense(1) with a sigmoid",
        ),
        (
            vec![
                embedding(),
                lstm(),
                Dense::new(3).softmax().into(),
                output(),
            ],
            "dense",
            "a softmax is for the last layer alone",
        ),
        (
            vec![embedding(), lstm(), Dense::new(1).softmax().into()],
            "dense",
            "2 to 256",
        ),
        (
            vec![embedding(), lstm(), Dense::new(257).softmax().into()],
            "dense",
            "2 to 256",
        ),
        (
            vec![
                embedding(),
                Lstm::new(3).return_sequences().into(),
                output(),
            ],
            "dense",
            "on the last state of a recurrent layer",
        ),
        (
            vec![Embedding::new(0, 4).into(), lstm(), output()],
            "embedding",
            "vocabulary must be from 1",
        ),
        (
            vec![Embedding::new(10, 0).into(), lstm(), output()],
            "embedding",
            "width must be from 1",
        ),
        (
            vec![embedding(), Lstm::new(0).into(), output()],
            "lstm",
            "units must be from 1",
        ),
        (
            vec![embedding(), lstm(), Dense::new(0).into(), output()],
            "dense",
            "units must be from 1",
        ),
        (
            vec![embedding(), Lstm::new(usize::MAX).into(), output()],
            "lstm",
            "units must be from 1 to 16777216",
        ),
        (
            vec![embedding(), Lstm::new(1 << 24).into(), output()],
            "lstm",
            "lstm.recurrent_kernel of shape [16777216, 67108864] has 2^32 elements or more",
        ),
        (
            vec![Embedding::new(1 << 20, 1 << 12).into(), lstm(), output()],
            "embedding",
            "2^32 elements or more",
        ),
    ];
    for (layers, expected_layer, expected_words) in cases {
        match build(&layers) {
            Err(Error::Model { layer, problem }) => {
                assert_eq!(layer, expected_layer, "{problem}");
                assert!(problem.contains(expected_words), "{layer}: {problem}");
            }
            other => panic!("{layers:?} gave {other:?}"),
        }
    }
}

#[test]
fn builder_refuses_rates_outside_zero_to_one() {
    let with_rate = |rate| {
        build(&[
            Embedding::new(10, 4).into(),
            Lstm::new(3).into(),
            Dropout::new(rate).into(),
            Dense::new(1).sigmoid().into(),
        ])
    };
    for rate in [-0.1, 1.0, 2.0, f32::NAN, f32::INFINITY] {
        let error = with_rate(rate).unwrap_err().to_string();
        assert!(
            error.contains("layer dropout: the rate must be"),
            "{rate}: {error}"
        );
    }
    for rate in [0.0, 0.999] {
        assert!(with_rate(rate).is_ok(), "{rate}");
    }
}

#[test]
fn builder_refuses_names_that_no_folder_can_have() {
    let named = |name: &str| {
        Sequential::new(name)
            .add(Embedding::new(10, 4))
            .add(Lstm::new(3))
            .add(Dense::new(1).sigmoid())
            .build()
    };
    for name in ["", "..", "../up", "a/b", "a\\b", "a:b", "a\nb"] {
        let error = named(name).unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{name:?}: {error}");
    }
    assert_eq!(named("my model-2_b").unwrap().name(), "my model-2_b");
}

#[test]
fn vocabulary_must_fit_into_the_embedding() {
    let model = Variant::Baseline.model(100).unwrap();
    assert!(model.check_vocabulary(100).is_ok());
    assert!(model.check_vocabulary(50).is_ok());
    let error = model.check_vocabulary(101).unwrap_err().to_string();
    assert!(
        error.contains("100 rows") && error.contains("101 ids"),
        "{error}"
    );
}

#[test]
fn a_model_tells_as_many_classes_apart_as_the_data_have() {
    let binary = Variant::Baseline.model(10).unwrap();
    assert_eq!((binary.classes(), binary.has_softmax()), (2, false));
    let of = |classes| {
        let output = Dense::new(classes).softmax();
        build(&[
            Embedding::new(10, 4).into(),
            Lstm::new(3).into(),
            output.into(),
        ])
        .unwrap()
    };
    for classes in [2, 3, 256] {
        let model = of(classes);
        assert_eq!((model.classes(), model.has_softmax()), (classes, true));
        let text = model.to_toml().unwrap();
        assert!(text.contains("activation = \"softmax\""), "{text}");
        let read = Model::from_toml(Path::new("model.toml"), &text, 1).unwrap();
        assert_eq!(read, model);
    }
    assert!(binary.check_classes(2).is_ok() && of(2).check_classes(2).is_ok());
    let told = |model: &Model, classes| model.check_classes(classes).unwrap_err().to_string();
    let error = told(&binary, 5);
    assert!(
        error.contains("data have 5") && error.contains("Dense(5) with a softmax"),
        "{error}"
    );
    let error = told(&of(3), 2);
    assert!(
        error.contains("3 classes") && error.contains("Dense(1) with a sigmoid"),
        "{error}"
    );
}
