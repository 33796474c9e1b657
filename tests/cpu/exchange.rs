//! Weights in other programs' formats, read back by other readers.

use gatefold::exchange::{
    load_parameters, to_keras_archive, to_keras_weights, to_onnx, to_safetensors, variable_paths,
};
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalMaxPooling1D, LayerKind,
    LayerNormalization, Lstm, Model, Sequential, Variant, initialise,
};
use gatefold::train::Weights;

mod keras_archive;
mod keras_models;
mod keras_refusals;

fn weights(model: Model) -> Weights {
    Weights {
        parameters: initialise(&model, 3),
        vocabulary_size: model.embedding().vocabulary,
        model,
        vocabulary_sha256: "ab".repeat(32),
    }
}

/// Every kind of layer, and recurrent ones in an order in which Keras's numbers part from gatefold's.
fn mixed() -> Model {
    Sequential::new("mixed")
        .add(Embedding::new(50, 6))
        .add(Dropout::new(0.5))
        .add(Bidirectional::new(Lstm::new(5).return_sequences()))
        .add(Lstm::new(4))
        .add(Dense::new(3).relu())
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

#[test]
fn layers_in_a_bidirectional_count_among_the_others() {
    let paths = variable_paths(&mixed());
    assert_eq!(paths.len(), mixed().parameters().len());
    assert_eq!(paths[4], "bidirectional/backward_lstm/lstm_cell/kernel");
    assert_eq!(paths[7], "lstm_1/lstm_cell/kernel");
    assert_eq!(paths[13], "dense_1/bias");
}

#[test]
fn safetensors_hold_every_parameter_and_no_more() {
    for model in [mixed(), Variant::Dropout.model(300).unwrap()] {
        let weights = weights(model);
        let bytes = to_safetensors(&weights).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.len(), weights.parameters.len());
        let named = variable_paths(&weights.model).into_iter();
        let parameters = weights.model.parameters().iter().zip(&weights.parameters);
        for (path, (parameter, values)) in named.zip(parameters) {
            let tensor = tensors.tensor(&path).unwrap();
            assert_eq!(tensor.shape(), parameter.shape);
            assert_eq!(
                tensor.data(),
                bytemuck::cast_slice::<f32, u8>(values),
                "{path}"
            );
        }
        assert_eq!(to_safetensors(&weights).unwrap(), bytes);
    }
}

#[test]
fn keras_s_groups_hold_every_parameter() {
    let weights = weights(mixed());
    let bytes = to_keras_weights(&weights).unwrap();
    assert_eq!(to_keras_weights(&weights).unwrap(), bytes);
    let file = hdf5_pure::File::from_bytes(bytes).unwrap();
    let places = [
        ("embedding.embeddings", "embedding/vars/0"),
        (
            "bidirectional.forward.kernel",
            "bidirectional/forward_layer/cell/vars/0",
        ),
        (
            "bidirectional.backward.recurrent_kernel",
            "bidirectional/backward_layer/cell/vars/1",
        ),
        (
            "bidirectional.backward.bias",
            "bidirectional/backward_layer/cell/vars/2",
        ),
        ("lstm.recurrent_kernel", "lstm/cell/vars/1"),
        ("dense.bias", "dense/vars/1"),
        ("dense_1.kernel", "dense_1/vars/0"),
    ];
    for (name, place) in places {
        let index = weights
            .model
            .parameters()
            .iter()
            .position(|p| p.name == name);
        let index = index.unwrap_or_else(|| panic!("no {name}"));
        let dataset = file.dataset(&format!("layers/{place}")).unwrap();
        let shape: Vec<usize> = dataset
            .shape()
            .unwrap()
            .iter()
            .map(|&n| n as usize)
            .collect();
        assert_eq!(shape, weights.model.parameters()[index].shape, "{name}");
        assert_eq!(
            dataset.read_f32().unwrap(),
            weights.parameters[index],
            "{name}"
        );
    }
    // Keras looks into the groups of layers without variables as well.
    for group in [
        "vars",
        "layers/dropout/vars",
        "layers/lstm/vars",
        "layers/bidirectional/vars",
    ] {
        assert!(file.group(group).is_ok(), "{group}");
    }
}

/// A normalisation of every position, a pooling, and three classes.
fn pooled(pooling: impl Into<LayerKind>) -> Model {
    Sequential::new("pooled")
        .add(Embedding::new(50, 6))
        .add(LayerNormalization::new())
        .add(pooling)
        .add(Dense::new(3).softmax())
        .build()
        .unwrap()
}

/// Different values for every tensor, so that none can stand for another.
fn told_apart(model: Model) -> Weights {
    let mut weights = weights(model);
    for (tensor, n) in weights.parameters.iter_mut().zip(1u8..) {
        tensor.fill(f32::from(n));
    }
    weights
}

#[test]
fn normalisation_and_pooling_come_back_from_every_file_that_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights");
    let expected = told_apart(pooled(GlobalMaxPooling1D::new()));
    let bytes = to_keras_weights(&expected).unwrap();
    let hdf5 = hdf5_pure::File::from_bytes(bytes.clone()).unwrap();
    for (place, value) in [("vars/0", 2.0), ("vars/1", 3.0)] {
        let place = format!("layers/layer_normalization/{place}");
        let found = hdf5.dataset(&place).unwrap().read_f32().unwrap();
        assert_eq!(found, [value; 6], "{place}");
    }
    assert!(hdf5.group("layers/global_max_pooling1d/vars").is_ok());
    std::fs::write(&file, bytes).unwrap();
    let found = load_parameters(&file, &expected.model).unwrap();
    assert_eq!(found, expected.parameters);

    let expected = told_apart(pooled(AttentionPooling::new(4)));
    let paths = variable_paths(&expected.model);
    assert_eq!(
        paths[1..6],
        [
            "layer_normalization/gamma",
            "layer_normalization/beta",
            "attention_pooling/kernel",
            "attention_pooling/bias",
            "attention_pooling/context",
        ]
    );
    std::fs::write(&file, to_safetensors(&expected).unwrap()).unwrap();
    let found = load_parameters(&file, &expected.model).unwrap();
    assert_eq!(found, expected.parameters);
}

#[test]
fn layers_that_a_format_has_not_are_refused_by_name() {
    #[track_caller]
    fn refused<T: std::fmt::Debug>(result: gatefold::Result<T>, layer: &str) {
        let problem = result.unwrap_err().to_string();
        assert!(problem.contains(layer), "{problem}");
        assert!(problem.contains("safetensors"), "{problem}");
    }
    let attention = weights(pooled(AttentionPooling::new(4)));
    refused(to_keras_weights(&attention), "attention_pooling");
    refused(to_keras_archive(&attention), "attention_pooling");
    let archive = to_keras_archive(&attention).unwrap_err().to_string();
    assert!(archive.contains("ONNX"), "{archive}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.weights.h5");
    let other = weights(pooled(GlobalMaxPooling1D::new()));
    std::fs::write(&file, to_keras_weights(&other).unwrap()).unwrap();
    refused(
        load_parameters(&file, &attention.model),
        "attention_pooling",
    );
}

#[test]
fn a_run_s_own_file_is_taken_only_as_it_was_written() {
    let weights = weights(mixed());
    let whole = weights.to_bytes().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(
        load_parameters(&file, &weights.model).unwrap(),
        weights.parameters
    );
    let (length, _) = whole.split_first_chunk().unwrap();
    let header = 8 + u64::from_le_bytes(*length) as usize;
    // The least of a number's bits, which leaves it a number.
    for at in (header..whole.len()).step_by(4) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let refused = load_parameters(&file, &weights.model)
            .unwrap_err()
            .to_string();
        for word in ["model.safetensors", "changed", "SHA-256"] {
            assert!(refused.contains(word), "byte {at}: {refused}");
        }
    }
    // What others wrote has none.
    std::fs::write(&file, to_safetensors(&weights).unwrap()).unwrap();
    assert_eq!(
        load_parameters(&file, &weights.model).unwrap(),
        weights.parameters
    );
}

#[test]
fn an_onnx_graph_ends_in_the_softmax_of_its_classes() {
    let model = Sequential::new("classes")
        .add(Embedding::new(50, 6))
        .add(Lstm::new(4))
        .add(Dense::new(3).softmax())
        .build()
        .unwrap();
    let bytes = to_onnx(&weights(model)).unwrap();
    let holds = |word: &str| {
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    assert!(holds("Softmax") && holds("the probability of each class"));
    assert!(!holds("Sigmoid"));
}

#[test]
fn an_onnx_graph_has_an_operator_a_layer() {
    let weights = weights(mixed());
    let bytes = to_onnx(&weights).unwrap();
    assert_eq!(to_onnx(&weights).unwrap(), bytes);
    let count = |word: &str| {
        bytes
            .windows(word.len())
            .filter(|part| *part == word.as_bytes())
            .count()
    };
    for word in [
        "ids",
        "probability",
        "batch",
        "length",
        "bidirectional/W",
        "lstm/R",
        "Gather",
    ] {
        assert!(count(word) > 0, "no {word}");
    }
    assert_eq!(count("ReduceSum"), 0, "masks what is not to be masked");
    let mut masked = weights;
    masked.model = Sequential::new("masked")
        .add(Embedding::new(50, 6).mask_zero())
        .add(Lstm::new(4))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    masked.parameters = initialise(&masked.model, 3);
    let bytes = to_onnx(&masked).unwrap();
    assert!(bytes.windows(9).any(|part| part == b"ReduceSum"));
}

#[test]
fn parameters_of_another_model_are_refused() {
    let mut short = weights(mixed());
    short.parameters[2].pop();
    let name = short.model.parameters()[2].name.clone();
    let refused = |weights: &Weights| {
        [
            to_safetensors(weights),
            to_keras_weights(weights),
            to_keras_archive(weights),
            to_onnx(weights),
        ]
        .map(|result| result.unwrap_err().to_string())
    };
    assert!(
        refused(&short)
            .iter()
            .all(|problem| problem.contains(&name))
    );
    short.parameters.pop();
    assert!(
        refused(&short)
            .iter()
            .all(|problem| problem.contains("parameters"))
    );
}

#[test]
fn numbers_that_are_not_finite_are_refused_with_their_place() {
    let mut broken = weights(mixed());
    broken.parameters[0][9] = f32::NAN;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken");
    for bytes in [
        to_safetensors(&broken).unwrap(),
        to_keras_weights(&broken).unwrap(),
        to_keras_archive(&broken).unwrap(),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let error = load_parameters(&file, &broken.model).unwrap_err();
        let place = "embedding.embeddings: NaN at [1, 3]";
        assert!(error.to_string().contains(place), "{error}");
    }
}

/// As many numbers as the model has, but in another shape.
#[test]
fn a_parameter_of_another_shape_in_a_keras_file_is_refused() {
    let model = |rows: usize, width: usize| {
        Sequential::new("small")
            .add(Embedding::new(rows, width))
            .add(GlobalMaxPooling1D::new())
            .add(Dense::new(1).sigmoid())
            .build()
            .unwrap()
    };
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.weights.h5");
    let written = weights(model(60, 4));
    std::fs::write(&path, to_keras_weights(&written).unwrap()).unwrap();
    let read = load_parameters(&path, &written.model).unwrap();
    assert_eq!(read, written.parameters);
    let error = load_parameters(&path, &model(40, 6)).unwrap_err();
    for words in ["layers/embedding/vars/0", "[40, 6]", "[60, 4]"] {
        assert!(error.to_string().contains(words), "no `{words}` in {error}");
    }
}
