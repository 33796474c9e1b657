//! Launches in TOML: in a file beside the shader, or in its comments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use serde::Deserialize;
use wgsl_check::{Buffer, Finding, Launch, Outcome, Rule};

use super::Source;

/// How the lines of a shader begin that are TOML.
const COMMENT: &str = "//@";

/// A launch and the numbers that it is to leave.
pub struct Test {
    pub name: String,
    pub launch: Launch,
    expected: Vec<(u32, u32, Expect)>,
}

/// A file of launches.
pub struct LaunchFile {
    name: String,
    folder: PathBuf,
    launches: Vec<LaunchSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Launches {
    launch: Vec<LaunchSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaunchSpec {
    name: Option<String>,
    entry: Option<String>,
    groups: [u32; 3],
    subgroup_size: Option<u32>,
    steps: Option<u64>,
    #[serde(default)]
    constants: BTreeMap<String, f64>,
    #[serde(default)]
    buffer: Vec<BufferSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BufferSpec {
    group: u32,
    binding: u32,
    f32: Option<Vec<f32>>,
    u32: Option<Vec<u32>>,
    i32: Option<Vec<i32>>,
    zeros: Option<usize>,
    unknown: Option<usize>,
    unwritten: Option<usize>,
    file: Option<PathBuf>,
    expect: Option<Expect>,
}

/// What a buffer is to hold afterwards.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    f32: Option<Vec<f32>>,
    u32: Option<Vec<u32>>,
    i32: Option<Vec<i32>>,
    /// How far numbers of `f32` may be off, as a share of the expected one, or of 1 if that is less.
    #[serde(default = "within")]
    within: f32,
}

fn within() -> f32 {
    1e-6
}

impl LaunchFile {
    /// The launches of a shader: of the file that is named, of the one beside it, or of its comments.
    pub fn of(source: &Source, named: Option<&Path>) -> anyhow::Result<LaunchFile> {
        let shader = Path::new(&source.path);
        let beside = shader.with_extension("toml");
        let path = match named {
            Some(path) => Some(path.to_owned()),
            None => beside.is_file().then(|| beside.clone()),
        };
        let (name, text, folder) = match path {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
                (path.display().to_string(), text, folder)
            }
            None => {
                // Every other line is empty, so that TOML's messages name the shader's lines.
                let lines = source
                    .text
                    .lines()
                    .map(|line| line.trim_start().strip_prefix(COMMENT).unwrap_or_default());
                let text = lines.collect::<Vec<_>>().join("\n");
                ensure!(
                    !text.trim().is_empty(),
                    "{} has no launches: write them to {}, or into lines of the shader that begin with {COMMENT}",
                    source.path,
                    beside.display()
                );
                let folder = shader.parent().map_or_else(PathBuf::new, Path::to_owned);
                (source.path.clone(), text, folder)
            }
        };
        let launches: Launches =
            toml::from_str(&text).map_err(|error| anyhow!("the launches in {name}: {error}"))?;
        ensure!(!launches.launch.is_empty(), "{name} has no [[launch]]");
        Ok(LaunchFile {
            name,
            folder,
            launches: launches.launch,
        })
    }

    /// Its launches, with the content of the files that they name.
    pub fn tests(&self) -> anyhow::Result<Vec<Test>> {
        let tests = self.launches.iter().enumerate().map(|(number, spec)| {
            let name = spec.name.clone();
            let name = name.unwrap_or_else(|| format!("launch {}", number + 1));
            let place = format!("{}, {name}", self.name);
            spec.test(&self.folder, name).context(place)
        });
        tests.collect()
    }
}

impl LaunchSpec {
    fn test(&self, folder: &Path, name: String) -> anyhow::Result<Test> {
        let mut launch = Launch::new(self.groups);
        launch.entry.clone_from(&self.entry);
        launch.constants.clone_from(&self.constants);
        launch.subgroup_size = self.subgroup_size.unwrap_or(launch.subgroup_size);
        launch.steps = self.steps.unwrap_or(launch.steps);
        let mut expected = Vec::new();
        for spec in &self.buffer {
            let (group, binding) = (spec.group, spec.binding);
            let place = || format!("the buffer at group {group}, binding {binding}");
            ensure!(
                !launch.bindings.contains_key(&(group, binding)),
                "{} is there twice",
                place()
            );
            launch = launch.bind(group, binding, spec.buffer(folder).with_context(place)?);
            if let Some(expect) = &spec.expect {
                ensure!(
                    [
                        expect.f32.is_some(),
                        expect.u32.is_some(),
                        expect.i32.is_some()
                    ]
                    .iter()
                    .filter(|given| **given)
                    .count()
                        == 1,
                    "{}: `expect` has one of f32, u32 and i32",
                    place()
                );
                expected.push((group, binding, expect.clone()));
            }
        }
        Ok(Test {
            name,
            launch,
            expected,
        })
    }
}

impl BufferSpec {
    fn buffer(&self, folder: &Path) -> anyhow::Result<Buffer> {
        let file = match &self.file {
            Some(file) => {
                let path = folder.join(file);
                let bytes = std::fs::read(&path);
                Some(bytes.with_context(|| format!("{} cannot be read", path.display()))?)
            }
            None => None,
        };
        let given: Vec<Buffer> = [
            self.f32.as_deref().map(Buffer::f32),
            self.u32.as_deref().map(Buffer::u32),
            self.i32.as_deref().map(Buffer::i32),
            self.zeros.map(bounded).transpose()?.map(Buffer::zeros),
            self.unknown.map(bounded).transpose()?.map(Buffer::unknown),
            self.unwritten
                .map(bounded)
                .transpose()?
                .map(Buffer::unwritten),
            file.as_deref().map(Buffer::bytes),
        ]
        .into_iter()
        .flatten()
        .collect();
        match <[Buffer; 1]>::try_from(given) {
            Ok([buffer]) => Ok(buffer),
            Err(_) => bail!("it has one of f32, u32, i32, zeros, unknown, unwritten and file"),
        }
    }
}

/// Bytes of a buffer; more is a slip of the pen.
fn bounded(bytes: usize) -> anyhow::Result<usize> {
    ensure!(
        bytes <= 1 << 28,
        "{bytes} bytes; a buffer has 256 MiB at most"
    );
    Ok(bytes)
}

impl Test {
    /// The expectations that the outcome does not meet.
    pub fn unmet(&self, outcome: &Outcome) -> Vec<Finding> {
        let found = self.expected.iter().filter_map(|(group, binding, expect)| {
            let detail = match outcome.words(*group, *binding) {
                Ok(words) => expect.differs(&words)?,
                Err(error) => error.to_string(),
            };
            let detail = format!(
                "{}: @group({group}) @binding({binding}), {detail}",
                self.name
            );
            Some(Finding::new(Rule::Expectation, detail))
        });
        found.collect()
    }
}

impl Expect {
    /// The first number that is another.
    fn differs(&self, words: &[Option<u32>]) -> Option<String> {
        if let Some(expected) = &self.f32 {
            let near = |word: u32, number: f32| {
                let found = f32::from_bits(word);
                let off = (found - number).abs();
                found.to_bits() == number.to_bits()
                    || found.is_nan() && number.is_nan()
                    || off <= self.within * number.abs().max(1.0)
            };
            let show = |word: u32| format!("{:?}", f32::from_bits(word));
            return first(words, expected, near, show);
        }
        if let Some(expected) = &self.u32 {
            return first(
                words,
                expected,
                |word, n| word == n,
                |word| word.to_string(),
            );
        }
        let expected = self.i32.as_deref().unwrap_or_default();
        first(
            words,
            expected,
            |word, n| word as i32 == n,
            |word| (word as i32).to_string(),
        )
    }
}

fn first<T: Copy + std::fmt::Debug>(
    words: &[Option<u32>],
    expected: &[T],
    is: impl Fn(u32, T) -> bool,
    show: impl Fn(u32) -> String,
) -> Option<String> {
    if expected.len() > words.len() {
        return Some(format!(
            "{} numbers are expected, of {} words",
            expected.len(),
            words.len()
        ));
    }
    let (at, (word, number)) = words
        .iter()
        .zip(expected)
        .enumerate()
        .find(|(_, (word, number))| !word.is_some_and(|word| is(word, **number)))?;
    let found = word.map_or_else(|| "not known".to_owned(), show);
    Some(format!(
        "number {at} is {found}, and {number:?} is expected"
    ))
}
