//! `gatefold plot`: the plots of finished runs, drawn again from their histories.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::Error;
use gatefold::model::Variant;
use gatefold::report::{read_history, write_overview, write_run};
use gatefold::train::History;

use super::args::PlotArgs;
use super::run_config::data_name;
use super::run_folder;
use super::settings::option;

/// Draws each run's plots into its folder, and what compares several runs.
///
/// All histories are read before anything is written.
pub fn run(args: &PlotArgs) -> Result<()> {
    let mut folders = Vec::new();
    for run in &args.runs {
        folders.extend(runs_in(run)?);
    }
    let mut histories = Vec::with_capacity(folders.len());
    let mut notes = Vec::with_capacity(folders.len());
    for folder in &folders {
        let history = read_history(folder)?;
        if history.epochs.is_empty() {
            let problem = format!(
                "{}: no epochs in its history, nothing to draw",
                folder.display()
            );
            return Err(Error::Data(problem).into());
        }
        histories.push(history);
        notes.push(data_name(folder)?);
    }
    let overview = match (&folders[..], &args.out) {
        ([_], None) => None,
        (_, Some(out)) => Some(out.clone()),
        (folders, None) => Some(common_parent(folders)?),
    };
    if let Some(overview) = &overview {
        run_folder::check(overview, true)?;
        fs::create_dir_all(overview).map_err(Error::io(overview))?;
    }
    let mut written = Vec::new();
    for ((folder, history), note) in folders.iter().zip(&histories).zip(&notes) {
        written.extend(write_run(folder, history, note.as_deref())?);
    }
    if let Some(overview) = overview {
        notes.dedup();
        name_apart(&mut histories, &folders);
        let names: Vec<String> = notes.into_iter().flatten().collect();
        let note = (!names.is_empty()).then(|| names.join(", "));
        written.extend(write_overview(&overview, &histories, note.as_deref())?);
    }
    let mut out = io::stdout().lock();
    for path in written {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

/// The run in `folder`, or the runs in the folders below it where it is a comparison.
fn runs_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_run = |folder: &Path| {
        ["history.json", "history.csv"]
            .iter()
            .any(|name| folder.join(name).is_file())
    };
    if is_run(folder) || !folder.is_dir() {
        return Ok(vec![folder.to_path_buf()]);
    }
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if is_run(&path) {
            runs.push(path);
        }
    }
    // As they were compared; others after them, by name.
    runs.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_os_string();
        let rank = Variant::ALL
            .iter()
            .position(|variant| name == variant.name());
        (rank.unwrap_or(Variant::ALL.len()), name)
    });
    // Without any, reading the folder itself says what is missing.
    Ok(if runs.is_empty() {
        vec![folder.to_path_buf()]
    } else {
        runs
    })
}

/// Calls runs of one variant after their folders.
fn name_apart(histories: &mut [History], folders: &[PathBuf]) {
    let variants: HashSet<&str> = histories
        .iter()
        .map(|history| history.variant.as_str())
        .collect();
    if variants.len() == histories.len() {
        return;
    }
    for (history, folder) in histories.iter_mut().zip(folders) {
        history.variant = folder.display().to_string();
    }
}

fn common_parent(folders: &[PathBuf]) -> Result<PathBuf> {
    let parents = folders
        .iter()
        .map(|folder| {
            let whole = fs::canonicalize(folder).map_err(Error::io(folder))?;
            Ok(whole.parent().unwrap_or(&whole).to_path_buf())
        })
        .collect::<Result<Vec<_>>>()?;
    match (
        parents.first(),
        folders.first().and_then(|folder| folder.parent()),
    ) {
        (Some(first), Some(parent)) if parents.iter().all(|other| other == first) => {
            Ok(parent.to_path_buf())
        }
        _ => Err(option(
            "--out",
            "the runs lie in different folders; say where to write what compares them",
        )
        .into()),
    }
}
