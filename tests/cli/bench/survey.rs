//! `gatefold bench --report` without a model: every form of the kernels, and the script that sends it.

use serde_json::Value;

use crate::program::{Workplace, assert_80_columns};

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
