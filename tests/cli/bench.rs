//! `gatefold bench`: what it prints, its trace, its report, and what it says to an earlier one.

use serde_json::Value;

use crate::program::{Workplace, assert_80_columns};

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
    let place = Workplace::new();
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
fn a_report_can_be_sent_to_strangers_and_compared_with() {
    let place = workplace();
    let report = |name: &str, more: &[&str]| {
        let arguments = small(&["--report", name]);
        place
            .run([&arguments[..], more].concat())
            .succeeds()
            .stdout
            .clone()
    };
    report("first.json", &[]);
    let text = std::fs::read_to_string(place.path("first.json")).unwrap();
    let folder = place.path("").display().to_string();
    for private in ["secret", folder.trim_end_matches('/')] {
        assert!(!text.contains(private), "{private} in\n{text}");
    }
    for key in [
        "adapter",
        "driver",
        "binding_bytes",
        "gatefold",
        "step_ms",
        "profile",
        "threads",
    ] {
        assert!(text.contains(&format!("\"{key}\"")), "no {key} in\n{text}");
    }

    // Nothing differs but times.
    let same = report("second.json", &["--compare", "first.json"]);
    assert_80_columns(&same);
    assert!(
        same.contains("step, ms") && same.contains("bidirectional.forward"),
        "{same}"
    );
    assert!(!same.contains("Differs"), "{same}");

    let mut other = small(&["--compare", "first.json", "--json"]);
    other[6] = "2"; // of --batch-size
    let compared = place.run(other).json();
    let differences = compared[0]["comparison"]["differences"].as_array().unwrap();
    let what: Vec<_> = differences
        .iter()
        .map(|d| d["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["batch size"]);

    // A report that is there already is not replaced.
    let again = place.run(small(&["--report", "first.json"]));
    again.fails(2, &["--report", "first.json", "already"]);
    assert_eq!(
        std::fs::read_to_string(place.path("first.json")).unwrap(),
        text
    );
}

#[test]
fn ratios_are_of_medians() {
    let place = workplace();
    place.run(small(&["--report", "first.json"])).succeeds();
    let text = std::fs::read_to_string(place.path("first.json")).unwrap();
    let mut slower: Value = serde_json::from_str(&text).unwrap();
    for key in ["median", "min", "lower_quartile", "upper_quartile", "max"] {
        slower["step_ms"][key] = (1e6).into();
    }
    slower["adapter"]["name"] = "another".into();
    place.write("slower.json", slower.to_string());
    let outcome = place.run(small(&["--compare", "slower.json", "--json"]));
    let comparison = &outcome.json()[0]["comparison"];
    let step = &comparison["ratios"][0];
    let now = step["now"]["median"].as_f64().unwrap();
    assert_eq!(step["what"], "step, ms");
    assert_eq!(step["ratio"].as_f64().unwrap(), now / 1e6);
    assert_eq!(step["apart"], true);
    assert_eq!(comparison["differences"][0]["what"], "adapter");
    assert_eq!(comparison["differences"][0]["earlier"], "another");
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
    let place = workplace();
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

#[test]
fn every_form_is_measured_checked_and_compared() {
    let place = Workplace::new();
    let arguments = ["bench", "--inference", "--adapter", "cpu", "--report"];
    let outcome = place.run([&arguments[..], &["forms.json"]].concat());
    let text = outcome.succeeds().stdout.clone();
    assert_80_columns(&text);
    let found: Value =
        serde_json::from_slice(&std::fs::read(place.path("forms.json")).unwrap()).unwrap();
    let cells = found["cells"].as_array().unwrap();
    let sizes: Vec<_> = cells
        .iter()
        .map(|cell| {
            (
                cell["units"].as_u64().unwrap(),
                cell["batch_size"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        sizes,
        [(64, 1), (64, 10), (64, 64), (128, 1), (128, 10), (128, 64)]
    );
    for cell in cells {
        assert_eq!(cell["kernels"], "native");
        assert_eq!(cell["problem"], Value::Null, "{cell}");
        let figures = &cell["figures"];
        assert_eq!(
            figures["recurrences"].as_array().unwrap().len(),
            1,
            "{cell}"
        );
        assert!(
            figures["forward_us_a_timestep"].as_f64() > Some(0.0),
            "{cell}"
        );
        assert_eq!(figures["backward_us_a_timestep"], Value::Null);
        // A probability in f32 is not that of f64, but near.
        assert!(
            figures["error"].as_f64() > Some(0.0) && figures["error"].as_f64() < Some(1e-6),
            "{cell}"
        );
    }
    for key in [
        "adapter",
        "driver",
        "workgroup_bytes",
        "subgroup",
        "gatefold",
    ] {
        assert!(
            found.to_string().contains(&format!("\"{key}\"")),
            "no {key} in {found}"
        );
    }

    let mut slower = found.clone();
    for cell in slower["cells"].as_array_mut().unwrap() {
        let step = cell["figures"]["step_ms"]["median"].as_f64().unwrap();
        cell["figures"]["step_ms"]["median"] = (2.0 * step).into();
    }
    slower["cells"][0]["units"] = 65.into();
    slower["adapter"]["driver"] = "another".into();
    place.write("slower.json", slower.to_string());
    let compared = place.run(["bench", "--compare", "forms.json", "slower.json"]);
    let compared = compared.succeeds().stdout.clone();
    assert_80_columns(&compared);
    let rows = compared
        .lines()
        .filter(|line| line.ends_with("2.00    1.00"));
    assert_eq!(rows.count(), 5, "{compared}");
    for line in ["→ another", "Only now  native, H = 65", "Only earlier"] {
        assert!(compared.contains(line), "no {line} in\n{compared}");
    }

    let mut other = found;
    other["survey"] = 2.into();
    place.write("other.json", other.to_string());
    place
        .run(["bench", "--compare", "forms.json", "other.json"])
        .fails(1, &["other.json", "2 is not 1", "measure anew"]);
    place.write("not-a-report.json", "{}");
    place
        .run(["bench", "--compare", "forms.json", "not-a-report.json"])
        .fails(2, &["--compare", "one kind"]);
    place
        .run([
            "bench",
            "--compare",
            "not-a-report.json",
            "not-a-report.json",
        ])
        .fails(1, &["not-a-report.json", "--report"]);
    place
        .run(["bench", "baseline", "--compare", "forms.json", "forms.json"])
        .fails(2, &["--compare", "two files"]);
}

#[test]
fn what_needs_a_model_is_refused_without_one() {
    let place = Workplace::new();
    for option in [
        &["--length", "3"][..],
        &["--steps", "2"],
        &["--profile"],
        &["--trace", "t.json"],
    ] {
        let arguments = [&["bench", "--report"][..], option].concat();
        place.run(arguments).fails(2, &["VARIANT"]);
    }
    for [option, value] in [["--row-tile", "2"], ["--storage", "f16"]] {
        let arguments = ["bench", "--report", option, value, "--adapter", "cpu"];
        place.run(arguments).fails(2, &[option, "--config"]);
    }
    assert!(place.names().is_empty());
}

/// On a machine where nothing runs, the script says so, and its file why.
#[cfg(unix)]
#[test]
fn the_script_for_strangers_writes_what_failed() {
    let place = Workplace::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/gpu-check.sh");
    let check = |options: &[&str]| {
        let output = std::process::Command::new("sh")
            .arg(script)
            .args(["-b", env!("CARGO_BIN_EXE_gatefold")])
            .args(options)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), stderr)
    };
    let file = place.path("check.txt");
    let file = file.to_str().unwrap();
    let (code, stderr) = check(&["-o", file, "--", "--adapter", "no-such-adapter"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("failed: devices forms training."),
        "{stderr}"
    );
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches("== exit code 1").count(), 3, "{text}");
    assert_eq!(text.matches("no adapter matches").count(), 3, "{text}");

    let (code, stderr) = check(&["-o", file]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("already") && stderr.contains("-o FILE"),
        "{stderr}"
    );
}
