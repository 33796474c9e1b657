//! `gatefold completions` and `gatefold man`.

use std::fs;
use std::process::{Command, Stdio};

use crate::program::Workplace;

#[test]
fn every_shell_has_its_completions() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(["completions", shell]).succeeds().stdout.clone();
        for word in ["gatefold", "build-vocab", "learning-rate", "bidirectional"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        place.write(shell, script);
    }
    place
        .run(["completions", "tcsh"])
        .fails(2, &["tcsh", "bash", "zsh"]);
}

#[test]
#[cfg(unix)]
fn bash_completes_with_them() {
    let place = Workplace::new();
    place.write(
        "script",
        &place.run(["completions", "bash"]).succeeds().stdout,
    );
    let script = "source ./script; COMP_WORDS=(gatefold tra); COMP_CWORD=1; \
                  _gatefold gatefold tra gatefold; echo \"${COMPREPLY[*]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", script])
        .current_dir(place.path(""))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "train\n");
}

#[test]
fn every_command_has_its_man_page() {
    let place = Workplace::new();
    let told = place.run(["man", "share/man1"]).succeeds().stdout.clone();
    let names = place.names();
    assert_eq!(told.lines().count(), names.len());
    for page in [
        "gatefold",
        "gatefold-train",
        "gatefold-data-build-vocab",
        "gatefold-watch",
    ] {
        assert!(names.contains(&format!("share/man1/{page}.1")), "{names:?}");
    }
    let page = fs::read_to_string(place.path("share/man1/gatefold-train.1")).unwrap();
    for words in [
        ".TH gatefold-train 1",
        ".SH NAME",
        ".SH EXAMPLES",
        "gatefold train \\-\\-data reviews.csv",
        ".SH ENVIRONMENT",
        "GATEFOLD_HOME",
        ".SH FILES",
        "progress.jsonl",
        ".SH \"EXIT STATUS\"",
        "learning\\-rate",
        "optimiser\\*(Aqs learning rate",
    ] {
        assert!(page.contains(words), "no `{words}` in {page}");
    }
    let own = place.run(["man"]).succeeds().stdout.clone();
    assert_eq!(
        own,
        fs::read_to_string(place.path("share/man1/gatefold.1")).unwrap()
    );
    for words in [".SH SUBCOMMANDS", ".SH EXAMPLES", "Ctrl\\-C or a signal"] {
        assert!(own.contains(words), "no `{words}` in {own}");
    }
}
