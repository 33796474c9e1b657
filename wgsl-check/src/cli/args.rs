//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use wgsl_check::Outcome;

/// Unit tests, data races, lints and mutants for WGSL compute shaders, without a GPU.
///
/// Exit codes: 0 nothing found, 1 something found, 2 wrong usage.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says what the text alone shows: barriers that not all reach, words that all store to, WebGPU's default limits
    Lint {
        #[command(flatten)]
        common: Common,
    },
    /// Runs launches on the host: data races, indices out of bounds, numbers that are not those expected
    Run {
        #[command(flatten)]
        common: Common,
        /// The launches [default: FILE with .toml for .wgsl, else the `//@` lines of FILE]
        #[arg(long, value_name = "TOML")]
        launches: Option<PathBuf>,
        /// Prints what a binding holds afterwards, as 0:1:f32 (group, binding, f32, u32 or i32)
        #[arg(long, value_name = "GROUP:BINDING:TYPE")]
        show: Vec<Show>,
    },
    /// Changes the shader at one place after another, and says which changes nothing notices
    Mutate(Mutate),
}

/// What `lint` and `run` share.
#[derive(Debug, Args)]
pub struct Common {
    /// Shaders
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Mutate {
    /// A shader
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The launches that are to notice, as in `run`; not with --command
    #[arg(long, value_name = "TOML", conflicts_with = "command")]
    pub launches: Option<PathBuf>,
    /// Takes the faults of this file in place of those that are made by operators
    #[arg(long, value_name = "TOML")]
    pub faults: Option<PathBuf>,
    /// A command that is to notice: it fails where it does. FILE holds the mutant while it runs, and
    /// $WGSL_CHECK_MUTANT its description
    #[arg(long, value_name = "COMMAND")]
    pub command: Option<String>,
    /// Seconds that the command may take; one that takes longer has noticed
    #[arg(
        long,
        default_value_t = 300,
        value_name = "SECONDS",
        requires = "command"
    )]
    pub timeout: u64,
    /// How what is missed is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the lines of the shader, as rustc
    Text,
    /// One JSON document
    Json,
    /// Annotations of GitHub's workflows
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// A binding to be printed.
#[derive(Debug, Clone)]
pub struct Show {
    group: u32,
    binding: u32,
    kind: String,
}

impl FromStr for Show {
    type Err = String;

    fn from_str(text: &str) -> Result<Show, String> {
        let wrong = || format!("{text:?} is not GROUP:BINDING:TYPE, as 0:1:f32");
        let parts: Vec<&str> = text.split(':').collect();
        let [group, binding, kind] = parts[..] else {
            return Err(wrong());
        };
        if !["f32", "u32", "i32"].contains(&kind) {
            return Err(wrong());
        }
        Ok(Show {
            group: group.parse().map_err(|_| wrong())?,
            binding: binding.parse().map_err(|_| wrong())?,
            kind: kind.to_owned(),
        })
    }
}

impl Show {
    /// A line with the numbers of a launch; `?` is one that is not known.
    pub fn of(&self, launch: &str, outcome: &Outcome) -> anyhow::Result<String> {
        let words = outcome
            .words(self.group, self.binding)
            .with_context(|| format!("--show {}:{}:{}", self.group, self.binding, self.kind))?;
        let number = |word: Option<u32>| match (word, &self.kind[..]) {
            (None, _) => "?".to_owned(),
            (Some(word), "f32") => format!("{:?}", f32::from_bits(word)),
            (Some(word), "i32") => (word as i32).to_string(),
            (Some(word), _) => word.to_string(),
        };
        let numbers: Vec<String> = words.into_iter().map(number).collect();
        Ok(format!(
            "{launch}: @group({}) @binding({}) = [{}]\n",
            self.group,
            self.binding,
            numbers.join(", ")
        ))
    }
}
