//! `docs/model-file.md` says what the reader of model files does: its examples, keys and answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gatefold::Error;
use gatefold::model::Model;

use super::VOCABULARY;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/model-file.md");
    fs::read_to_string(path).unwrap()
}

fn read(text: &str) -> gatefold::Result<Model> {
    Model::from_toml(Path::new("model.toml"), text, VOCABULARY)
}

fn told(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// What stands in the page's fences of this language.
fn fenced(page: &str, language: &str) -> Vec<String> {
    let opening = format!("\n```{language}\n");
    let blocks = page.split(&opening).skip(1);
    blocks
        .map(|block| block.split("\n```\n").next().unwrap().to_owned())
        .collect()
}

/// What stands between the heading `name` and the next one.
fn section<'a>(page: &'a str, name: &str) -> &'a str {
    let heading = format!("\n### {name}\n");
    let (_, section) = page.split_once(&heading).unwrap_or_else(|| {
        panic!("no section {name}");
    });
    section.split("\n#").next().unwrap()
}

/// The words between backticks, as the reader of TOML lists what it expects.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The values that a key may have, told by what a wrong one is answered.
fn values_of(layer: &str, key: &str) -> BTreeSet<String> {
    let answer = told(&format!(
        "name = \"x\"\nlayer = [{{ type = \"{layer}\", units = 1, {key} = \"wrong\" }}]"
    ));
    let (_, expected) = answer
        .split_once("unknown variant `wrong`, expected")
        .unwrap();
    quoted(expected)
}

/// Every layer that the reader knows, told by what an unknown one is answered.
fn layers() -> BTreeSet<String> {
    let answer = told("name = \"x\"\nlayer = [{ type = \"wrong\" }]");
    let (_, layers) = answer.split_once("`type` must be").unwrap();
    quoted(layers)
}

/// Every key of a layer that the reader knows but `type`, told by what an unknown one is answered.
fn keys_of(layer: &str) -> BTreeSet<String> {
    let answer = told(&format!(
        "name = \"x\"\nlayer = [{{ type = \"{layer}\", wrong = 1 }}]"
    ));
    let (_, expected) = answer.split_once("unknown field `wrong`,").unwrap();
    quoted(expected)
}

#[test]
fn examples_are_whole_files_with_their_summaries() {
    let page = page();
    let (examples, summaries) = (fenced(&page, "toml"), fenced(&page, "text"));
    let names: Vec<String> = examples
        .iter()
        .zip(&summaries)
        .map(|(example, summary)| {
            let model = read(example).unwrap();
            assert_eq!(&model.summary(), summary);
            model.name().to_owned()
        })
        .collect();
    assert_eq!(names, ["baseline", "attentive-gru", "stars"]);
    assert_eq!((examples.len(), summaries.len()), (3, 3));
}

#[test]
fn the_baseline_is_the_variant() {
    let examples = fenced(&page(), "toml");
    let variant = gatefold::model::Variant::Baseline;
    assert_eq!(
        read(&examples[0]).unwrap(),
        variant.model(VOCABULARY).unwrap()
    );
}

#[test]
fn every_layer_and_key_is_described_and_no_other() {
    let page = page();
    let (_, chapter) = page.split_once("\n## Layers\n").unwrap();
    let (chapter, _) = chapter.split_once("\n## ").unwrap();
    let headings: BTreeSet<String> = chapter
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(str::to_owned)
        .collect();
    assert_eq!(headings, layers());
    assert_eq!(
        headings.len(),
        10,
        "the reader's list is read: {headings:?}"
    );
    for layer in &headings {
        let rows = section(&page, layer).lines();
        let keys: BTreeSet<String> = rows
            .filter_map(|row| row.strip_prefix("| `")?.split('`').next())
            .map(str::to_owned)
            .collect();
        assert_eq!(keys, keys_of(layer), "{layer}");
    }
    for (layer, key) in [("dense", "activation"), ("bidirectional", "cell")] {
        let row = section(&page, layer)
            .lines()
            .find(|row| row.starts_with(&format!("| `{key}`")))
            .unwrap();
        let types = row.split(" | ").nth(1).unwrap().replace('"', "");
        assert_eq!(quoted(&types), values_of(layer, key), "{layer}.{key}");
    }
}

/// A row of a table: what a file says, and the answer in a span of code.
fn row(what: &str, answer: &str) -> String {
    let span = match answer.contains('`') {
        true => format!("`` {answer} ``"),
        false => format!("`{answer}`"),
    };
    format!("| {what} | {span} |")
}

#[test]
fn refusals_are_answered_as_the_page_says() {
    let page = page();
    let baseline = &fenced(&page, "toml")[0];
    let lstm = "type = \"lstm\"\nunits = 64";
    // What the page calls it, and what is replaced in the baseline by what.
    let cases = [
        ("no TOML", "name = \"baseline\"", "name = \"baseline".into()),
        ("no `name`", "name = \"baseline\"\n\n", String::new()),
        ("`name = \"a/b\"`", "\"baseline\"", "\"a/b\"".into()),
        (
            "`units = 64` at the top",
            "\n\n[[layer]]",
            "\nunits = 64\n\n[[layer]]".into(),
        ),
        ("`type = \"rnn\"`", "\"lstm\"", "\"rnn\"".into()),
        (
            "`unit = 64` in an `lstm`",
            lstm,
            lstm.replace("units", "unit"),
        ),
        ("no `width`", "width = 64\n", String::new()),
        ("`width = \"64\"`", "width = 64", "width = \"64\"".into()),
        ("`units = 0`", lstm, lstm.replace("64", "0")),
        ("`activation = \"tanh\"`", "\"relu\"", "\"tanh\"".into()),
        (
            "an `lstm` first",
            "[[layer]]\ntype = \"embedding\"\nwidth = 64\n\n",
            String::new(),
        ),
        (
            "an `lstm` on an `lstm`",
            lstm,
            format!("{lstm}\n\n[[layer]]\n{lstm}"),
        ),
        (
            "`activation = \"softmax\"` below the last",
            "\"relu\"",
            "\"softmax\"".into(),
        ),
        (
            "a last layer without an activation",
            "units = 1\nactivation = \"sigmoid\"",
            "units = 1".into(),
        ),
        (
            "`rate = 1.0` in a `dropout`",
            lstm,
            format!("type = \"dropout\"\nrate = 1.0\n\n[[layer]]\n{lstm}"),
        ),
        (
            "`epsilon = 0.0` in a `layer_normalization`",
            lstm,
            format!("type = \"layer_normalization\"\nepsilon = 0.0\n\n[[layer]]\n{lstm}"),
        ),
    ];
    let mut rows: Vec<String> = cases
        .iter()
        .map(|(what, good, bad)| row(what, &told(&baseline.replacen(good, bad, 1))))
        .collect();
    let single = "model.toml: line 3, column 1: write [[layer]] before each layer's keys, in double brackets";
    assert_eq!(told("name = \"x\"\n\n[layer]\ntype = \"lstm\"\n"), single);
    rows.insert(4, row("`[layer]` for `[[layer]]`", single));

    let of_data = |error: Error| match error {
        Error::Model { layer, problem } => format!("model.toml: layer {layer}: {problem}"),
        other => panic!("{other}"),
    };
    let few = baseline.replacen("width", "vocabulary = 100\nwidth", 1);
    let few = read(&few)
        .unwrap()
        .check_vocabulary(VOCABULARY)
        .unwrap_err();
    rows.push(row("fewer rows than the data has ids", &of_data(few)));
    let stars = read(&fenced(&page, "toml")[2]).unwrap();
    let two = stars.check_classes(2).unwrap_err();
    rows.push(row("five units for two classes", &of_data(two)));

    let (_, chapter) = page.split_once("\n## What is refused\n").unwrap();
    let found: Vec<&str> = chapter
        .lines()
        .filter(|line| line.contains("model.toml: "))
        .collect();
    assert_eq!(found, rows);
}
