//! The help of every command.

use crate::program::{Workplace, assert_80_columns};

const COMMANDS: &[&[&str]] = &[
    &[],
    &["compare"],
    &["train"],
    &["sweep"],
    &["evaluate"],
    &["predict"],
    &["explain"],
    &["export"],
    &["import"],
    &["summary"],
    &["plot"],
    &["report"],
    &["devices"],
    &["data"],
    &["data", "inspect"],
    &["data", "encode"],
    &["data", "decode"],
    &["data", "build-vocab"],
    &["data", "export"],
    &["data", "fetch"],
    &["bench"],
    &["watch"],
    &["completions"],
    &["man"],
];

#[test]
fn fits_a_terminal_and_explains_every_option() {
    let place = Workplace::new();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let mut arguments = command.to_vec();
            arguments.push(flag);
            let outcome = place.run(arguments);
            assert_eq!(outcome.succeeds().stderr, "");
            assert_80_columns(&outcome.stdout);
        }
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = place.run(arguments).stdout;
        // In long help an option's explanation stands on the line below it.
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines
            .windows(2)
            .filter(|pair| pair[0].trim_start().starts_with("--"))
        {
            assert!(
                !pair[1].trim().is_empty(),
                "{command:?}: {} is not explained",
                pair[0]
            );
        }
    }
}

#[test]
fn tells_the_exit_codes() {
    let help = Workplace::new().run(["--help"]).stdout;
    for code in ["0 done", "1 failed", "2 wrong usage", "130 interrupted"] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn without_a_command_there_is_help_and_exit_code_2() {
    let outcome = Workplace::new().run([]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("compare"), "{}", outcome.stderr);
}
