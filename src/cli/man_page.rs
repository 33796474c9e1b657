//! [`man_page`]: a command's man page, from the text of its help and what all pages share.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::examples;
use super::exit_codes::EXIT_CODES;

/// Variables that gatefold reads, and what they do.
const ENVIRONMENT: [(&str, &str); 7] = [
    (
        "GATEFOLD_HOME",
        "The cache folder: downloaded corpora and encoded reviews. Without it, it is gatefold in the system's folder for caches.",
    ),
    (
        "WGPU_ADAPTER_NAME",
        "The device, where --adapter names none: part of an adapter's name, or cpu.",
    ),
    (
        "WGPU_BACKEND",
        "Which interfaces to look for adapters with: vulkan, metal, dx12. Several are separated by commas.",
    ),
    (
        "WGPU_POWER_PREF",
        "Which of several GPUs to take: low or high, for the one that needs little power or the fast one.",
    ),
    (
        "ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
        "Proxies for gatefold data fetch.",
    ),
    (
        "NO_COLOR",
        "If it is set and not empty, no colours are printed.",
    ),
    (
        "RUST_LOG",
        "Which messages to print, in the syntax of env_logger. It comes before --verbose.",
    ),
];

/// Files that gatefold writes and reads where no option names others.
const FILES: [(&str, &str); 6] = [
    (
        "runs/NAME-DATA/",
        "A run of the model NAME on DATA: report.html, plots, history.csv, history.json and the files below.",
    ),
    (
        "config.toml",
        "In the folder of a run: what was trained, on what and how.",
    ),
    (
        "model.safetensors, best.safetensors",
        "In the folder of a run: the parameters of the last epoch and of the best.",
    ),
    (
        "checkpoint.safetensors",
        "In the folder of a run: where --resume goes on.",
    ),
    (
        "progress.jsonl",
        "In the folder of a run: what it tells while it trains. gatefold watch reads it.",
    ),
    (
        "~/.cache/gatefold/",
        "The cache folder on Linux. GATEFOLD_HOME names another.",
    ),
];

/// The name of the command's page and its text. The command is [built](Command::build).
///
/// # Errors
/// What writing to memory can fail with.
pub fn man_page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    own_sections(command).to_writer(&mut page)?;
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok((man.get_filename(), page))
}

fn own_sections(command: &Command) -> Roff {
    let mut page = Roff::new();
    let is_root = !command
        .get_bin_name()
        .is_some_and(|name| name.contains(' '));
    // What stands below the help of all commands has sections of its own.
    if let Some(notes) = command.get_after_help().filter(|_| !is_root) {
        page.control("SH", ["NOTES"]);
        as_it_stands(&mut page, &notes.to_string());
    }
    page.control("SH", ["EXAMPLES"]);
    for (what, lines) in examples::of(command.get_bin_name().unwrap_or_default()) {
        page.control("PP", []);
        page.text([roman(format!("{what}:"))]);
        page.control("PP", []);
        page.control("RS", ["4"]);
        as_it_stands(&mut page, lines);
        page.control("RE", []);
    }
    page.control("SH", ["ENVIRONMENT"]);
    for (name, words) in ENVIRONMENT {
        entry(&mut page, name, words);
    }
    page.control("SH", ["FILES"]);
    for (name, words) in FILES {
        entry(&mut page, name, words);
    }
    page.control("SH", ["EXIT STATUS"]);
    for (code, _, words) in EXIT_CODES {
        entry(&mut page, &code.to_string(), words);
    }
    if !is_root {
        page.control("SH", ["SEE ALSO"]);
        page.text([bold("gatefold"), roman("(1)")]);
    }
    page
}

/// Lines that are not filled up.
fn as_it_stands(page: &mut Roff, text: &str) {
    page.control("nf", []);
    for line in text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

/// A name, and its words indented below it.
fn entry(page: &mut Roff, name: &str, words: &str) {
    page.control("TP", []);
    page.text([bold(name)]);
    page.text([roman(words)]);
}
