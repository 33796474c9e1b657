//! Wrong usage: rejected before any work, exit code 2, and nothing left behind.

use crate::program::Workplace;

/// Fails unless `arguments` are refused as usage with `words`, and nothing is written.
#[track_caller]
fn refused(arguments: &[&str], words: &[&str]) {
    let place = Workplace::new();
    // Without a driver, so that a device that is opened all the same shows as another error.
    let mut command = place.command();
    command
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("WGPU_BACKEND", "vulkan");
    crate::program::Outcome::of(command.args(arguments)).fails(2, words);
    assert!(place.names().is_empty(), "left behind: {:?}", place.names());
}

#[test]
fn nonsense_numbers() {
    for command in [&["compare"][..], &["train", "baseline"]] {
        for (option, value, words) in [
            ("--batch-size", "0", &["--batch-size", "at least 1"][..]),
            ("--batch-size", "-1", &["--batch-size", "-1"]),
            ("--epochs", "0", &["--epochs", "1 or more"]),
            ("--epochs", "many", &["--epochs", "many"]),
            (
                "--learning-rate",
                "-1",
                &["--learning-rate", "-1", "above 0"],
            ),
            ("--learning-rate", "0", &["--learning-rate", "above 0"]),
            (
                "--learning-rate",
                "NaN",
                &["--learning-rate", "NaN", "above 0"],
            ),
            (
                "--learning-rate",
                "inf",
                &["--learning-rate", "inf", "above 0"],
            ),
            ("--clip-norm", "0", &["--clip-norm", "above 0"]),
            ("--weight-decay", "0", &["--weight-decay", "above 0"]),
            ("--weight-decay", "-1", &["--weight-decay", "-1", "above 0"]),
            (
                "--momentum",
                "0.9",
                &["--momentum", "adam", "sgd or rmsprop"],
            ),
            (
                "--optimiser",
                "adagrad",
                &["adagrad", "adam, adamw, sgd, rmsprop"],
            ),
            ("--clip-norm", "-2", &["--clip-norm", "-2", "above 0"]),
            ("--clip-norm", "NaN", &["--clip-norm", "above 0"]),
            ("--checkpoint-steps", "-1", &["--checkpoint-steps", "-1"]),
            // Infinite in the kernels' f32.
            ("--learning-rate", "1e39", &["--learning-rate", "above 0"]),
            (
                "--validation-steps",
                "0",
                &["--validation-steps", "1 batch or more"],
            ),
            ("--limit-train", "0", &["--limit-train", "1 or more"]),
            ("--limit-test", "0", &["--limit-test", "1 or more"]),
            ("--seed", "-3", &["--seed", "-3"]),
        ] {
            refused(&[command, &[option, value]].concat(), words);
        }
    }
    for (options, words) in [
        (
            &["sgd", "--momentum", "1"][..],
            &["--momentum", "below 1"][..],
        ),
        (&["sgd", "--momentum", "-0.1"], &["--momentum", "-0.1"]),
        (
            &["rmsprop", "--momentum", "NaN"],
            &["--momentum", "below 1"],
        ),
        // 1 in the kernels' f32.
        (
            &["sgd", "--momentum", "0.9999999999"],
            &["--momentum", "below 1"],
        ),
        (&["adamw", "--momentum", "0.9"], &["--momentum", "adamw"]),
        (&["adam", "--nesterov"], &["--nesterov", "adam", "sgd"]),
        (
            &["rmsprop", "--momentum", "0.9", "--nesterov"],
            &["--nesterov", "rmsprop", "sgd"],
        ),
        (&["sgd", "--nesterov"], &["--nesterov", "--momentum 0.9"]),
        (
            &["sgd", "--momentum", "0", "--nesterov"],
            &["--nesterov", "--momentum 0.9"],
        ),
    ] {
        refused(&[&["compare", "--optimiser"], options].concat(), words);
    }
    for command in [
        &["compare"][..],
        &["train", "baseline"],
        &["data", "inspect"],
    ] {
        for (options, words) in [
            (
                &["--batch-size", "0"][..],
                &["--batch-size", "at least 1"][..],
            ),
            (&["--max-length", "0"], &["--max-length", "1 or more"]),
            (&["--max-length", "-5"], &["--max-length", "-5"]),
            (&["--truncate", "before"], &["--max-length"]),
            (
                &["--max-length", "9", "--truncate", "both"],
                &["--truncate", "both", "before", "after"],
            ),
            (&["--pad", "pre"], &["--pad", "pre", "before", "after"]),
        ] {
            refused(&[command, options].concat(), words);
        }
    }
    refused(
        &["data", "inspect", "--limit-train", "0"],
        &["--limit-train", "1 or more"],
    );
    for (option, value, words) in [
        ("--limit-train", "0", &["--limit-train", "1 or more"]),
        ("--target-size", "257", &["--target-size", "258 or more"]),
        ("--target-size", "-1", &["--target-size", "-1"]),
    ] {
        refused(
            &["data", "build-vocab", "--output", "v", option, value],
            words,
        );
    }
    refused(
        &["summary", "baseline", "--vocabulary", "0"],
        &["--vocabulary", "1 or more"],
    );
}

#[test]
fn unknown_variants_are_answered_with_the_list() {
    let all = ["baseline", "dropout", "bidirectional"];
    for arguments in [
        &["train", "basline"][..],
        &["summary", "basline"],
        &["compare", "--variants", "baseline,basline"],
    ] {
        refused(arguments, &all);
        refused(arguments, &["basline"]);
    }
}

#[test]
fn a_variant_named_twice() {
    refused(
        &["compare", "--variants", "dropout,dropout"],
        &["--variants", "dropout", "twice"],
    );
}

#[test]
fn a_model_is_a_variant_or_a_file() {
    for command in ["train", "summary"] {
        refused(&[command], &["VARIANT", "--config"]);
        refused(
            &[command, "baseline", "--config", "m.toml"],
            &["cannot be used with", "--config"],
        );
    }
}

#[test]
fn the_usage_of_import_has_the_order_that_works() {
    let usage = "Usage: gatefold import [OPTIONS] --out <DIR> <FILE> [VARIANT|--config <FILE>]";
    refused(&["import", "--out", "run"], &[usage]);
}

#[test]
fn the_demo_corpus_takes_no_other_vocabulary() {
    for command in [
        &["compare"][..],
        &["train", "baseline"],
        &["data", "inspect"],
    ] {
        refused(
            &[command, &["--vocab", "x"]].concat(),
            &["--vocab", "--data"],
        );
    }
}

#[test]
fn unknown_kernels_and_commands() {
    refused(
        &["compare", "--kernels", "fast"],
        &["fast", "auto", "portable", "subgroup"],
    );
    refused(&["fly"], &["fly"]);
    refused(&["plot"], &["RUN"]);
    refused(&["data", "encode"], &["--vocab"]);
    refused(&["data", "build-vocab"], &["--output"]);
}

/// Every output that is a file of its own, with a file that stands there, and with a link that leads to one.
#[test]
#[cfg(unix)]
fn nothing_is_overwritten_unless_told_and_links_are_written_through() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    place.write("lines.jsonl", "{\"text\":\"a film\"}\n");
    let vocabulary = "run/vocabulary.subwords";
    for (option, file, command) in [
        (
            "--output",
            "x.jsonl",
            format!("data encode --vocab {vocabulary} --input lines.jsonl --output"),
        ),
        ("--html", "x.html", "explain run film --html".to_string()),
        ("--png", "x.png", "explain run film --png".to_string()),
        (
            "--histogram",
            "x.svg",
            "data inspect --limit-train 20 --limit-test 20 --histogram".to_string(),
        ),
        (
            "--output",
            "x.safetensors",
            "export run --format safetensors --output".to_string(),
        ),
        (
            "--output",
            "x.report.html",
            "report run --output".to_string(),
        ),
    ] {
        let line = |more: &str| {
            let line = format!("{command} {file} {more}");
            place.run(line.split_whitespace().collect::<Vec<_>>())
        };
        place.write(file, "mine");
        line("").fails(2, &[option, file, "is there already", "--overwrite"]);
        assert_eq!(place.files()[file], b"mine");
        line("--overwrite").succeeds();
        let written = place.files()[file].clone();
        assert_ne!(written, b"mine");
        // A link to a place that is free: it stays a link.
        std::fs::remove_file(place.path(file)).unwrap();
        std::os::unix::fs::symlink("behind", place.path(file)).unwrap();
        line("").succeeds();
        assert!(
            std::fs::symlink_metadata(place.path(file))
                .unwrap()
                .is_symlink()
        );
        assert_eq!(
            std::fs::read(place.path("behind")).unwrap(),
            written,
            "{command}"
        );
        for used in ["behind", file] {
            std::fs::remove_file(place.path(used)).unwrap();
        }
    }
    place.write("figures/roc.png", "mine");
    let figures = [
        "evaluate",
        "run",
        "--limit-test",
        "20",
        "--figures",
        "figures",
    ];
    place
        .run(figures)
        .fails(2, &["--figures", "roc.png", "--overwrite"]);
    place
        .run([&figures[..], &["--overwrite"]].concat())
        .succeeds();
}

/// What is written goes into the pipe, with no word of overwriting: a pipe holds nothing.
#[test]
#[cfg(unix)]
fn a_pipe_takes_what_a_file_would() {
    let place = Workplace::new();
    place.write("v.subwords", crate::program::VOCABULARY);
    place.write("lines.jsonl", "{\"text\":\"a film\"}\n");
    let made = std::process::Command::new("mkfifo")
        .arg(place.path("pipe"))
        .status();
    assert!(made.unwrap().success());
    let path = place.path("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
    let encode = "data encode --vocab v.subwords --input lines.jsonl --output pipe";
    place.run(encode.split(' ')).succeeds();
    assert!(reader.join().unwrap().starts_with("{\"ids\":["));
}
