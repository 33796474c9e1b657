//! The messages of the library: they name fields and functions, never what is typed for them.

use std::path::Path;

/// Options of other programs, which the library tells of.
const OTHERS: [&str; 3] = ["--dereference", "--hard-dereference", "--long"];

/// The string literals of Rust source text, without comments and the unit tests at its end.
fn literals(text: &str) -> Vec<String> {
    let text = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['/', '\'', '"', 'r']) {
        let here = &rest[at..];
        let hashes = here[1..].bytes().take_while(|&byte| byte == b'#').count();
        let follows_name = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let taken = if here.starts_with("//") {
            here.find('\n').unwrap_or(here.len())
        } else if here.starts_with("'\"'") {
            3
        } else if here.starts_with("'\\") {
            4
        } else if let Some(inner) = here.strip_prefix('"') {
            let mut escaped = false;
            let end = inner.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            found.push(inner[..end.unwrap()].to_owned());
            end.unwrap() + 2
        } else if !follows_name && here[1 + hashes..].starts_with('"') && here.starts_with('r') {
            let inner = &here[hashes + 2..];
            let end = inner.find(&format!("\"{}", "#".repeat(hashes))).unwrap();
            found.push(inner[..end].to_owned());
            end + 2 * hashes + 3
        } else {
            1
        };
        rest = &here[taken..];
    }
    found
}

/// What looks like an option: `--` and letters, with nothing but a blank or a mark before it.
fn options(literal: &str) -> Vec<&str> {
    let begins = |at: usize| {
        let before = literal[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '-')
            && literal[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let word = |at: usize| {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let end = literal[at..].find(|c| !letters(c));
        &literal[at..at + end.unwrap_or(literal.len() - at)]
    };
    let found = literal.match_indices("--").map(|(at, _)| at);
    found.filter(|&at| begins(at)).map(word).collect()
}

/// What a message of the library has of the program: its options and commands.
fn of_the_program(text: &str) -> Vec<String> {
    let literals = literals(text);
    let options = literals.iter().flat_map(|literal| options(literal));
    let options = options.filter(|option| !OTHERS.contains(option));
    let commands = literals
        .iter()
        .filter(|literal| literal.contains("`gatefold "));
    options
        .map(str::to_owned)
        .chain(commands.cloned())
        .collect()
}

#[test]
fn no_message_names_an_option_of_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(&root).unwrap();
            if below == Path::new("cli") || below == Path::new("main.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files += 1;
                let found = of_the_program(&std::fs::read_to_string(&path).unwrap());
                assert!(found.is_empty(), "{}: {found:?}", path.display());
            }
        }
    }
    assert!(files > 100, "{files}");
}

#[test]
fn options_are_found_in_strings_alone() {
    let text = r##"
        // give "--no"
        let c = ['"', '\'', '\\'];
        let a = "a -- b, tar --long: \"--data\" and \
                 --vocab FILE";
        let b = r#"see "--config""#; let r = "make one with `gatefold train`";
        "--out", "x--y", "a---b"
        #[cfg(test)]
    "##;
    let expected = [
        "--data",
        "--vocab",
        "--config",
        "--out",
        "make one with `gatefold train`",
    ];
    assert_eq!(of_the_program(text), expected);
    assert!(of_the_program("\n#[cfg(test)]\nlet a = \"--data\";").is_empty());
}

#[test]
fn a_number_that_is_not_finite_is_told_with_the_layers_that_keep_halves() {
    let told = |layers: &[&str]| {
        let error = gatefold::Error::NotFinite {
            step: 4,
            what: "the loss".into(),
            learning_rate: Some(0.5),
            half_layers: layers.iter().map(|&name| name.into()).collect(),
        };
        error.to_string()
    };
    let start = "step 4: the loss is not a finite number; lower `learning_rate` (now 0.5)";
    assert_eq!(told(&[]), start);
    let again = format!(
        "{start}, or begin again with `storage` f32: layers a, b and c keep numbers as f16, which ends at 65,504"
    );
    assert_eq!(told(&["a", "b", "c"]), again);
}
