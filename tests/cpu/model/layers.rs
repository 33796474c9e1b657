//! What layers are called, the shapes that leave them, and their parameters.

use std::path::Path;

use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Embedding, GlobalAveragePooling1D, GlobalMaxPooling1D,
    Gru, Initialiser, LayerKind, LayerNormalization, Lstm, Model, Output, Sequential, Variant,
    initialise,
};

use super::{VOCABULARY, build};

#[test]
fn layers_are_named_and_shaped_as_in_keras() {
    let model = Variant::Dropout.model(VOCABULARY).unwrap();
    let layers: Vec<(&str, usize, Output)> = model
        .layers()
        .iter()
        .map(|layer| (layer.name.as_str(), layer.input_width, layer.output))
        .collect();
    assert_eq!(
        layers,
        [
            ("embedding", 1, Output::Sequence { width: 64 }),
            ("bidirectional", 64, Output::Sequence { width: 128 }),
            ("bidirectional_1", 128, Output::Vector { width: 64 }),
            ("dense", 64, Output::Vector { width: 64 }),
            ("dropout", 64, Output::Vector { width: 64 }),
            ("dense_1", 64, Output::Vector { width: 1 }),
        ]
    );
    let of = |layer: &str| -> Vec<(&str, &[usize])> {
        model
            .parameters_of(layer)
            .map(|parameter| (parameter.name.as_str(), parameter.shape.as_slice()))
            .collect()
    };
    assert_eq!(
        of("bidirectional_1"),
        [
            ("bidirectional_1.forward.kernel", [128, 128].as_slice()),
            ("bidirectional_1.forward.recurrent_kernel", &[32, 128]),
            ("bidirectional_1.forward.bias", &[128]),
            ("bidirectional_1.backward.kernel", &[128, 128]),
            ("bidirectional_1.backward.recurrent_kernel", &[32, 128]),
            ("bidirectional_1.backward.bias", &[128]),
        ]
    );
    assert_eq!(
        of("dense"),
        [("dense.kernel", [64, 64].as_slice()), ("dense.bias", &[64])]
    );
    assert!(of("dropout").is_empty());
}

#[test]
fn gru_layers_are_named_and_shaped_as_in_keras() {
    let model = build(&[
        Embedding::new(10, 4).into(),
        Gru::new(3).return_sequences().into(),
        Bidirectional::new(Gru::new(5)).into(),
        Dense::new(1).sigmoid().into(),
    ])
    .unwrap();
    let shapes: Vec<(&str, &[usize], Initialiser)> = model
        .parameters()
        .iter()
        .map(|p| (p.name.as_str(), p.shape.as_slice(), p.initialiser))
        .collect();
    let (uniform, orthogonal) = (Initialiser::GlorotUniform, Initialiser::Orthogonal);
    assert_eq!(
        shapes[1..10],
        [
            ("gru.kernel", [4, 9].as_slice(), uniform),
            ("gru.recurrent_kernel", &[3, 9], orthogonal),
            ("gru.bias", &[2, 9], Initialiser::Zeros),
            ("bidirectional.forward.kernel", &[3, 15], uniform),
            (
                "bidirectional.forward.recurrent_kernel",
                &[5, 15],
                orthogonal
            ),
            ("bidirectional.forward.bias", &[2, 15], Initialiser::Zeros),
            ("bidirectional.backward.kernel", &[3, 15], uniform),
            (
                "bidirectional.backward.recurrent_kernel",
                &[5, 15],
                orthogonal
            ),
            ("bidirectional.backward.bias", &[2, 15], Initialiser::Zeros),
        ]
    );
    let summary = model.summarise();
    let layer = |index: usize| {
        let layer = &summary.layers[index];
        (layer.class, layer.output_shape.clone(), layer.parameters)
    };
    // As Keras counts them: 3·H·(inputs + H + 2).
    assert_eq!(layer(1), ("GRU", vec![None, None, Some(3)], 81));
    assert_eq!(layer(2), ("Bidirectional", vec![None, Some(10)], 300));
}

#[test]
fn layer_normalisation_starts_as_the_identity_of_normal_features() {
    let layers = |epsilon| -> Vec<LayerKind> {
        vec![
            Embedding::new(10, 4).into(),
            LayerNormalization { epsilon }.into(),
            Lstm::new(3).into(),
            LayerNormalization::new().into(),
            Dense::new(1).sigmoid().into(),
        ]
    };
    let model = build(&layers(0.5)).unwrap();
    assert_eq!(model.layers()[1].output, Output::Sequence { width: 4 });
    assert_eq!(model.layers()[3].name, "layer_normalization_1");
    let values = initialise(&model, 3);
    for (parameter, values) in model.parameters().iter().zip(&values) {
        match parameter.name.rsplit('.').next() {
            Some("gamma") => assert!(values.iter().all(|&x| x == 1.0), "{}", parameter.name),
            Some("beta") => assert!(values.iter().all(|&x| x == 0.0), "{}", parameter.name),
            _ => {}
        }
    }
    let text = model.to_toml().unwrap();
    assert_eq!(
        Model::from_toml(Path::new("model.toml"), &text, 1).unwrap(),
        model
    );
    let text = text.replace("epsilon = 0.5\n", "");
    let usual = Model::from_toml(Path::new("model.toml"), &text, 1).unwrap();
    assert_eq!(usual, build(&layers(1e-3)).unwrap());
    for epsilon in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let error = build(&layers(epsilon)).unwrap_err().to_string();
        assert!(
            error.contains("epsilon must be above 0"),
            "{epsilon}: {error}"
        );
    }
}

#[test]
fn pooling_layers_are_named_shaped_and_stored() {
    let model = Sequential::new("pooled")
        .add(Embedding::new(50, 8))
        .add(Lstm::new(6).return_sequences())
        .add(AttentionPooling::new(3))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let layer = &model.layers()[2];
    assert_eq!(layer.name, "attention_pooling");
    assert_eq!(layer.output, Output::Vector { width: 6 });
    let parameters: Vec<_> = model
        .parameters_of("attention_pooling")
        .map(|parameter| {
            let shape = parameter.shape.as_slice();
            (parameter.name.as_str(), shape, parameter.initialiser)
        })
        .collect();
    let glorot = Initialiser::GlorotUniform;
    assert_eq!(
        parameters,
        [
            ("attention_pooling.kernel", [6, 3].as_slice(), glorot),
            ("attention_pooling.bias", &[3], Initialiser::Zeros),
            ("attention_pooling.context", &[3, 1], glorot),
        ]
    );

    for (kind, name) in [
        (GlobalMaxPooling1D::new().into(), "global_max_pooling1d"),
        (
            GlobalAveragePooling1D::new().into(),
            "global_average_pooling1d",
        ),
        (
            LayerKind::from(AttentionPooling::new(4)),
            "attention_pooling",
        ),
    ] {
        let layers = [
            Embedding::new(50, 8).into(),
            kind,
            Dense::new(1).sigmoid().into(),
        ];
        let model = build(&layers).unwrap();
        assert_eq!(model.layers()[1].name, name);
        assert_eq!(model.layers()[1].output, Output::Vector { width: 8 });
        let text = model.to_toml().unwrap();
        assert!(text.contains(&format!("type = \"{name}\"")), "{text}");
        let read = Model::from_toml(Path::new("model.toml"), &text, 1).unwrap();
        assert_eq!(read, model);
        let odd = text.replace(name, &format!("{name}\"\nsize = 3\nother = \""));
        assert!(Model::from_toml(Path::new("model.toml"), &odd, 1).is_err());
    }
}
