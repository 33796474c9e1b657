//! `gatefold plot`: the plots of finished runs, drawn again from their histories.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use gatefold::Error;
use gatefold::report::{write_overview, write_run};
use gatefold::run::{RunSpec, check_folder, name_apart, read_histories, runs_below};

use super::args::PlotArgs;
use super::usage::option;

/// Draws each run's plots into its folder, and what compares several runs.
///
/// All histories are read before anything is written.
pub fn run(args: &PlotArgs) -> Result<()> {
    let folders = runs_below(&args.runs)?;
    let mut histories = read_histories(&folders)?;
    let mut notes = Vec::with_capacity(folders.len());
    for folder in &folders {
        notes.push(RunSpec::read(folder)?.map(|spec| spec.data.name));
    }
    let overview = match (&folders[..], &args.out) {
        ([_], None) => None,
        (_, Some(out)) => Some(out.clone()),
        (folders, None) => Some(common_parent(folders)?),
    };
    if let Some(overview) = &overview {
        check_folder(overview, true)?;
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
