//! History files: round trips, damage, and writing whole or not at all.

use std::fs;
use std::path::Path;

use gatefold::report::{self, write_atomically};
use gatefold::train::{EpochRecord, LayerNorm};
use proptest::prelude::*;

use super::{any_history, history, learning, names_in};

fn same_bits(a: &EpochRecord, b: &EpochRecord) -> bool {
    let figures = |record: &EpochRecord| {
        let norms = record.layer_gradient_norms.iter();
        let of_layers = norms.flat_map(|norm| [norm.mean, norm.max]);
        let figures = [
            record.loss,
            record.accuracy,
            record.val_loss,
            record.val_accuracy,
            record.learning_rate,
            record.gradient_norm.unwrap_or(-1.5),
            record.gradient_norm_max.unwrap_or(-1.5),
        ];
        figures.into_iter().chain(of_layers).collect::<Vec<f64>>()
    };
    let layers = |record: &EpochRecord| {
        let norms = record.layer_gradient_norms.iter();
        norms.map(|norm| norm.layer.clone()).collect::<Vec<_>>()
    };
    let mut pairs = figures(a).into_iter().zip(figures(b));
    a.epoch == b.epoch
        && layers(a) == layers(b)
        && pairs.all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

proptest! {
    #[test]
    fn csv_gives_back_every_bit(history in any_history()) {
        let bytes = report::to_csv(&history.epochs).unwrap();
        let read = report::from_csv(Path::new("history.csv"), &bytes).unwrap();
        prop_assert_eq!(read.len(), history.epochs.len());
        prop_assert!(read.iter().zip(&history.epochs).all(|(a, b)| same_bits(a, b)));
    }

    #[test]
    fn json_gives_back_every_bit(history in any_history()) {
        let bytes = report::to_json(&history).unwrap();
        let read = report::from_json(Path::new("history.json"), &bytes).unwrap();
        prop_assert_eq!(&read.variant, &history.variant);
        prop_assert_eq!(read.parameters, history.parameters);
        prop_assert_eq!(read.epochs.len(), history.epochs.len());
        prop_assert!(read.epochs.iter().zip(&history.epochs).all(|(a, b)| same_bits(a, b)));
    }
}

#[test]
fn csv_has_keras_names_and_shortest_digits() {
    let history = history(
        "baseline",
        &[[std::f64::consts::LN_2, 0.5, f64::NAN, 0.1 + 0.2]],
    );
    let text = String::from_utf8(report::to_csv(&history.epochs).unwrap()).unwrap();
    assert_eq!(
        text,
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n\
         1,0.6931471805599453,0.5,NaN,0.30000000000000004,0.0001\n"
    );
}

#[test]
fn json_is_a_list_for_each_of_keras_names() {
    let bytes = report::to_json(&learning()).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["variant"], "bidirectional");
    assert_eq!(value["epoch"], serde_json::json!([1, 2, 3, 4, 5]));
    assert_eq!(
        value["history"]["val_loss"],
        serde_json::json!([0.36, 0.31, 0.31, 0.35, 0.39])
    );
    let names: Vec<&String> = value["history"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn norms_have_columns_where_they_were_measured() {
    let mut history = history("baseline", &[[0.7, 0.5, 0.6, 0.5], [0.6, 0.6, 0.5, 0.6]]);
    history.epochs[1].gradient_norm = Some(0.25);
    history.epochs[1].gradient_norm_max = Some(1.5);
    let text = String::from_utf8(report::to_csv(&history.epochs).unwrap()).unwrap();
    assert_eq!(
        text,
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,gradient_norm,gradient_norm_max\n\
         1,0.7,0.5,0.6,0.5,0.0001,,\n\
         2,0.6,0.6,0.5,0.6,0.0001,0.25,1.5\n"
    );
    let bytes = report::to_json(&history).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let expected = serde_json::json!([null, 1.5]);
    assert_eq!(value["history"]["gradient_norm_max"], expected);
    let short = String::from_utf8(bytes).unwrap().replace("null,", "");
    let error = report::from_json(Path::new("history.json"), short.as_bytes()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("history.gradient_norm: 1 values for 2 epochs"),
        "{error}"
    );
}

#[test]
fn norms_of_layers_have_columns_where_they_were_measured() {
    let mut history = history("baseline", &[[0.7, 0.5, 0.6, 0.5], [0.6, 0.6, 0.5, 0.6]]);
    history.epochs[1].layer_gradient_norms = vec![LayerNorm {
        layer: "dense".into(),
        mean: 0.25,
        max: 1.5,
    }];
    let text = String::from_utf8(report::to_csv(&history.epochs).unwrap()).unwrap();
    assert_eq!(
        text,
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,gradient_norm/dense,gradient_norm_max/dense\n\
         1,0.7,0.5,0.6,0.5,0.0001,,\n\
         2,0.6,0.6,0.5,0.6,0.0001,0.25,1.5\n"
    );
    let wrong = text.replace("0.25", "much");
    let error = report::from_csv(Path::new("history.csv"), wrong.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
    let bytes = report::to_json(&history).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let expected =
        serde_json::json!([{"layer": "dense", "mean": [null, 0.25], "max": [null, 1.5]}]);
    assert_eq!(value["layer_gradient_norms"], expected);
    let short = String::from_utf8(bytes).unwrap().replace("null,", "");
    let error = report::from_json(Path::new("history.json"), short.as_bytes()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("mean of dense: 1 values for 2 epochs"),
        "{error}"
    );
}

#[test]
fn times_leave_no_trace_in_the_history_files() {
    let quick = learning();
    let mut slow = quick.clone();
    for record in &mut slow.epochs {
        record.seconds *= 7.0;
    }
    assert_eq!(
        report::to_csv(&quick.epochs).unwrap(),
        report::to_csv(&slow.epochs).unwrap()
    );
    assert_eq!(
        report::to_json(&quick).unwrap(),
        report::to_json(&slow).unwrap()
    );
}

#[test]
fn a_damaged_csv_is_told_with_its_line() {
    let header = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n";
    let cases = [
        (String::new(), "line 1", "cut short"),
        (
            format!("{header}1,0.5,0.5,0.5,0.5,0.0001\n2,0.4,0.6"),
            "line 3",
            "cut short",
        ),
        (
            format!("{header}1,0.5,0.5,0.5,0.5,0.0001\n2,0.4,0.6\n"),
            "line 3",
            "3 fields where the header has 6",
        ),
        (
            format!("{header}1,0.5,high,0.5,0.5,0.0001\n"),
            "line 2",
            "column accuracy",
        ),
        (
            format!("{header}2,0.5,0.5,0.5,0.5,1\n2,0.5,0.5,0.5,0.5,1\n"),
            "record 2",
            "epoch 2 where 3",
        ),
        (
            format!("{header}0,0.5,0.5,0.5,0.5,1\n"),
            "record 1",
            "epoch 0 where 1",
        ),
        (
            "epoch,loss\n1,0.5\n".to_owned(),
            "line 1",
            "no column accuracy",
        ),
    ];
    for (text, place, problem) in cases {
        let error = report::from_csv(Path::new("run/history.csv"), text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("run/history.csv: {place}: ")) && error.contains(problem),
            "{text:?} gave {error:?}"
        );
    }
}

#[test]
fn a_column_more_or_elsewhere_does_no_harm() {
    let text = "note,val_accuracy,val_loss,learning_rate,accuracy,loss,epoch\nhello,0.5,0.4,0.001,0.3,0.2,1\n";
    let read = report::from_csv(Path::new("history.csv"), text.as_bytes()).unwrap();
    assert_eq!((read[0].loss, read[0].val_accuracy), (0.2, 0.5));
}

#[test]
fn a_damaged_json_is_told_with_its_place() {
    let whole = String::from_utf8(report::to_json(&learning()).unwrap()).unwrap();
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "line ", "EOF"),
        (
            whole.replace("0.31", "\"low\""),
            "line ",
            "expected a number",
        ),
        (
            whole.replace("val_loss", "loss_val"),
            "line ",
            "missing field `val_loss`",
        ),
        (
            whole.replace("0.12", "0.12, 0.1"),
            "history.loss: ",
            "6 values for 5 epochs",
        ),
        (
            whole.replace("    3,", "    9,"),
            "epoch: ",
            "count upwards",
        ),
        (String::new(), "line ", "EOF"),
    ];
    for (text, place, problem) in cases {
        let error = report::from_json(Path::new("run/history.json"), text.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("run/history.json: {place}")) && error.contains(problem),
            "{error:?} does not tell {place:?}, {problem:?}"
        );
    }
}

#[test]
fn a_run_folder_is_read_from_json_or_else_from_csv() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("dropout");
    fs::create_dir(&run).unwrap();
    let error = report::read_history(&run).unwrap_err().to_string();
    assert!(
        error.contains("dropout") && error.contains("neither history.json nor history.csv"),
        "{error}"
    );

    report::write_history(&run, &learning()).unwrap();
    let read = report::read_history(&run).unwrap();
    assert_eq!(
        (read.variant.as_str(), read.parameters),
        ("bidirectional", Some(561_089))
    );

    fs::remove_file(run.join("history.json")).unwrap();
    let read = report::read_history(&run).unwrap();
    assert_eq!(
        (read.variant.as_str(), read.parameters, read.epochs.len()),
        ("dropout", None, 5)
    );
}

#[test]
fn an_atomic_write_replaces_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    write_atomically(&path, b"a longer first content").unwrap();
    write_atomically(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(names_in(folder.path()), ["history.csv"]);
}

#[test]
fn a_failed_write_leaves_what_stood_there_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    // A folder with something in it cannot be renamed over, on any system and for any user.
    let path = folder.path().join("history.csv");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), b"old").unwrap();
    let error = write_atomically(&path, b"new").unwrap_err().to_string();
    assert!(
        error.contains("history.csv: cannot be written: "),
        "{error}"
    );
    assert_eq!(fs::read(path.join("inside")).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["history.csv"]);

    let nowhere = folder.path().join("no such folder").join("history.csv");
    let error = write_atomically(&nowhere, b"new").unwrap_err().to_string();
    assert!(
        error.contains("no such folder") && error.contains("cannot be written"),
        "{error}"
    );
    assert_eq!(names_in(folder.path()), ["history.csv"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_keeps_its_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    fs::write(&path, b"old").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let written = write_atomically(&path, b"new");
    let user_may_anything = fs::write(folder.path().join("probe"), b"").is_ok();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if user_may_anything {
        eprintln!("SKIPPED: this user may write to a read-only folder");
        return;
    }
    assert!(
        written
            .unwrap_err()
            .to_string()
            .contains("cannot be written")
    );
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["history.csv"]);
}
