//! `model.safetensors`, as a run leaves it.

use std::fs;

use gatefold::model::{Dense, Embedding, Lstm, Sequential, Variant, initialise};
use gatefold::train::Weights;

use crate::program::Workplace;

fn weights() -> Weights {
    let model = Variant::Dropout.model(300).unwrap();
    Weights {
        parameters: initialise(&model, 3),
        model,
        vocabulary_sha256: "ab".repeat(32),
        vocabulary_size: 300,
    }
}

#[test]
fn a_run_leaves_trained_parameters_by_name() {
    let place = Workplace::new();
    place.tiny_run("bidirectional", &[]);
    let weights = Weights::load(&place.path("run/model.safetensors")).unwrap();
    let demo = gatefold::data::demo().unwrap();
    assert_eq!(
        weights.model,
        Variant::Bidirectional
            .model(demo.vocabulary.size())
            .unwrap()
    );
    assert_eq!(weights.vocabulary_sha256, demo.vocabulary.sha256());
    let initial = initialise(&weights.model, 0);
    for ((parameter, now), before) in weights
        .model
        .parameters()
        .iter()
        .zip(&weights.parameters)
        .zip(&initial)
    {
        assert_eq!(now.len(), before.len());
        assert!(now.iter().all(|value| value.is_finite()));
        assert_ne!(now, before, "{} was not trained", parameter.name);
    }
    let bytes = fs::read(place.path("run/model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(
        tensors.tensor("embedding.embeddings").unwrap().shape(),
        [demo.vocabulary.size(), 64]
    );
}

#[test]
fn what_is_written_is_read() {
    let place = Workplace::new();
    let path = place.write("w", weights().to_bytes().unwrap());
    assert_eq!(Weights::load(&path).unwrap(), weights());
    assert_eq!(weights().to_bytes().unwrap(), weights().to_bytes().unwrap());
}

#[test]
fn parameters_of_another_model_are_refused() {
    let mut short = weights();
    short.parameters[2].pop();
    let name = short.model.parameters()[2].name.clone();
    assert!(short.to_bytes().unwrap_err().to_string().contains(&name));
    short.parameters.pop();
    assert!(
        short
            .to_bytes()
            .unwrap_err()
            .to_string()
            .contains("tensors")
    );
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let place = Workplace::new();
    for (index, at, value, words) in [
        (
            0,
            64 * 7 + 3,
            f32::NAN,
            ["embedding.embeddings", "NaN at [7, 3]"],
        ),
        (3, 0, f32::INFINITY, ["bias", "inf at [0]"]),
    ] {
        let mut broken = weights();
        broken.parameters[index][at] = value;
        let name = broken.model.parameters()[index].name.clone();
        let path = place.write("weights.safetensors", broken.to_bytes().unwrap());
        let message = Weights::load(&path).unwrap_err().to_string();
        for word in [&["weights.safetensors", &name, "earlier copy"], &words[..]].concat() {
            assert!(message.contains(word), "no `{word}` in {message}");
        }
    }
}

/// A file as earlier versions wrote it. The header stays as long as it was.
fn without_checksum(bytes: &[u8]) -> Vec<u8> {
    let (before, after) = (br#"\"sha256\":\""#, br#"\","#);
    let mut parts = bytes.windows(before.len());
    let start = parts.position(|part| part == before).unwrap();
    let end = start + before.len() + 64 + after.len();
    let (length, _) = bytes.split_first_chunk().unwrap();
    let header = 8 + u64::from_le_bytes(*length) as usize;
    let spaces = vec![b' '; end - start];
    [
        &bytes[..start],
        &bytes[end..header],
        &spaces,
        &bytes[header..],
    ]
    .concat()
}

#[test]
fn a_file_without_a_checksum_is_read() {
    let place = Workplace::new();
    let bytes = without_checksum(&weights().to_bytes().unwrap());
    let path = place.write("w", bytes);
    assert_eq!(Weights::load(&path).unwrap(), weights());
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let place = Workplace::new();
    let stack = Sequential::new("small").add(Embedding::new(5, 2));
    let stack = stack.add(Lstm::new(2)).add(Dense::new(1).sigmoid());
    let model = stack.build().unwrap();
    let weights = Weights {
        parameters: initialise(&model, 3),
        model,
        vocabulary_sha256: "ab".repeat(32),
        vocabulary_size: 5,
    };
    let whole = weights.to_bytes().unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let path = place.write("weights.safetensors", bytes);
        assert!(Weights::load(&path).is_err(), "byte {at}");
    }
    // Of the last byte nothing but the checksum can tell.
    let mut bytes = whole.clone();
    *bytes.last_mut().unwrap() ^= 1;
    let path = place.write("weights.safetensors", bytes);
    let error = Weights::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("changed") && error.contains("SHA-256"),
        "{error}"
    );
}

#[test]
fn damaged_files_are_named_with_the_tensor() {
    let place = Workplace::new();
    let whole = without_checksum(&weights().to_bytes().unwrap());
    let refused = |bytes: &[u8], words: &[&str]| {
        let path = place.write("weights.safetensors", bytes);
        let message = Weights::load(&path).unwrap_err().to_string();
        for word in [&["weights.safetensors"], words].concat() {
            assert!(message.contains(word), "no `{word}` in {message}");
        }
    };
    refused(&whole[..whole.len() - 1], &["no whole safetensors file"]);
    refused(b"{}", &["no whole safetensors file"]);
    let foreign =
        safetensors::serialize::<&str, safetensors::tensor::TensorView, _>([], None).unwrap();
    refused(&foreign, &["metadata", "gatefold"]);
    // Same length, so that the header's own length stays right.
    let edited = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let start = whole
            .windows(from.len())
            .position(|part| part == from.as_bytes())
            .unwrap();
        let mut bytes = whole.clone();
        bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    refused(
        &edited("\"dense_1.bias\"", "\"dense_9.bias\""),
        &["dense_9.bias", "no parameter"],
    );
    refused(
        &edited("\"shape\":[300,64]", "\"shape\":[64,300]"),
        &["embedding.embeddings", "[300, 64]", "[64, 300]"],
    );
    refused(
        &edited("\\\"format\\\":1", "\\\"format\\\":2"),
        &["format 2", "format 1"],
    );
}
