//! The variants, and the tables that Keras prints.

use gatefold::model::{
    Bidirectional, Dense, Embedding, GlobalAveragePooling1D, Lstm, Model, Sequential, Variant,
};

use super::VOCABULARY;
use crate::support;

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

#[test]
fn a_frozen_embedding_is_counted_apart_as_keras_does_it() {
    let model = Sequential::new("sequential")
        .add(Embedding::new(8185, 64).frozen())
        .add(Lstm::new(64))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let summary = model.summary();
    let totals = "\
 Total params: 556,929 (2.12 MB)
 Trainable params: 33,089 (129.25 KB)
 Non-trainable params: 523,840 (2.00 MB)";
    assert!(summary.ends_with(totals), "{summary}");
}

/// A layer's name and class that do not fit Keras's first column.
fn pooled() -> Model {
    Sequential::new("pooled")
        .add(Embedding::new(50, 8))
        .add(Bidirectional::new(Lstm::new(8).return_sequences()))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

/// What does not fit the first column goes on below.
#[test]
fn summary_breaks_long_names_as_keras_does() {
    let table = pooled().summary();
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
fn summary_of_a_narrow_terminal_has_narrow_columns_then_none() {
    let model = pooled();
    let summary = model.summarise();
    assert_eq!(
        summary.within(60),
        "\
Model: \"pooled\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)                ┃ Output Shape     ┃ Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ embedding (Embedding)       │ (None, None, 8)  │     400 │
├─────────────────────────────┼──────────────────┼─────────┤
│ bidirectional               │ (None, None, 16) │   1,088 │
│ (Bidirectional)             │                  │         │
├─────────────────────────────┼──────────────────┼─────────┤
│ global_average_pooling1d    │ (None, 16)       │       0 │
│ (GlobalAveragePooling1D)    │                  │         │
├─────────────────────────────┼──────────────────┼─────────┤
│ dense (Dense)               │ (None, 1)        │      17 │
└─────────────────────────────┴──────────────────┴─────────┘
 Total params: 1,505 (5.88 KB)
 Trainable params: 1,505 (5.88 KB)
 Non-trainable params: 0 (0.00 B)"
    );
    assert_eq!(
        summary.within(40),
        "\
Model: \"pooled\"
 embedding (Embedding)
   (None, None, 8)  400
 bidirectional (Bidirectional)
   (None, None, 16)  1,088
 global_average_pooling1d
 (GlobalAveragePooling1D)
   (None, 16)  0
 dense (Dense)
   (None, 1)  17
 Total params: 1,505 (5.88 KB)
 Trainable params: 1,505 (5.88 KB)
 Non-trainable params: 0 (0.00 B)"
    );
    for columns in 40..78 {
        let table = summary.within(columns);
        let widest = table.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{columns}:\n{table}");
    }
    for columns in [78, 80, 1000] {
        assert_eq!(summary.within(columns), model.summary());
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
