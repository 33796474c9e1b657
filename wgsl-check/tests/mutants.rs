//! Mutants by operators, and faults that are written down.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use wgsl_check::Shader;
use wgsl_check::mutate::{FaultError, Verdict, examine, faults, mutants};

const KERNEL: &str = "\
struct Dims { n: u32 }
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
var<workgroup> w: array<f32, 64>;
@compute @workgroup_size(64)
fn kernel(@builtin(local_invocation_index) i: u32) {
    w[i] = x[i] - 1.0;
    workgroupBarrier();
    var sum = 0.0;
    for (var k = 0u; k < dims.n; k++) { sum += w[k]; }
    if i == 3u && true { x[i] = sum / 2.0; }
}
";

#[test]
fn every_operator_has_its_places() {
    let shader = Shader::parse(KERNEL).unwrap();
    let made: Vec<(u32, String, String, String)> = mutants(&shader)
        .into_iter()
        .map(|m| (m.place.unwrap().line, m.what, m.replaced, m.by))
        .collect();
    for (line, what, replaced, by) in [
        (7, "a store is dropped", "w[i] = x[i] - 1.0", ""),
        (7, "an index is one too large", "i", "(i) + 1"),
        (7, "an operation is another", "-", "+"),
        (7, "operands are exchanged", "x[i] - 1.0", "1.0 - x[i]"),
        (7, "a constant is another", "1.0", "(1.0 + 1)"),
        (8, "a barrier is dropped", "workgroupBarrier()", ""),
        (10, "a comparison is another", "<", "<="),
        (10, "a loop ends an iteration early", "k", "k + 1"),
        (10, "an operation is another", "+", "-"),
        (11, "a comparison is another", "==", "!="),
        (11, "an operation is another", "/", "*"),
    ] {
        let row = (line, what.to_owned(), replaced.to_owned(), by.to_owned());
        assert!(made.contains(&row), "{row:?} is not in {made:#?}");
    }
    // Each is another text, with one change.
    let texts: std::collections::HashSet<String> =
        mutants(&shader).into_iter().map(|m| m.source).collect();
    assert_eq!(texts.len(), made.len());
    assert!(!texts.contains(KERNEL));
}

#[test]
fn a_report_counts_and_lists() {
    let shader = Shader::parse(KERNEL).unwrap();
    let report = examine(mutants(&shader), |mutant, _| {
        match mutant.what.contains("barrier") {
            true => Verdict::Missed,
            false => Verdict::Caught("a test".into()),
        }
    });
    assert_eq!(report.missed().count(), 1);
    assert_eq!(
        report.rows.len(),
        1 + report.caught().count() + report.unviable().count()
    );
    let text = report.to_string();
    assert!(
        text.starts_with("8:5: a barrier is dropped: `workgroupBarrier()` (MISSED)\n"),
        "{text}"
    );
}

#[test]
fn faults_that_do_not_fit_are_refused() {
    let fault = |search: &str, replace: &str, more: &str| {
        let text = format!(
            "[[fault]]\nfile = 'f'\nbreaks = 'b'\nsearch = '{search}'\nreplace = '{replace}'\n{more}"
        );
        faults(&text).map(|all| all[0].apply("a b a"))
    };
    assert_eq!(fault("b", "c", "").unwrap().unwrap().source, "a c a");
    assert_eq!(
        fault("a", "c", "count = 2").unwrap().unwrap().source,
        "c b c"
    );
    let count = fault("a", "c", "").unwrap().unwrap_err();
    assert_eq!(
        count.to_string(),
        "f: b: the text to be replaced stands there 2 times, and `count` says 1"
    );
    assert_eq!(
        fault("b", "b", "").unwrap(),
        Err(FaultError::NoChange {
            name: "f: b".into()
        })
    );
    assert!(matches!(
        fault("", "c", "").unwrap(),
        Err(FaultError::Count { .. })
    ));
    let Err(FaultError::Format(told)) = fault("a", "c", "cuont = 2") else {
        panic!("an unknown key is taken");
    };
    assert!(told.contains("unknown field `cuont`"), "{told}");
}
