//! The order of a table, and how much of it is validated with: neither decides what a model is said to have learnt.

use crate::program::{VOCABULARY, Workplace};

/// A table of `rows` reviews of each class, the negative ones first.
fn sorted(rows: usize) -> String {
    let mut table = "text,label\n".to_string();
    for (label, word) in ["bad", "good"].iter().enumerate() {
        for row in 0..rows {
            table += &format!("{word} film {row} a long film,{label}\n");
        }
    }
    table
}

const MODEL: &str = "name = \"tiny\"\n[[layer]]\ntype = \"embedding\"\nwidth = 4\n[[layer]]\ntype = \"lstm\"\nunits = 4\n\
                     [[layer]]\ntype = \"dense\"\nunits = 1\nactivation = \"sigmoid\"\n";

fn history(place: &Workplace, run: &str) -> Vec<gatefold::train::EpochRecord> {
    gatefold::report::read_history(&place.path(run))
        .unwrap()
        .epochs
}

/// Sorted by label, through a small buffer, a model sees one class and then the other, and forgets the first.
#[test]
fn a_table_sorted_by_label_trains_as_well_as_any() {
    let place = Workplace::new();
    place.write("sorted.csv", sorted(600));
    place.write("test.csv", sorted(40));
    place.write("own.subwords", VOCABULARY);
    place.write("tiny.toml", MODEL);
    let train = "train --config tiny.toml --data sorted.csv --test-data test.csv --vocab own.subwords --epochs 1 \
                 --learning-rate 0.02";
    let run = |more: &str| {
        let line = format!("{train} {more}");
        place.run(line.split_whitespace())
    };
    let told = run("--out whole")
        .succeeds()
        .stderr
        .replace("\n          ", " ");
    assert!(told.contains("all shuffled together"), "{told}");
    assert!(
        told.contains("Validated with all 80 test reviews"),
        "{told}"
    );
    let config = std::fs::read_to_string(place.path("whole/config.toml")).unwrap();
    assert!(config.contains("shuffle_buffer = \"all\""), "{config}");
    assert!(config.contains("validation = \"all\""), "{config}");
    let whole = history(&place, "whole")[0].clone();
    assert_eq!(whole.val_accuracy, 1.0);

    let told = run("--shuffle-buffer 10 --out small")
        .succeeds()
        .stderr
        .clone();
    assert!(
        told.replace("\n          ", " ")
            .contains("through a buffer of 10"),
        "{told}"
    );
    let small = history(&place, "small")[0].clone();
    assert!(
        small.val_loss > 10.0 * whole.val_loss,
        "{small:?} {whole:?}"
    );
    place
        .run([
            "train",
            "--resume",
            "small",
            "--shuffle-buffer",
            "20",
            "--epochs",
            "2",
        ])
        .fails(2, &["--shuffle-buffer", "20 was given", "begun with 10"]);
}

/// The first test reviews are of one class here: a figure of them alone would say nothing.
#[test]
fn validation_takes_all_of_a_table_or_what_it_is_told() {
    let place = Workplace::new();
    place.write("train.csv", sorted(20));
    place.write("test.csv", sorted(40));
    place.write("own.subwords", VOCABULARY);
    place.write("tiny.toml", MODEL);
    let train = "train --config tiny.toml --data train.csv --test-data test.csv --vocab own.subwords --epochs 2 \
                 --learning-rate 1e-30";
    let mut losses = Vec::new();
    for (run, option, told) in [
        ("all", "", "all 80 test reviews"),
        (
            "drawn",
            "--validation 30",
            "30 of 80 test reviews, drawn anew",
        ),
        (
            "first",
            "--validation-steps 3",
            "30 of 80 test reviews, the first ones",
        ),
        ("many", "--validation 900", "all 80 test reviews"),
    ] {
        let line = format!("{train} --out {run} {option}");
        let outcome = place.run(line.split_whitespace());
        let stderr = outcome.succeeds().stderr.replace("\n          ", " ");
        assert!(stderr.contains(told), "{run}: {stderr}");
        let epochs = history(&place, run);
        losses.push([epochs[0].val_loss, epochs[1].val_loss]);
    }
    // Nothing is learnt, so only other reviews give another figure.
    let [all, drawn, first, many] = losses[..] else {
        panic!("{losses:?}");
    };
    assert!(all[0] == all[1] && first[0] == first[1], "{losses:?}");
    assert!(drawn[0] != drawn[1] && all[0] != first[0], "{losses:?}");
    // The same reviews in other batches are padded otherwise, which shows a little where padding is not masked.
    assert!((all[0] - many[0]).abs() < 1e-3, "{losses:?}");
    for (option, words) in [
        ("--validation 0", "1 review or more"),
        ("--validation some", "neither a number nor `all`"),
        ("--validation-steps 0", "1 batch or more"),
        ("--validation 3 --validation-steps 3", "cannot be used with"),
        ("--shuffle-buffer 0", "holds nothing"),
    ] {
        let line = format!("{train} --out none {option}");
        place.run(line.split_whitespace()).fails(2, &[words]);
    }
}
