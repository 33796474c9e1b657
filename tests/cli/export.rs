//! `gatefold export`.

use std::fs;

use crate::program::Workplace;

#[test]
fn every_format_is_written_whole_or_not_at_all() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let formats = [
        (
            "safetensors",
            "out.safetensors",
            &b"embedding/embeddings"[..],
        ),
        ("keras", "out.weights.h5", &b"\x89HDF\r\n\x1a\n"[..]),
        ("keras", "out.keras", &b"\"class_name\":\"Sequential\""[..]),
        ("onnx", "out.onnx", &b"probability"[..]),
    ];
    for (format, file, holds) in formats {
        let export = ["export", "run", "--format", format, "--output", file];
        let told = place.run(export);
        assert!(told.succeeds().stdout.contains(file), "{}", told.stdout);
        let bytes = fs::read(place.path(file)).unwrap();
        assert!(
            bytes.windows(holds.len()).any(|part| part == holds),
            "{format}"
        );

        place
            .run(export)
            .fails(2, &["--output", file, "--overwrite"]);
        let again = [&export[..], &["--overwrite", "--json"]].concat();
        let lines = place.run(again).json();
        assert_eq!(lines[0]["bytes"], bytes.len());
        assert_eq!(lines[0]["model"], "baseline");
        assert_eq!(fs::read(place.path(file)).unwrap(), bytes);
    }
    let before = place.names();
    let refused = |file: &str, words: &[&str]| {
        let export = ["export", "run", "--format", "keras", "--output", file];
        place.run(export).fails(2, words);
    };
    refused("out.h5", &["--output", ".keras", ".weights.h5"]);
    let export = [
        "export",
        "run",
        "--format",
        "onnx",
        "--output",
        "none/out.onnx",
    ];
    place.run(export).fails(1, &["none/out.onnx"]);
    let export = [
        "export", "nowhere", "--format", "onnx", "--output", "new.onnx",
    ];
    place.run(export).fails(2, &["nowhere"]);
    assert_eq!(place.names(), before);
}
