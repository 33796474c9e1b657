//! `gatefold plot`: the plots of finished runs, drawn again from their histories.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use gatefold::Error;
use gatefold::report::{
    Figure, SpreadCurve, accuracy_overview, loss_overview, spread_overview, write_comparison,
    write_history, write_overview_figures, write_run_figures,
};
use gatefold::run::{
    RunSpec, check_folder, group_seeds, name_apart, read_histories, runs_below, without_seed,
};
use gatefold::train::{EpochRecord, History};

use super::args::PlotArgs;
use super::usage::option;

/// Draws each run's plots into its folder, and what compares several runs.
///
/// All histories are read before anything is written.
pub fn run(args: &PlotArgs) -> Result<()> {
    let options = args.figures.options()?;
    let folders = runs_below(&args.runs)?;
    let histories = read_histories(&folders)?;
    let mut specs = Vec::with_capacity(folders.len());
    for folder in &folders {
        specs.push(RunSpec::read(folder)?);
    }
    let groups = args.over_seeds.then(|| group_seeds(&specs)).transpose()?;
    if groups
        .as_ref()
        .is_some_and(|groups| groups.len() == folders.len())
    {
        let problem = "no two of the runs differ in their seed alone; leave it out";
        return Err(option("--over-seeds", problem).into());
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
    let mut notes: Vec<Option<String>> = specs
        .into_iter()
        .map(|spec| spec.map(|spec| spec.data.name))
        .collect();
    let mut written = Vec::new();
    for ((folder, history), note) in folders.iter().zip(&histories).zip(&notes) {
        written.extend(write_history(folder, history)?);
        written.extend(write_run_figures(
            folder,
            history,
            note.as_deref(),
            &options,
        )?);
    }
    if let Some(overview) = overview {
        notes.dedup();
        let names: Vec<String> = notes.into_iter().flatten().collect();
        let note = (!names.is_empty()).then(|| names.join(", "));
        let note = note.as_deref();
        let mut named = histories.clone();
        name_apart(&mut named, &folders);
        let [accuracy, loss] = match groups {
            Some(groups) => over_seeds(&histories, &groups, &folders, note),
            None => [accuracy_overview(&named, note), loss_overview(&named, note)],
        };
        written.extend(write_overview_figures(
            &overview,
            [&accuracy, &loss],
            &options,
        )?);
        written.push(write_comparison(&overview, &named, note)?);
    }
    let mut out = io::stdout().lock();
    for path in written {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

/// Accuracy and loss of each group as mean and range.
fn over_seeds(
    histories: &[History],
    groups: &[Vec<usize>],
    folders: &[PathBuf],
    note: Option<&str>,
) -> [Figure; 2] {
    let firsts = groups.iter().filter_map(|group| group.first().copied());
    let (mut named, places): (Vec<History>, Vec<PathBuf>) = firsts
        .map(|first| (histories[first].clone(), folders[first].clone()))
        .unzip();
    name_apart(&mut named, &places);
    let bare: HashSet<&str> = named
        .iter()
        .map(|history| without_seed(&history.variant))
        .collect();
    let are_apart = bare.len() == named.len();
    let shared_name = |history: &History| match are_apart {
        true => without_seed(&history.variant).to_owned(),
        false => history.variant.clone(),
    };
    let counts: HashSet<usize> = groups.iter().map(Vec::len).collect();
    let is_one_count = counts.len() == 1;
    let curves = |value: fn(&EpochRecord) -> f64| -> Vec<SpreadCurve> {
        let groups = groups.iter().zip(&named);
        let curve = |(group, name): (&Vec<usize>, &History)| {
            let runs: Vec<&[EpochRecord]> = group
                .iter()
                .map(|&run| &histories[run].epochs[..])
                .collect();
            let label = match runs.len() {
                1 => name.variant.clone(),
                _ if is_one_count => shared_name(name),
                seeds => format!("{}, {seeds} seeds", shared_name(name)),
            };
            SpreadCurve::over(label, &runs, value)
        };
        groups.map(curve).collect()
    };
    let spread = match groups.first() {
        Some(group) if is_one_count && group.len() > 1 => {
            format!("mean and range over {} seeds", group.len())
        }
        _ => "mean and range over seeds".to_owned(),
    };
    let caption = note.map_or(spread.clone(), |note| format!("{spread} · {note}"));
    spread_overview(curves, &caption)
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
