//! The page of a sweep: what compares its trials, and a link to each.

use minijinja::{Value, context};

use super::chart::{Colours, chart};
use super::link::link_below;
use super::render::filled;
use crate::error::Result;
use crate::report::ValueMap;
use crate::report::explanation::DEEPEST;
use crate::report::figure::Figure;
use crate::report::table::number;

/// What the page of a sweep tells. Nothing in it depends on when it is written.
#[derive(Debug, Clone, Default)]
pub struct SweepPage {
    /// What the sweep is called.
    pub name: String,
    /// What the trials were trained on.
    pub data: Option<String>,
    /// Whether the reviews are made up, which the page then says.
    pub synthetic: bool,
    /// Sentences on how much of the sweep there is, and what it says.
    pub sentences: Vec<String>,
    /// Names of the columns of the comparison.
    pub header: Vec<String>,
    /// The configurations, the best first.
    pub rows: Vec<SweepRow>,
    /// Curves of the best of them.
    pub figures: Vec<Figure>,
    /// Where two keys vary: their figures.
    pub map: Option<ValueMap>,
    /// What each key explains of the variance, from 0 to 1.
    pub importance: Vec<(String, f64)>,
    /// Names of the columns of the list of trials.
    pub trial_header: Vec<String>,
    /// All trials.
    pub trials: Vec<TrialRow>,
    /// The sweep file.
    pub file: String,
}

/// A configuration in the comparison.
#[derive(Debug, Clone, Default)]
pub struct SweepRow {
    /// Its cells, as text.
    pub cells: Vec<String>,
    /// What it is to the best, in words.
    pub words: String,
    /// Whether it is the best.
    pub is_best: bool,
}

/// A trial in the list.
#[derive(Debug, Clone, Default)]
pub struct TrialRow {
    /// What its folder is called.
    pub folder: String,
    /// Whether there is a page in that folder.
    pub has_page: bool,
    /// Its cells, as text.
    pub cells: Vec<String>,
}

/// The page. Two calls with the same content give the same text.
///
/// # Errors
/// [`crate::Error::Internal`] where the template engine refuses.
pub fn sweep_page(page: &SweepPage) -> Result<String> {
    filled("sweep.html", content(page))
}

fn content(page: &SweepPage) -> Value {
    let rows = page.rows.iter();
    let rows = rows.map(|row| {
        context! { cells => &row.cells, words => &row.words, is_best => row.is_best }
    });
    let trials = page.trials.iter().map(|trial| {
        // All its letters are plain ones; the engine would escape the slash.
        let link = trial
            .has_page
            .then(|| Value::from_safe_string(link_below(&trial.folder)));
        context! { folder => &trial.folder, link, cells => &trial.cells }
    });
    let figures = page.figures.iter();
    let importance = page.importance.iter().map(|(name, share)| {
        context! { name, share => format!("{:.1}", 100.0 * share) }
    });
    context! {
        title => &page.name,
        data => &page.data,
        synthetic => page.synthetic,
        sentences => &page.sentences,
        header => &page.header,
        rows => rows.collect::<Vec<_>>(),
        charts => figures.map(|figure| chart(figure, Colours::Each)).collect::<Vec<_>>(),
        map => page.map.as_ref().map(map),
        importance => importance.collect::<Vec<_>>(),
        trial_header => &page.trial_header,
        trials => trials.collect::<Vec<_>>(),
        file => &page.file,
    }
}

fn map(map: &ValueMap) -> Value {
    let rows = map.rows.1.iter().zip(&map.values);
    let rows = rows.map(|(name, values)| {
        let cells = values.iter().map(|value| {
            let shown = value.map_or("–".to_string(), number);
            let depth = value.map_or(0.0, |value| DEEPEST * map.depth(value));
            context! { shown, depth => format!("{depth:.2}") }
        });
        context! { name, cells => cells.collect::<Vec<_>>() }
    });
    context! {
        title => &map.title,
        rows_label => &map.rows.0,
        columns_label => &map.columns.0,
        columns => &map.columns.1,
        rows => rows.collect::<Vec<_>>(),
    }
}
