//! `gatefold summary`.

use crate::program::Workplace;

#[test]
fn prints_the_counts_of_the_experiment() {
    let place = Workplace::new();
    for (variant, parameters, grouped) in [
        ("baseline", 561_089, "561,089"),
        ("dropout", 635_329, "635,329"),
        ("bidirectional", 598_209, "598,209"),
    ] {
        let text = place.run(["summary", variant]);
        assert_eq!(text.succeeds().stderr, "");
        assert!(
            text.stdout.contains(&format!("Model: \"{variant}\"")),
            "{}",
            text.stdout
        );
        assert!(text.stdout.contains(grouped), "{}", text.stdout);
        let object = &place.run(["summary", variant, "--json"]).json()[0];
        assert_eq!(object["total_parameters"], parameters);
        assert_eq!(
            object["layers"][0]["output_shape"],
            serde_json::json!([null, null, 64])
        );
    }
}

#[test]
fn takes_the_size_of_the_vocabulary() {
    let place = Workplace::new();
    let object = &place
        .run(["summary", "baseline", "--vocabulary", "100", "--json"])
        .json()[0];
    assert_eq!(object["layers"][0]["parameters"], 6_400);
}

#[test]
fn reads_a_model_file() {
    let place = Workplace::new();
    place.write("small.toml", crate::train::SMALL_MODEL);
    let outcome = place.run(["summary", "--config", "small.toml", "--vocabulary", "300"]);
    assert!(outcome.succeeds().stdout.contains("Model: \"small\""));
    assert!(outcome.stdout.contains("2,400"), "{}", outcome.stdout);
}

#[test]
fn a_broken_model_file_is_named_with_the_place() {
    let place = Workplace::new();
    place
        .run(["summary", "--config", "none.toml"])
        .fails(1, &["none.toml"]);
    place.write(
        "bad.toml",
        crate::train::SMALL_MODEL.replace("units = 5", "unit = 5"),
    );
    for command in ["summary", "train"] {
        let outcome = place.run([command, "--config", "bad.toml"]);
        outcome.fails(1, &["bad.toml", "line 9", "unit", "expected `units`"]);
    }
    place.write("binary.toml", b"name = \"\xff\"");
    place
        .run(["summary", "--config", "binary.toml"])
        .fails(1, &["binary.toml", "byte 8", "UTF-8"]);
    assert_eq!(place.names(), ["bad.toml", "binary.toml"]);
}
