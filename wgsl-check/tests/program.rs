//! The program: what it prints, its exit codes, its answers to wrong usage.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use assert_cmd::Command;

const SUM: &str = "\
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> sum: array<f32>;
var<workgroup> part: array<f32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) i: u32) {
    part[i] = x[i];
    for (var k = 4u; k > 0u; k /= 2u) {
        workgroupBarrier();
        if i < k { part[i] += part[i + k]; }
    }
    if i == 0u { sum[0] = part[0]; }
}
";

const LAUNCH: &str = "\
[[launch]]
name = \"eight\"
groups = [1, 1, 1]
[[launch.buffer]]
group = 0
binding = 0
f32 = [1, 2, 3, 4, 5, 6, 7, 8.5]
[[launch.buffer]]
group = 0
binding = 1
unwritten = 4
expect = { f32 = [36.5] }
";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Exit code, standard output and standard error.
fn program(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("wgsl-check")
        .unwrap()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_clean_shader() {
    let folder = folder(&[("sum.wgsl", SUM), ("sum.toml", LAUNCH)]);
    let run = program(folder.path(), &["run", "sum.wgsl"]);
    assert_eq!(run, (0, "nothing found in 1 file\n".into(), String::new()));
    let lint = program(folder.path(), &["lint", "sum.wgsl", "sum.wgsl"]);
    assert_eq!(lint.1, "nothing found in 2 files\n");
    let show = program(folder.path(), &["run", "sum.wgsl", "--show", "0:1:f32"]);
    assert!(
        show.1
            .starts_with("eight: @group(0) @binding(1) = [36.5]\n"),
        "{}",
        show.1
    );
}

#[test]
fn findings_in_every_format() {
    let racy = SUM.replace("        workgroupBarrier();\n", "");
    let folder = folder(&[("sum.wgsl", &racy), ("sum.toml", LAUNCH)]);
    let run = |format: &str| program(folder.path(), &["run", "sum.wgsl", "--format", format]);
    let (code, text, _) = run("text");
    assert_eq!(code, 1);
    for part in [
        "data race [data-race]",
        "sum.wgsl:8:",
        "part[i + k]",
        "why: two invocations",
        "1 finding in 1 file",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let (code, json, _) = run("json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(
        (code, &finding["rule"], &finding["place"]["line"]),
        (1, &"data-race".into(), &8.into())
    );
    assert_eq!(
        finding["invocations"][1]["workgroup"],
        serde_json::json!([0, 0, 0])
    );
    let (code, github, _) = run("github");
    assert_eq!(code, 1);
    assert!(
        github.starts_with("::error file=sum.wgsl,line=8,col="),
        "{github}"
    );
    let (code, sarif, _) = run("sarif");
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (code, &result["ruleId"], &region["startLine"]),
        (1, &"data-race".into(), &8.into())
    );
}

#[test]
fn numbers_that_are_not_those_expected() {
    let folder = folder(&[
        ("sum.wgsl", SUM),
        ("sum.toml", &LAUNCH.replace("[36.5]", "[36.25]")),
    ]);
    let (code, text, _) = program(folder.path(), &["run", "sum.wgsl"]);
    assert_eq!(code, 1);
    assert!(
        text.contains("eight: @group(0) @binding(1), number 0 is 36.5, and 36.25 is expected"),
        "{text}"
    );
}

#[test]
fn launches_in_comments() {
    let comments: String = LAUNCH.lines().map(|line| format!("//@ {line}\n")).collect();
    let folder = folder(&[("sum.wgsl", &format!("{comments}{SUM}"))]);
    assert_eq!(program(folder.path(), &["run", "sum.wgsl"]).0, 0);
}

#[test]
fn wrong_usage_is_told_with_the_remedy() {
    let folder = folder(&[
        ("sum.wgsl", SUM),
        ("bare.wgsl", SUM),
        ("binary.wgsl", "ok"),
        ("typo.toml", &LAUNCH.replace("binding = 1", "bindng = 1")),
        (
            "two.toml",
            &LAUNCH.replace("unwritten = 4", "unwritten = 4\nzeros = 4"),
        ),
        ("none.toml", "launch = []"),
    ]);
    std::fs::write(folder.path().join("binary.wgsl"), [0xff, 0xfe]).unwrap();
    for (arguments, told) in [
        (
            &["run", "bare.wgsl"][..],
            "bare.wgsl has no launches: write them to bare.toml",
        ),
        (
            &["run", "sum.wgsl", "--launches", "typo.toml"],
            "unknown field `bindng`",
        ),
        (
            &["run", "sum.wgsl", "--launches", "two.toml"],
            "it has one of f32, u32, i32",
        ),
        (
            &["run", "sum.wgsl", "--launches", "none.toml"],
            "none.toml has no [[launch]]",
        ),
        (
            &["run", "sum.wgsl", "--launches", "no.toml"],
            "no.toml cannot be read",
        ),
        (&["lint", "no.wgsl"], "no.wgsl cannot be read"),
        (&["lint", "binary.wgsl"], "binary.wgsl is no text in UTF-8"),
        (&["lint"], "<FILE>..."),
        (
            &["run", "sum.wgsl", "--show", "x"],
            "is not GROUP:BINDING:TYPE",
        ),
    ] {
        let (code, out, error) = program(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

#[test]
fn a_text_that_is_no_shader_is_a_finding() {
    let folder = folder(&[("x.wgsl", "fn f( {"), ("x.toml", LAUNCH)]);
    for command in ["lint", "run"] {
        let (code, text, _) = program(folder.path(), &[command, "x.wgsl"]);
        assert_eq!(code, 1);
        assert!(
            text.contains("not valid WGSL [invalid]") && text.contains("x.wgsl:1:"),
            "{text}"
        );
    }
}

#[test]
fn mutants_are_noticed_or_listed() {
    let folder = folder(&[("sum.wgsl", SUM), ("sum.toml", LAUNCH)]);
    let (code, text, _) = program(folder.path(), &["mutate", "sum.wgsl"]);
    assert!(
        text.contains(" mutants: ") && text.contains(" caught, "),
        "{text}"
    );
    assert_eq!(code, i32::from(!text.contains(" 0 missed")));
    let (_, json, _) = program(folder.path(), &["mutate", "sum.wgsl", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let barrier = json["mutants"].as_array().unwrap().iter();
    let barrier: Vec<_> = barrier
        .filter(|row| row["what"] == "a barrier is dropped")
        .collect();
    assert_eq!(barrier.len(), 1);
    assert_eq!(barrier[0]["verdict"]["caught"], "data race");
}

#[test]
#[cfg(unix)]
fn a_command_notices_mutants_and_the_shader_is_as_it_was() {
    let folder = folder(&[("sum.wgsl", SUM)]);
    let faults = "
        [[fault]]
        file = 'sum'
        breaks = 'the first number is lost'
        search = 'part[i] = x[i];'
        replace = 'part[i] = x[i] * f32(i);'
        [[fault]]
        file = 'sum'
        breaks = 'nothing that the command looks at'
        search = 'var k = 4u'
        replace = 'var k = 2u'";
    std::fs::write(folder.path().join("faults.toml"), faults).unwrap();
    let arguments = [
        "mutate",
        "sum.wgsl",
        "--faults",
        "faults.toml",
        "--command",
        "grep -q 'x.i.;' sum.wgsl",
    ];
    let (code, text, error) = program(folder.path(), &arguments);
    assert_eq!(code, 1, "{error}");
    assert!(text.contains("nothing that the command looks at"), "{text}");
    assert!(
        text.ends_with("2 mutants: 1 missed, 1 caught, 0 unviable\n"),
        "{text}"
    );
    let read = std::fs::read_to_string(folder.path().join("sum.wgsl")).unwrap();
    assert_eq!(read, SUM);
    assert!(!folder.path().join("sum.wgsl.sound").exists());
    let (code, _, error) = program(folder.path(), &["mutate", "sum.wgsl", "--command", "false"]);
    assert_eq!(code, 2);
    assert!(error.contains("fails before any change"), "{error}");
}
