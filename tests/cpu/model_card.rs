//! Model cards: what others read from their front, and what they say of each kind of result.

use gatefold::data::Source;
use gatefold::model::{ModelDescription, Variant};
use gatefold::run::{ExportedFile, ParametersFrom, RunSpec, model_card};
use gatefold::train::{EpochRecord, Monitor};

/// A baseline on 100 validation texts of two classes.
fn spec() -> RunSpec {
    let mut spec = RunSpec::new(&Source::Demo);
    spec.data.name = "notes: \"b\"".to_owned();
    spec.data.synthetic = false;
    spec.data.train_reviews = Some(2_000);
    spec.data.test_reviews = Some(100);
    spec.model = Some(ModelDescription::of(&Variant::Baseline.model(50).unwrap()));
    spec
}

fn epoch(epoch: usize, val_loss: f64, val_accuracy: f64) -> EpochRecord {
    EpochRecord {
        epoch,
        val_loss,
        val_accuracy,
        ..EpochRecord::default()
    }
}

/// The second epoch has the least loss, the third the last word.
fn history() -> Vec<EpochRecord> {
    vec![epoch(1, 0.7, 0.5), epoch(2, 0.375, 0.8), epoch(3, 0.5, 0.9)]
}

fn card(spec: &RunSpec, parameters: &ParametersFrom) -> String {
    model_card(spec, &history(), parameters, None).unwrap()
}

#[test]
fn the_front_is_whole() {
    let card = card(&spec(), &ParametersFrom::Result);
    let front = card.strip_prefix("---\n").unwrap().split_once("\n---\n");
    let expected = "\
library_name: gatefold
pipeline_tag: text-classification
tags:
- text-classification
- gatefold
metrics:
- accuracy
model-index:
- name: \"baseline\"
  results:
  - task:
      type: text-classification
      name: Text Classification
    dataset:
      type: \"notes-b\"
      name: \"notes: \\\"b\\\"\"
      split: validation
    metrics:
    - type: accuracy
      name: Accuracy
      value: 0.9
    - type: loss
      name: Cross-entropy
      value: 0.5";
    assert_eq!(front.unwrap().0, expected);
}

/// Wilson's interval of 90 of 100, and of 80 of 100, worked out by hand with z = 1.96.
#[test]
fn the_uncertainty_is_that_of_the_texts_it_was_measured_on() {
    let last = card(&spec(), &ParametersFrom::Result);
    for words in [
        "Of the parameters after epoch 3, the last:",
        "| accuracy | 90.0 % | 82.6 % to 94.5 % |",
        "| loss (cross-entropy) | 0.5000 | |",
        "Measured on all 100 validation texts.",
    ] {
        assert!(last.contains(words), "no {words} in {last}");
    }
    assert!(!last.contains("a little too good"), "{last}");
    // 3 batches of 10 are 30 of them: 27 right.
    let mut some = spec();
    let training = some.training.as_mut().unwrap();
    (training.validation, training.validation_steps) = (None, Some(3));
    training.batch_size = 10;
    let some = card(&some, &ParametersFrom::Result);
    for words in [
        "| accuracy | 90.0 % | 74.4 % to 96.5 % |",
        "Measured on 30 of 100 validation texts.",
    ] {
        assert!(some.contains(words), "no {words} in {some}");
    }
}

#[test]
fn a_chosen_epoch_says_so() {
    let best = ParametersFrom::Best(Some(2));
    let mut stopping = spec();
    stopping.callbacks.as_mut().unwrap().early_stopping = Some(1);
    for (spec, parameters) in [(spec(), &best), (stopping, &ParametersFrom::Result)] {
        let card = card(&spec, parameters);
        for words in [
            "after epoch 2 of 3, which had the best val_loss:",
            "| accuracy | 80.0 % | 71.1 % to 86.7 % |",
            "      value: 0.375",
            "a little too good",
        ] {
            assert!(card.contains(words), "no {words} in {card}");
        }
    }
    let mut by_accuracy = spec();
    by_accuracy.callbacks.as_mut().unwrap().monitor = Monitor::ValAccuracy;
    let card = card(&by_accuracy, &ParametersFrom::Best(Some(3)));
    assert!(
        card.contains("after epoch 3 of 3, which had the best val_accuracy:"),
        "{card}"
    );
}

/// A checkpoint was measured by nobody: there is no number in the front either.
#[test]
fn what_was_not_measured_is_not_told() {
    let position = ParametersFrom::Checkpoint(Box::default());
    let card = card(&spec(), &position);
    assert!(
        card.contains("Nothing is known of how good it is."),
        "{card}"
    );
    assert!(
        !card.contains("model-index") && !card.contains("metrics:"),
        "{card}"
    );
    assert!(
        !card.contains("value:") && card.contains("- gatefold\n---\n"),
        "{card}"
    );
}

#[test]
fn a_card_says_how_its_file_is_read_and_which_class_is_which() {
    for (file, words) in [
        (
            ExportedFile::Safetensors("m.safetensors"),
            "safetensors.numpy.load_file(\"m.safetensors\")",
        ),
        (
            ExportedFile::Keras("m.keras"),
            "keras.models.load_model(\"m.keras\")",
        ),
        (
            ExportedFile::KerasWeights("m.weights.h5"),
            "model.load_weights(\"m.weights.h5\")",
        ),
        (
            ExportedFile::Onnx("m.onnx"),
            "onnxruntime.InferenceSession(\"m.onnx\")",
        ),
    ] {
        let card = model_card(&spec(), &history(), &ParametersFrom::Result, Some(file)).unwrap();
        for words in [words, "where there is but one, it is that of positive."] {
            assert!(card.contains(words), "no {words} in {card}");
        }
        assert!(!card.contains("gatefold predict . "), "{card}");
    }
    let card = card(&spec(), &ParametersFrom::Result);
    for words in [
        "tells texts of 2 classes apart: negative, positive. It has ",
        "| Texts to train on | 2,000 |",
        "| Texts to validate with | 100 |",
        "gatefold predict . ",
        "does not mask padding",
    ] {
        assert!(card.contains(words), "no {words} in {card}");
    }
    assert!(!card.contains("made up"), "{card}");
}
