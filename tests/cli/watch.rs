//! `gatefold watch`, and what training tells for it.

use std::fs;

use gatefold::run::{ProgressEvent, read_progress};
use gatefold::watch::{Status, look};

use crate::program::Workplace;

#[test]
fn a_run_tells_how_it_goes_and_is_watched_afterwards() {
    let place = Workplace::new();
    let options = ["--epochs", "2", "--out", "run"];
    place.tiny(&["train", "baseline"], &options).succeeds();
    let lines = read_progress(&place.path("run")).unwrap();
    let begin = ProgressEvent::Begin {
        variant: "baseline".into(),
        epochs: 2,
        steps: 2,
        epoch: 1,
        done: 0,
    };
    assert_eq!(lines.first().unwrap().event, begin);
    assert_eq!(
        lines.last().unwrap().event,
        ProgressEvent::End { error: None }
    );
    let watched = look(&place.path("run")).unwrap();
    assert_eq!(watched.runs[0].status, Status::Finished);
    assert_eq!(watched.data.as_deref(), Some("demo (synthetic)"));

    let told = place.run(["watch", "run"]).succeeds().stdout.clone();
    crate::program::assert_80_columns(&told);
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (line, words) in told
        .iter()
        .zip(["Epoch 1/2 ", "Epoch 2/2 ", "finished 2 epochs"])
    {
        assert!(line.starts_with(words), "{line}");
    }

    // More epochs are told behind the first.
    place
        .run(["train", "--resume", "run", "--epochs", "3"])
        .succeeds();
    let more = read_progress(&place.path("run")).unwrap();
    assert_eq!(more[..lines.len()], lines);
    let told = place.run(["watch", "run"]).succeeds().stdout.clone();
    assert!(told.contains("finished 3 epochs"), "{told}");

    // A run in its place tells its own alone.
    let anew = ["--epochs", "1", "--out", "run", "--overwrite"];
    place.tiny(&["train", "baseline"], &anew).succeeds();
    let first = &read_progress(&place.path("run")).unwrap()[0];
    assert!(first.time > more.last().unwrap().time);
}

#[test]
fn a_comparison_is_watched_to_its_end() {
    let place = Workplace::new();
    let mut program = place.start(
        &[
            &["compare", "--variants", "baseline,dropout", "--out", "both"][..],
            &crate::program::TINY,
            &["--epochs", "2"],
        ]
        .concat(),
    );
    while program.is_running() && !place.path("both/baseline/config.toml").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let told = place.run(["watch", "both"]).succeeds().stdout.clone();
    // Each run's lines stand below its name.
    let (baseline, dropout) = told.split_once("dropout\n").unwrap();
    assert!(baseline.starts_with("baseline\n"), "{told}");
    for run in [baseline, dropout] {
        for words in ["Epoch 1/2 ", "Epoch 2/2 ", "finished 2 epochs"] {
            assert!(run.contains(words), "no `{words}` in {told}");
        }
    }
    assert!(program.output().status.success());
}

#[test]
fn why_a_run_stopped_is_told() {
    let place = Workplace::new();
    let options = ["--out", "run", "--learning-rate", "1e38", "--epochs", "9"];
    let outcome = place.tiny(&["train", "baseline"], &options);
    assert_eq!(outcome.code, 1, "{outcome:#?}");
    // Nothing is left of a run without an epoch, its progress neither.
    if place.path("run").exists() {
        let outcome = place.run(["watch", "run"]);
        outcome.fails(1, &["run: stopped before its end"]);
        let told = &outcome.stdout;
        assert!(
            told.contains("stopped, epoch") && told.contains("not a finite number"),
            "{told}"
        );
    } else {
        assert!(
            outcome.stderr.contains("Nothing was kept"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn a_killed_run_is_dead_and_its_watcher_ends() {
    let place = Workplace::new();
    let run = [
        &["train", "baseline", "--out", "runs/mine"][..],
        &crate::program::TINY,
    ]
    .concat();
    let mut program = place.start(&[&run[..], &["--epochs", "100000"]].concat());
    while program.is_running() && !place.path("runs/mine/history.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let watcher = place.start(&["watch", "runs/mine"]);
    program.kill();
    let output = watcher.output();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("runs/mine: dead"), "{told}");
    assert!(told.contains("gatefold train --resume runs/mine"), "{told}");
    let list = place.run(["watch", "runs"]).succeeds().stdout.clone();
    assert!(list.starts_with("mine  dead, epoch"), "{list}");
    // The command that it told goes on with it.
    let goes_on = place.run([
        "train",
        "--resume",
        "runs/mine",
        "--epochs",
        "100001",
        "--max-time",
        "1s",
    ]);
    assert_eq!(goes_on.code, 124, "{goes_on:#?}");
}

#[test]
fn the_time_counts_what_was_trained_before_a_run_was_gone_on_with() {
    let place = Workplace::new();
    let options = ["--epochs", "1", "--out", "run"];
    place.tiny(&["train", "baseline"], &options).succeeds();
    // As if the first epoch had taken an hour more.
    let path = place.path("run/progress.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let slow = lines.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["event"] != "begin" {
            line["time"] = (line["time"].as_f64().unwrap() + 3600.0).into();
        }
        format!("{line}\n")
    });
    fs::write(&path, slow.collect::<String>()).unwrap();
    let resumed = place.run(["train", "--resume", "run", "--epochs", "2"]);
    assert!(
        resumed.succeeds().stdout.contains("1h 00m"),
        "{}",
        resumed.stdout
    );
}

#[test]
fn what_is_no_run_is_refused() {
    let place = Workplace::new();
    place
        .run(["watch", "nowhere"])
        .fails(2, &["nowhere", "no run to watch"]);
    let spec = gatefold::run::RunSpec::new(&gatefold::data::Source::Demo);
    place.write("run/config.toml", spec.to_toml().unwrap());
    place.write("run/progress.jsonl", "{}\n");
    place
        .run(["watch", "run"])
        .fails(1, &["run/progress.jsonl", "line 1"]);
    fs::remove_file(place.path("run/progress.jsonl")).unwrap();
}

/// The page of a run under way.
#[cfg(feature = "serve")]
mod page {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::process::Stdio;

    use crate::program::{TINY, Workplace};

    #[test]
    fn training_can_be_looked_at() {
        let place = Workplace::new();
        let mut program = std::process::Command::new(place.command().get_program())
            .args(["train", "baseline", "--serve", "0", "--epochs", "100000"])
            .args(TINY)
            .current_dir(place.path(""))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(program.stderr.take().unwrap()).lines();
        let page = told.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("Page      http://")
                .map(|host| host.trim_end_matches('/').to_string())
        });
        let host = page.unwrap();
        assert!(host.starts_with("127.0.0.1:"), "{host}");
        let state = || -> serde_json::Value {
            let mut stream = TcpStream::connect(&host).unwrap();
            let request =
                format!("GET /state.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
        };
        // Until an epoch is over; the program would have to end for this to hang.
        loop {
            let state = state();
            if state["runs"][0]["epochs_over"].as_u64() > Some(0) {
                assert_eq!(state["runs"][0]["name"], "baseline");
                assert_eq!(state["data"], "demo (synthetic)");
                break;
            }
        }
        program.kill().unwrap();
        program.wait().unwrap();
    }

    #[test]
    fn an_address_that_cannot_be_had_is_refused_before_any_work() {
        let place = Workplace::new();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        place
            .tiny(&["train", "baseline"], &["--serve", &port])
            .fails(2, &["--serve", &port, "another port"]);
        for nonsense in ["localhost:80", "99999", "1.2.3.4", "-1"] {
            let option = format!("--serve={nonsense}");
            place
                .run(["train", "baseline", &option])
                .fails(2, &["--serve", "0.0.0.0:8080"]);
        }
        assert!(place.names().is_empty(), "{:?}", place.names());
    }
}
