//! `gatefold bench --report` of a model: what it says to strangers, and to an earlier one.

use serde_json::Value;

use super::{small, workplace};
use crate::program::assert_80_columns;

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
