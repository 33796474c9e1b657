//! [`command`]: the program's commands, options and help.

use clap::{Command, CommandFactory};

use super::args::Arguments;
use super::examples::{self, Example};

/// The program's command, with the examples of each command at the end of its help.
pub fn command() -> Command {
    with_examples(Arguments::command(), "gatefold")
}

fn with_examples(mut command: Command, name: &str) -> Command {
    let subcommands: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_string())
        .collect();
    for subcommand in subcommands {
        let full = format!("{name} {subcommand}");
        command = command.mut_subcommand(subcommand, |command| with_examples(command, &full));
    }
    let mut parts = Vec::new();
    if !examples::of(name).is_empty() {
        parts.push(format!("Examples:\n{}", in_help(examples::of(name))));
    }
    parts.extend(command.get_after_help().map(ToString::to_string));
    command.after_help(parts.join("\n\n"))
}

/// The examples as help has them: what each does, and the lines below it, indented.
fn in_help(examples: &[Example]) -> String {
    let told = examples.iter().map(|(what, lines)| {
        let lines: Vec<String> = lines.lines().map(|line| format!("    {line}")).collect();
        format!("  {what}:\n{}", lines.join("\n"))
    });
    told.collect::<Vec<_>>().join("\n")
}
