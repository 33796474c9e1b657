//! `gatefold report`: finished runs on one page.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::Error;
use gatefold::report::{Report, report_page, write_atomically};
use gatefold::run::{Parameters, files, read_report, read_timings, runs_below, try_writing};

use super::args::{ReadingArgs, ReportArgs, TestDataArgs, first_given};
use super::output_file;
use super::report_test::test;
use super::screen::{Output, field};
use super::test_data::{open_run_told, with_test_data};
use super::usage::option;

/// Writes the page, whole or not at all.
pub fn run(args: &ReportArgs, quiet: bool) -> Result<()> {
    let path = place(args)?;
    let folders = runs_below(&args.runs)?;
    let comparison = match &args.runs[..] {
        [folder] => Some(folder.as_path()),
        _ => None,
    };
    let mut report = read_report(&folders, comparison)?;
    let output = Output { json: false, quiet };
    if args.times {
        add_times(&mut report, &folders, output)?;
    }
    match args.examples {
        Some(count) => test_all(&mut report, &folders, count, args, output)?,
        None => refuse_unused(&args.test_data)?,
    }
    write_atomically(&path, report_page(&report)?.as_bytes())?;
    output.result(&field("Report", &path.display().to_string()))
}

/// Where the page goes; fails where it cannot.
fn place(args: &ReportArgs) -> gatefold::Result<PathBuf> {
    match (&args.output, &args.runs[..]) {
        (Some(path), _) => {
            output_file::check("--output", path, args.overwrite)?;
            Ok(path.clone())
        }
        (None, [folder]) => {
            check_writable(folder)?;
            Ok(folder.join(files::REPORT))
        }
        (None, _) => {
            let problem = "several runs were named; say where to write what tells of them";
            Err(option("--output", problem))
        }
    }
}

/// Fails where `folder` is there, but cannot be written in.
fn check_writable(folder: &Path) -> gatefold::Result<()> {
    if !folder.is_dir() {
        return Ok(()); // what is missing, reading it says
    }
    try_writing(folder).map_err(|error| {
        let told = format!("cannot be written: {error}; choose a file with --output FILE");
        Error::io(folder)(std::io::Error::new(error.kind(), told))
    })
}

/// Adds what the epochs took, and tells of which runs that is not known.
fn add_times(report: &mut Report, folders: &[PathBuf], output: Output) -> Result<()> {
    for (reported, folder) in report.runs.iter_mut().zip(folders) {
        let last = reported
            .history
            .epochs
            .last()
            .map_or(0, |record| record.epoch);
        let mut timings = read_timings(folder)?;
        timings.retain(|timing| timing.epoch <= last);
        if timings.is_empty() {
            let words = format!(
                "{}: how long its epochs took is not known, an older version trained it",
                folder.display()
            );
            output.field("Note", &words);
        }
        reported.timings = timings;
    }
    Ok(())
}

fn test_all(
    report: &mut Report,
    folders: &[PathBuf],
    count: usize,
    args: &ReportArgs,
    output: Output,
) -> Result<()> {
    for (reported, folder) in report.runs.iter_mut().zip(folders) {
        let parameters = match args.best {
            true => Parameters::Best,
            false => Parameters::Last,
        };
        let run = open_run_told(folder, parameters, output)?;
        let mut to_test = with_test_data(&run, &args.test_data, &args.device, None, output)?;
        let dataset = &to_test.dataset;
        reported.test = Some(test(&run, &mut to_test.session, dataset, count, output)?);
    }
    Ok(())
}

/// Fails where reviews were named, but nothing is to be tested with them.
fn refuse_unused(data: &TestDataArgs) -> gatefold::Result<()> {
    let ReadingArgs {
        source,
        vocab,
        limit_test,
        no_cache,
    } = &data.reading;
    let others = [
        ("--vocab", vocab.is_some()),
        ("--limit-test", limit_test.is_some()),
        ("--no-cache", *no_cache),
    ];
    let given = source.data.is_some().then_some("--data");
    let given = given.or_else(|| source.table_option());
    match given.or_else(|| first_given(&others)) {
        None => Ok(()),
        Some(name) => Err(option(
            name,
            "says what to test with; give --examples N as well, or leave this out",
        )),
    }
}
