//! What a program says that was built without the feature `keras`.

use crate::program::Workplace;

#[test]
fn keras_weights_are_refused_with_the_remedy() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let export = [
        "export",
        "run",
        "--format",
        "keras",
        "--output",
        "w.weights.h5",
    ];
    place
        .run(export)
        .fails(2, &["--format", "`keras`", "safetensors"]);
    place.write("w.weights.h5", b"\x89HDF\r\n\x1a\nmore");
    place.write("w.keras", b"PK\x03\x04more");
    for file in ["w.weights.h5", "w.keras"] {
        place
            .run(["import", file, "baseline", "--out", "new"])
            .fails(1, &[file, "`keras`", "safetensors"]);
    }
}
