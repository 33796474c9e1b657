//! The page as it stands without JavaScript: words, and pictures of the epochs that are over.

use std::path::Path;

use minijinja::context;

use super::folder::{WatchedFolder, look};
use super::page_list::PageList;
use crate::error::Result;
use crate::report::{Figure, accuracy_figure, accuracy_overview, loss_figure, loss_overview};
use crate::run::files;
use crate::template::filled;
use crate::train::History;

/// A picture of the runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Still {
    Accuracy,
    Loss,
}

/// `index.html` of the runs in a folder: what its script would ask for stands in it for a browser that runs none. `query` is
/// what the request asked for, where it is of a run in a list.
pub(super) fn index(folder: &Path, query: Option<&str>) -> Result<String> {
    let (watched, problem) = match look(folder) {
        Ok(watched) => (Some(watched), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let runs = watched
        .iter()
        .flat_map(|watched| watched.runs.iter().zip(watched.reports()));
    let runs: Vec<(String, String, Option<String>)> = runs
        .map(|(run, report)| (run.name.clone(), run.words().join(" · "), report))
        .collect();
    let query = query.map(|query| format!("?{query}"));
    render(context! {
        folder => folder.display().to_string(),
        query => query.unwrap_or_default(),
        problem,
        data => watched.as_ref().and_then(|watched| watched.data.as_ref()),
        runs,
        has_report => report_in(folder),
        is_over => watched.is_some_and(|watched| watched.is_over()),
    })
}

/// `index.html` of all runs below a folder: links to each of them.
pub(super) fn list_index(folder: &Path, list: &PageList) -> Result<String> {
    let rows = list.rows()?;
    let list: Vec<[String; 3]> = rows
        .into_iter()
        .map(|row| [row.link(), row.words.join(" · "), row.name])
        .collect();
    render(context! { folder => folder.display().to_string(), list, query => "" })
}

fn render(content: minijinja::Value) -> Result<String> {
    let page = include_str!("../../assets/watch/index.html");
    filled(&[("index.html", page)], "index.html", content)
}

/// The picture as SVG.
pub(super) fn picture(folder: &Path, still: Still) -> Result<String> {
    let WatchedFolder { data, runs, .. } = look(folder)?;
    let histories: Vec<History> = runs
        .into_iter()
        .map(|run| History {
            variant: run.name,
            parameters: None,
            epochs: run.history,
        })
        .collect();
    let note = data.as_deref();
    let figure: Figure = match (still, &histories[..]) {
        (Still::Accuracy, [history]) => accuracy_figure(history, note),
        (Still::Loss, [history]) => loss_figure(history, note),
        (Still::Accuracy, histories) => accuracy_overview(histories, note),
        (Still::Loss, histories) => loss_overview(histories, note),
    };
    figure.to_svg()
}

/// Whether there is a report of the runs.
pub(super) fn report_in(folder: &Path) -> bool {
    folder.join(files::REPORT).is_file()
}
