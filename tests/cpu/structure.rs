//! How the files of `src/` lean on each other: in one direction, and in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folders, those first that know least. Those of one line do not know each other.
const FLOORS: [&[&str]; 12] = [
    &["data"],
    &["batch"],
    &["model"],
    &["plan"],
    &["gpu", "native"],
    &["device", "ranks"],
    &["train"],
    &["report", "exchange"],
    &["run"],
    &["sweep"],
    &["watch", "serve"],
    &["cli"],
];

/// What every folder may use, and what uses no folder.
const GROUND: [&str; 5] = ["error", "atomic", "http", "random", "template"];

/// What the tests use, and the check of a benchmark: the twins.
const TWINS: &str = "reference";
const CHECK: &str = "cli/bench/survey_cells.rs";

/// A module's path below `src/`: `["plan", "kernel"]`.
type Module = Vec<String>;

/// The files of `src/`, and what each takes from others.
struct Sources {
    /// Name below `src/` and text without comments, strings and unit tests, by module.
    files: BTreeMap<Module, (String, String)>,
    /// What a module passes on: name, and the path that stands for it.
    passed_on: BTreeMap<(Module, String), Vec<String>>,
}

impl Sources {
    fn read() -> Sources {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let below = path.strip_prefix(&root).unwrap();
                    let name = below.to_str().unwrap().replace('\\', "/");
                    let text = code(&std::fs::read_to_string(&path).unwrap());
                    files.insert(module_of(&name), (name, text));
                }
            }
        }
        let mut sources = Sources {
            files,
            passed_on: BTreeMap::new(),
        };
        for (module, (_, text)) in &sources.files {
            for (public, path) in imports(text) {
                let absolute = sources.absolute(module, &path);
                if let (true, Some(absolute)) = (public, absolute) {
                    let (path, name) = renamed(absolute);
                    sources.passed_on.insert((module.clone(), name), path);
                }
            }
        }
        sources
    }

    /// The path from the root on; none where it leads out of the crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let from = |base: &[String], rest: &[String]| {
            let mut base = base.to_vec();
            let mut rest = rest;
            while let Some(("super", more)) = rest.split_first().map(|(s, more)| (s.as_str(), more))
            {
                base.pop();
                rest = more;
            }
            Some([&base[..], rest].concat())
        };
        match first.as_str() {
            "crate" | "gatefold" => from(&[], rest),
            "self" => from(module, rest),
            "super" => from(module, path),
            name => {
                let child = [&module[..], &[name.to_owned()]].concat();
                self.files
                    .contains_key(&child)
                    .then(|| from(module, path))?
            }
        }
    }

    /// The module whose file holds what an absolute path names.
    fn home(&self, path: &[String]) -> Module {
        let mut module = Module::new();
        let mut rest = path;
        // A name may be passed on, and so on; no chain is longer than that.
        let mut hops = 0;
        let mut owned;
        while let Some((name, more)) = rest.split_first() {
            let child = [&module[..], std::slice::from_ref(name)].concat();
            let passed = self.passed_on.get(&(module.clone(), name.clone()));
            if let Some(path) = passed.filter(|path| hops < 8 && **path != child) {
                hops += 1;
                owned = [&path[..], more].concat();
                module = Module::new();
                rest = &owned;
            } else if self.files.contains_key(&child) {
                module = child;
                rest = more;
            } else {
                break;
            }
        }
        module
    }

    /// File by file, those that it takes something from.
    fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (module, (name, text)) in &self.files {
            let from = arrows.entry(name).or_default();
            let used = imports(text)
                .into_iter()
                .filter(|(public, _)| !public)
                .map(|(_, path)| path)
                .chain(paths(text));
            for path in used {
                let Some(path) = self.absolute(module, &path) else {
                    continue;
                };
                let home = self.home(&renamed(path).0);
                if let Some((other, _)) = self.files.get(&home).filter(|(other, _)| other != name) {
                    from.insert(other);
                }
            }
        }
        arrows
    }
}

/// `plan/mod.rs` is `plan`, `plan/kernel.rs` is `plan::kernel`, `lib.rs` the root.
fn module_of(file: &str) -> Module {
    if file == "lib.rs" {
        return Module::new();
    }
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let file = file.strip_suffix("/mod").unwrap_or(file);
    file.split('/').map(str::to_owned).collect()
}

/// The text without comments, strings, and the unit tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut parts = line.split('"').step_by(2);
        code.extend(parts.next());
        parts.for_each(|part| code.extend(["\"\"", part]));
        code.push('\n');
    }
    code
}

/// Every path of the `use` declarations, and whether it is passed on.
fn imports(text: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("use ") {
        let line = text[..start].rsplit('\n').next().unwrap_or_default();
        let before = line.trim();
        let public = before.starts_with("pub");
        if !(before.is_empty() || public && !before.contains('=')) {
            continue;
        }
        let tree = text[start + 4..].split(';').next().unwrap_or_default();
        for path in leaves(tree) {
            found.push((public, path));
        }
    }
    found
}

/// The paths of a tree: `a::{b, c::d as e}` holds `a::b` and `a::c::d as e`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        return vec![
            tree.split("::")
                .map(|name| name.trim().to_owned())
                .collect(),
        ];
    };
    let head: Vec<String> = head
        .split("::")
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices().chain([(inner.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inner[start..at].trim();
                start = (at + 1).min(inner.len());
                if !part.is_empty() {
                    found.extend(
                        leaves(part)
                            .into_iter()
                            .map(|leaf| [&head[..], &leaf].concat()),
                    );
                }
            }
            _ => {}
        }
    }
    found
}

/// Paths that stand in code itself: `crate::plan::names::BATCH`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in ["crate::", "super::", "gatefold::"] {
        for (start, _) in text.match_indices(root) {
            let before = text[..start].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || ":_$".contains(letter)) {
                continue;
            }
            let path: String = text[start..]
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || ":_".contains(*letter))
                .collect();
            // A tree of a declaration is read there.
            if !path.ends_with(':') {
                found.push(path.split("::").map(str::to_owned).collect());
            }
        }
    }
    found
}

/// The path without `as NAME`, `self` and `*`, and the name that it is known by.
fn renamed(mut path: Vec<String>) -> (Vec<String>, String) {
    let last = path.pop().unwrap_or_default();
    let (item, name) = match last.split_once(" as ") {
        Some((item, name)) => (item.trim().to_owned(), name.trim().to_owned()),
        None => (last.clone(), last),
    };
    match item.as_str() {
        "self" => {
            let name = path.last().cloned().unwrap_or_default();
            (path, name)
        }
        "*" => (path, name),
        _ => {
            path.push(item);
            (path, name)
        }
    }
}

/// The files that can be reached.
fn reachable<'a>(from: &str, arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = arrows[from].iter().copied().collect();
    while let Some(file) = open.pop() {
        if reached.insert(file) {
            open.extend(&arrows[file]);
        }
    }
    reached
}

/// The folder below `src/`, or the file itself.
fn folder(file: &str) -> &str {
    let end = file.find('/').or_else(|| file.find('.'));
    &file[..end.unwrap_or(file.len())]
}

fn floor(folder: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&folder))
}

#[test]
fn no_files_lean_on_each_other_in_a_circle() {
    let sources = Sources::read();
    let arrows = sources.arrows();
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 500);
    let mut circles = BTreeSet::new();
    for &file in arrows.keys() {
        let reached = reachable(file, &arrows);
        let circle: Vec<&str> = reached
            .iter()
            .copied()
            .filter(|other| reachable(other, &arrows).contains(file))
            .collect();
        if circle.len() > 1 {
            let within = circle.iter().map(|file| {
                let to = arrows[file].iter().filter(|to| circle.contains(to));
                format!("  {file} -> {}", to.copied().collect::<Vec<_>>().join(", "))
            });
            circles.insert(within.collect::<Vec<_>>().join("\n"));
        }
    }
    let circles: Vec<String> = circles.into_iter().collect();
    assert!(
        circles.is_empty(),
        "circles of files:\n{}",
        circles.join("\n\n")
    );
}

#[test]
fn no_folder_knows_those_above_it() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for (file, used) in sources.arrows() {
        let (own, roots) = (folder(file), ["lib", "main"]);
        for other in used {
            let their = folder(other);
            let allowed = own == their
                || roots.contains(&own)
                || GROUND.contains(&their)
                // The twins compute what plans do, and know models alone.
                || own == TWINS && floor(their) <= floor("model")
                || their == TWINS && file == CHECK
                || floor(own).is_some() && floor(their).is_some() && floor(their) < floor(own);
            if !allowed {
                wrong.push(format!("{file} takes from {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_are_read_from_declarations_and_code() {
    let text = code(
        "use a::{b, c::{self, d as e}};\npub(super) use x::y;\n// use no::no;\nfn f() { super::g::h(\"crate::no\") }\n",
    );
    let read: Vec<String> = imports(&text)
        .iter()
        .map(|(_, path)| path.join("::"))
        .collect();
    assert_eq!(read, ["a::b", "a::c::self", "a::c::d as e", "x::y"]);
    assert_eq!(paths(&text), [["super", "g", "h"].map(str::to_owned)]);
    assert_eq!(leaves("a :: b"), [["a", "b"].map(str::to_owned)]);
}
