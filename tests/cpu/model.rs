//! Building, naming, counting, initialising and storing models.

use std::collections::HashSet;
use std::path::Path;

use gatefold::Error;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, Initialiser, LayerKind, LayerNormalization, Lstm, Model, Output,
    Parameter, Sequential, Variant, initialise,
};
use gatefold::random::Philox;
use proptest::prelude::*;

use crate::support;

const VOCABULARY: usize = 8185;

// Builder

fn build(layers: &[LayerKind]) -> gatefold::Result<Model> {
    layers
        .iter()
        .cloned()
        .fold(Sequential::new("test"), Sequential::add)
        .build()
}

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
        assert!(matches!(error, Error::Option { .. }), "{name:?}: {error}");
    }
    assert_eq!(named("my model-2_b").unwrap().name(), "my model-2_b");
}

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

// Variants and summaries

#[test]
fn variants_have_the_experiments_parameter_counts() {
    let counts = Variant::ALL.map(|variant| variant.model(VOCABULARY).unwrap().count_parameters());
    assert_eq!(counts, [561_089, 635_329, 598_209]);
}

#[test]
fn variants_are_read_by_the_name_that_they_show() {
    for variant in Variant::ALL {
        assert_eq!(variant.to_string().parse::<Variant>().unwrap(), variant);
        assert_eq!(variant.model(10).unwrap().name(), variant.name());
    }
    let error = "basline".parse::<Variant>().unwrap_err().to_string();
    assert!(
        error.contains("`basline`") && error.contains("baseline, dropout, bidirectional"),
        "{error}"
    );
}

#[test]
fn summary_is_the_table_of_keras() {
    let model = Sequential::new("sequential")
        .add(Embedding::new(8185, 64))
        .add(Lstm::new(64))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    assert_eq!(
        model.summary(),
        "\
Model: \"sequential\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                     ┃ Output Shape            ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ embedding (Embedding)            │ (None, None, 64)        │       523,840 │
├──────────────────────────────────┼─────────────────────────┼───────────────┤
│ lstm (LSTM)                      │ (None, 64)              │        33,024 │
├──────────────────────────────────┼─────────────────────────┼───────────────┤
│ dense (Dense)                    │ (None, 1)               │            65 │
└──────────────────────────────────┴─────────────────────────┴───────────────┘
 Total params: 556,929 (2.12 MB)
 Trainable params: 556,929 (2.12 MB)
 Non-trainable params: 0 (0.00 B)"
    );
}

/// What does not fit the first column goes on below.
#[test]
fn summary_breaks_long_names_as_keras_does() {
    let model = Sequential::new("pooled")
        .add(Embedding::new(50, 8))
        .add(Bidirectional::new(Lstm::new(8).return_sequences()))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let table = model.summary();
    let rows: Vec<&str> = table.lines().skip(6).take(5).collect();
    assert_eq!(
        rows,
        [
            "│ bidirectional (Bidirectional)    │ (None, None, 16)        │         1,088 │",
            "├──────────────────────────────────┼─────────────────────────┼───────────────┤",
            "│ global_average_pooling1d         │ (None, 16)              │             0 │",
            "│ (GlobalAveragePooling1D)         │                         │               │",
            "├──────────────────────────────────┼─────────────────────────┼───────────────┤",
        ]
    );
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

/// Every summary in the reference file whose title is a variant's name, character by character but
/// for the model's name, which Keras makes up.
#[test]
fn summaries_equal_those_of_the_oracle() {
    let Some(folder) = support::oracle_dir() else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("summaries.txt")).unwrap();
    for variant in Variant::ALL {
        let title = format!("=== {variant}: ");
        let start = text.find(&title).expect("a summary of every variant");
        let (_, table) = text[start..].split_once('\n').unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        let summary = variant.model(VOCABULARY).unwrap().summary();
        let named = summary.replacen(variant.name(), "sequential", 1);
        assert_eq!(named, table, "{variant}");
    }
}

#[test]
fn summary_as_data_has_open_axes_for_batch_and_time() {
    let summary = Variant::Bidirectional
        .model(VOCABULARY)
        .unwrap()
        .summarise();
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["total_parameters"], 598_209);
    assert_eq!(
        json["layers"][0],
        serde_json::json!({
            "name": "embedding",
            "class": "Embedding",
            "output_shape": [null, null, 64],
            "parameters": 523_840,
        })
    );
    let counted: usize = summary.layers.iter().map(|layer| layer.parameters).sum();
    assert_eq!(counted, summary.total_parameters);
}

// Initialisers

/// The values of every parameter that starts as `wanted`, with its shape.
fn values_of(
    model: &Model,
    wanted: impl Fn(&Initialiser) -> bool,
) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let found: Vec<_> = model
        .parameters()
        .iter()
        .zip(initialise(model, 42))
        .inspect(|(parameter, values)| assert_eq!(parameter.len(), values.len()))
        .filter(|(parameter, _)| wanted(&parameter.initialiser))
        .map(|(parameter, values)| (parameter.name.clone(), parameter.shape.clone(), values))
        .collect();
    assert!(!found.is_empty());
    found
}

/// Bounds, mean and variance of U(−limit, limit), within five standard errors.
fn check_uniform(name: &str, values: &[f32], limit: f64) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let square = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / count;
    let variance = limit * limit / 3.0;
    // The variance of x² is E x⁴ − (E x²)² = limit⁴·(1/5 − 1/9).
    let of_square = limit.powi(4) * (1.0 / 5.0 - 1.0 / 9.0);
    assert!(
        mean.abs() < 5.0 * (variance / count).sqrt(),
        "{name}: mean {mean}"
    );
    assert!(
        (square - variance).abs() < 5.0 * (of_square / count).sqrt(),
        "{name}: variance {square}, expected {variance}"
    );
    let largest = values
        .iter()
        .fold(0.0f64, |m, &x| m.max(f64::from(x).abs()));
    assert!(largest <= limit * (1.0 + 1e-6), "{name}: {largest}");
}

#[test]
fn embedding_starts_uniform_within_a_twentieth() {
    let model = Variant::Baseline.model(VOCABULARY).unwrap();
    for (name, _, values) in values_of(&model, |i| matches!(i, Initialiser::Uniform { .. })) {
        check_uniform(&name, &values, 0.05);
    }
}

#[test]
fn kernels_start_glorot_uniform() {
    let model = Variant::Dropout.model(VOCABULARY).unwrap();
    let kernels = values_of(&model, |i| *i == Initialiser::GlorotUniform);
    assert_eq!(kernels.len(), 6);
    for (name, shape, values) in kernels {
        check_uniform(&name, &values, (6.0 / (shape[0] + shape[1]) as f64).sqrt());
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The rows of a row-major matrix, or its columns where these are fewer.
fn short_side(shape: &[usize], values: &[f32]) -> Vec<Vec<f64>> {
    let (rows, columns) = (shape[0], shape[1]);
    let at = |row: usize, column: usize| f64::from(values[row * columns + column]);
    if rows < columns {
        (0..rows)
            .map(|row| (0..columns).map(|column| at(row, column)).collect())
            .collect()
    } else {
        (0..columns)
            .map(|column| (0..rows).map(|row| at(row, column)).collect())
            .collect()
    }
}

fn check_orthonormal(name: &str, vectors: &[Vec<f64>]) {
    for (place, a) in vectors.iter().enumerate() {
        for b in &vectors[..place] {
            assert!(dot(a, b).abs() < 1e-6, "{name}: {}", dot(a, b));
        }
        assert!((dot(a, a) - 1.0).abs() < 1e-6, "{name}: {}", dot(a, a));
    }
}

#[test]
fn recurrent_kernels_start_with_orthonormal_rows() {
    let model = Variant::Dropout.model(VOCABULARY).unwrap();
    let kernels = values_of(&model, |i| *i == Initialiser::Orthogonal);
    assert_eq!(kernels.len(), 4);
    for (name, shape, values) in kernels {
        let vectors = short_side(&shape, &values);
        assert_eq!(vectors.len(), shape[0]);
        check_orthonormal(&name, &vectors);
    }
}

/// Q of A = Q·R with a positive diagonal of R is the only orthonormal basis whose vector i has no
/// part in the columns of A before i, and a positive one in column i.
#[test]
fn orthogonal_start_is_q_of_a_normal_matrix_with_positive_diagonal() {
    for shape in [[5, 20], [20, 5], [7, 7], [1, 4], [4, 1]] {
        let parameter = Parameter {
            name: format!("{shape:?}"),
            shape: shape.to_vec(),
            initialiser: Initialiser::Orthogonal,
        };
        let values = parameter.initial_values(&mut Philox::new(3, 3));
        let basis = short_side(&shape, &values);
        check_orthonormal(&parameter.name, &basis);

        let mut random = Philox::new(3, 3);
        let (long, short) = (shape[0].max(shape[1]), shape[0].min(shape[1]));
        for column in 0..short {
            let normal: Vec<f64> = (0..long).map(|_| random.normal()).collect();
            assert!(dot(&basis[column], &normal) > 0.0, "{shape:?}: {column}");
            for later in &basis[column + 1..] {
                assert!(dot(later, &normal).abs() < 1e-6, "{shape:?}: {column}");
            }
        }
    }
}

#[test]
fn biases_start_at_zero_but_for_the_forget_gate() {
    let model = Variant::Bidirectional.model(VOCABULARY).unwrap();
    for (name, _, values) in values_of(&model, |i| *i == Initialiser::UnitForgetBias) {
        let expected: Vec<f32> = [[0.0; 64], [1.0; 64], [0.0; 64], [0.0; 64]].concat();
        assert_eq!(values, expected, "{name}");
    }
    for (name, _, values) in values_of(&model, |i| *i == Initialiser::Zeros) {
        assert!(values.iter().all(|&value| value == 0.0), "{name}");
    }
}

#[test]
fn initial_values_depend_on_the_seed_and_differ_between_parameters() {
    let model = Variant::Bidirectional.model(50).unwrap();
    let first = initialise(&model, 1);
    assert_eq!(first, initialise(&model, 1));
    let other = initialise(&model, 2);
    let mut beginnings = HashSet::new();
    for ((parameter, one), two) in model.parameters().iter().zip(&first).zip(&other) {
        if !matches!(
            parameter.initialiser,
            Initialiser::Zeros | Initialiser::UnitForgetBias
        ) {
            assert_ne!(one, two, "{}", parameter.name);
            let signs: Vec<bool> = one.iter().take(64).map(|value| *value > 0.0).collect();
            assert!(
                beginnings.insert(signs),
                "{} starts as another parameter does",
                parameter.name
            );
        }
    }
}

// Files

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
            "line 1, column 8: model name: \"../x\" cannot",
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
