//! The shader against a loop on the CPU, its races, and its mutants.

use shader_tests::ROW_SUMS;
use wgsl_check::mutate::{Verdict, examine, mutants};
use wgsl_check::{Buffer, Launch, Shader, check, run};

const ROWS: usize = 3;
const COLUMNS: usize = 100;

fn matrix() -> Vec<f32> {
    (0..ROWS * COLUMNS).map(|n| (n % 17) as f32 / 4.0).collect()
}

fn launch() -> Launch {
    Launch::new([ROWS as u32, 1, 1])
        // Some mutants never end.
        .steps(20_000)
        .constant("COLUMNS", COLUMNS as f64)
        .bind(0, 0, Buffer::f32(&matrix()))
        .bind(0, 1, Buffer::unwritten(4 * ROWS))
}

fn expected() -> Vec<f32> {
    matrix().chunks(COLUMNS).map(|row| row.iter().sum()).collect()
}

#[test]
fn sums_are_those_of_a_loop() {
    let outcome = run(&Shader::parse(ROW_SUMS).unwrap(), &launch());
    // Quarters are added without rounding, in any order.
    assert_eq!(outcome.f32(0, 1).unwrap(), expected());
}

#[test]
fn nothing_races() {
    let findings = check(&Shader::parse(ROW_SUMS).unwrap(), &[launch()]);
    assert!(findings.is_empty(), "{}", findings[0]);
}

#[test]
fn these_tests_notice_every_mutant() {
    let report = examine(mutants(&Shader::parse(ROW_SUMS).unwrap()), |_, mutant| {
        let outcome = run(mutant, &launch());
        let same = outcome.f32(0, 1).is_ok_and(|sums| sums == expected());
        match check(mutant, &[launch()]).first() {
            Some(finding) => Verdict::Caught(finding.rule.title().to_owned()),
            None if !same => Verdict::Caught("the sums".to_owned()),
            None => Verdict::Missed,
        }
    });
    assert_eq!(report.missed().count(), 0, "{report}");
}
