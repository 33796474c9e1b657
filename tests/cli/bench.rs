//! `gatefold bench`: what it prints, its trace, and what it refuses.

use serde_json::Value;

use crate::program::{Workplace, assert_80_columns};

mod reports;
mod survey;

/// A model and a batch that take no time.
const SMALL: [&str; 9] = [
    "bench",
    "--config",
    "secret-name.toml",
    "--length",
    "12",
    "--batch-size",
    "3",
    "--steps",
    "4",
];

const MODEL: &str = "name = \"secret\"
[[layer]]
type = \"embedding\"
width = 8
[[layer]]
type = \"bidirectional\"
units = 8
[[layer]]
type = \"dense\"
units = 1
activation = \"sigmoid\"
";

fn workplace() -> Workplace {
    with_model(Workplace::on_adapter())
}

fn with_model(place: Workplace) -> Workplace {
    place.write("secret-name.toml", MODEL);
    place
}

fn small<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&SMALL, arguments].concat()
}

#[test]
fn prints_a_profile_of_80_columns() {
    let place = workplace();
    for pass in [&[][..], &["--inference"]] {
        let outcome = place.run([&small(&["--profile"])[..], pass].concat());
        let text = &outcome.succeeds().stdout;
        assert_80_columns(text);
        for word in [
            "GFLOP/s",
            "GB/s",
            "peak",
            "embedding_gather",
            "bidirectional.forward",
        ] {
            assert!(text.contains(word), "no {word} in\n{text}");
        }
        assert_eq!(text.contains("bidirectional.backward"), pass.is_empty());
        assert_eq!(text.contains("training"), pass.is_empty());
    }
    assert_eq!(place.names(), ["secret-name.toml"]);
}

#[test]
fn json_has_every_kernel_and_rates_that_follow_from_it() {
    let place = workplace();
    let report = &place.run(small(&["--profile", "--json"])).json()[0];
    assert_eq!(report["work"]["batch_size"], 3);
    assert_eq!(report["step_ms"]["count"], 4);
    assert!(report["host_ms"]["median"].as_f64() > Some(0.0));
    let profile = &report["profile"];
    let peak = profile["peak"]["gflops"].as_f64().unwrap();
    let dispatches = profile["dispatches"].as_array().unwrap();
    let kernels = profile["kernels"].as_array().unwrap();
    let calls = |rows: &[Value]| -> u64 { rows.iter().map(|r| r["calls"].as_u64().unwrap()).sum() };
    assert_eq!(calls(dispatches), calls(kernels));
    for row in dispatches {
        let number = |key: &str| row[key].as_f64().unwrap();
        let ms = row["ms"]["median"].as_f64().unwrap();
        assert!(number("bytes") > 0.0, "{row}");
        let gflops = number("flops") / ms / 1e6;
        // Rates are given to four places.
        assert!((number("gflops") - gflops).abs() <= 1e-4, "{row}");
        assert!(
            (number("of_peak_flops") - gflops / peak).abs() <= 1e-4,
            "{row}"
        );
    }
}

/// Begin and end of an event in microseconds.
fn interval(event: &Value) -> (f64, f64) {
    let begin = event["ts"].as_f64().unwrap();
    (begin, begin + event["dur"].as_f64().unwrap())
}

#[test]
fn a_trace_has_nested_spans_and_kernels_within_their_step() {
    let place = workplace();
    place.run(small(&["--trace", "trace.json"])).succeeds();
    let bytes = std::fs::read(place.path("trace.json")).unwrap();
    let trace: Value = serde_json::from_slice(&bytes).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let complete: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
    let of = |category: &str| -> Vec<&Value> {
        let found = complete.iter().filter(|event| event["cat"] == category);
        found.copied().collect()
    };
    let names: Vec<&str> = complete
        .iter()
        .map(|e| e["name"].as_str().unwrap())
        .collect();
    for name in [
        "make batch",
        "next batch",
        "plan",
        "pack",
        "upload",
        "encode",
        "submit",
        "wait",
    ] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    let threads: Vec<_> = events
        .iter()
        .filter(|event| event["name"] == "thread_name")
        .map(|event| event["args"]["name"].as_str().unwrap())
        .collect();
    assert!(
        threads.contains(&"main") && threads.contains(&"batches"),
        "{threads:?}"
    );

    // Of one thread, an event lies within another or beside it; a nanosecond is lost in rounding.
    let host = of("host");
    for a in &host {
        for b in host.iter().filter(|b| b["tid"] == a["tid"]) {
            let ((a_begin, a_end), (b_begin, b_end)) = (interval(a), interval(b));
            let crossing =
                a_begin + 0.002 < b_begin && b_begin + 0.002 < a_end && a_end + 0.002 < b_end;
            assert!(!crossing, "{a} crosses {b}");
        }
    }
    let steps: Vec<_> = host
        .iter()
        .filter(|event| event["name"] == "step")
        .map(|event| interval(event))
        .collect();
    let kernels = of("device");
    assert!(
        steps.len() >= 3 && kernels.len() >= 3 * 10,
        "{} steps",
        steps.len()
    );
    let mut before = 0.0;
    for kernel in kernels {
        let (begin, end) = interval(kernel);
        let within = |&(from, to): &(f64, f64)| from <= begin + 0.002 && end <= to + 0.002;
        assert!(steps.iter().any(within), "{kernel} lies in no step");
        assert!(
            begin + 0.002 >= before,
            "{kernel} begins before the one before it ends"
        );
        before = end;
    }
}

#[test]
fn real_reviews_are_timed_as_they_are_trained() {
    let place = Workplace::new();
    place.write_imdb("aclImdb");
    let arguments = [
        "bench",
        "baseline",
        "--data",
        "aclImdb",
        "--batch-size",
        "3",
        "--steps",
        "7",
    ];
    let report = &place.run([&arguments[..], &["--json"]].concat()).json()[0];
    assert_eq!(report["work"]["real"], true);
    // Eight reviews, of a few tokens: an epoch has three batches, so seven steps and the warm-up go through several.
    assert!(report["work"]["length"].as_f64() > Some(1.0));
    assert!(report["timesteps_a_second"]["median"].as_f64() > Some(0.0));
    let text = &place.run(arguments).succeeds().stdout.clone();
    assert_80_columns(text);
    assert!(text.contains("blocks"), "{text}");
}

#[test]
fn nonsense_is_refused_before_any_work() {
    let place = workplace();
    place.write("not-a-report.json", "{}");
    let run = |arguments: &[&'static str]| place.run(small(arguments));
    run(&["--compare", "absent.json"]).fails(1, &["absent.json"]);
    run(&["--compare", "not-a-report.json"]).fails(1, &["not-a-report.json", "--report"]);
    run(&["--trace", "absent/trace.json"]).fails(2, &["--trace", "absent"]);
    run(&["--row-tile", "0"]).fails(2, &["--row-tile"]);
    run(&["--storage", "f16", "--inference"]).fails(2, &["--storage", "predicting"]);
    place.run(["bench"]).fails(2, &["VARIANT", "--config"]);
    place
        .run(["bench", "baseline", "--data", "x", "--length", "3"])
        .fails(2, &["--length", "--data"]);
}

#[test]
fn the_config_of_a_run_stands_for_its_model() {
    let place = with_model(Workplace::new());
    let train = ["train", "--config", "secret-name.toml"];
    let more = ["--out", "run", "--early-stopping", "--mask-padding"];
    place.tiny(&train, &more).succeeds();
    let bench = |config: &str| {
        let mut arguments = small(&["--json"]);
        arguments[2] = config;
        place.run(arguments)
    };
    let of_run = &bench("run/config.toml").json()[0];
    // The demo corpus has so many ids, and a padding that is masked.
    assert_eq!(of_run["work"]["vocabulary"], 761);
    let of_file = &bench("secret-name.toml").json()[0];
    assert_eq!(of_file["work"]["vocabulary"], 8185);
    assert_eq!(of_run["work"]["model"], of_file["work"]["model"]);
    let again = ["train", "--config", "run/config.toml", "--out", "again"];
    place.tiny(&again, &[]).succeeds();
    let [first, second] = ["run", "again"].map(|run| {
        let path = place.path(&format!("{run}/model.safetensors"));
        gatefold::train::Weights::load(&path).unwrap()
    });
    assert!(first.model == second.model);
    let mut other = small(&["--vocabulary", "1000"]);
    other[2] = "run/config.toml";
    place.run(other).fails(1, &["run/config.toml", "761 rows"]);

    place.write(
        "all/config.toml",
        "gatefold = \"0.1.0\"\n[comparison]\nvariants = []\n",
    );
    bench("all/config.toml").fails(1, &["all/config.toml", "comparison", "one of its runs"]);
}
