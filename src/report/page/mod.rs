//! `report.html`: runs on one page that needs no other file, for a browser.

mod chart;
mod epochs;
mod examples;
mod lengths;
mod link;
mod render;
mod sweep;

pub use examples::{Example, surest};
pub use lengths::{LengthErrors, errors_by_length};
#[cfg(feature = "serve")]
pub(crate) use link::link_below;
pub use sweep::{SweepPage, SweepRow, TrialRow, sweep_page};

use crate::error::Result;
use crate::model::Summary;
use crate::report::timing::EpochTiming;
use crate::train::{Evaluation, History, Monitor};

/// What the page tells. Nothing in it depends on when it is written, and only [`ReportedRun::timings`] on when it was
/// trained.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What the runs were trained on.
    pub data: Option<String>,
    /// Whether the reviews are made up, which the page then says.
    pub synthetic: bool,
    /// The command that trains all of the runs, where one does.
    pub command: Option<String>,
    /// In the order in which they are compared.
    pub runs: Vec<ReportedRun>,
}

/// What the page tells of a run.
#[derive(Debug, Clone, Default)]
pub struct ReportedRun {
    /// Its epochs; the variant is what the run is called.
    pub history: History,
    /// The figure by which `best.safetensors` has the best epoch's parameters, where it is known.
    pub monitor: Option<Monitor>,
    /// Whether `model.safetensors` has these parameters, and not those of the last epoch.
    pub keeps_best: bool,
    /// Its layers, where they are known.
    pub summary: Option<Summary>,
    /// What it was trained with.
    pub sections: Vec<Section>,
    /// The command that trains it, where it is known.
    pub command: Option<String>,
    /// The model file that this command reads, if it does.
    pub model_file: Option<String>,
    /// What its epochs took, where the page is to tell it.
    pub timings: Vec<EpochTiming>,
    /// How it does on test reviews, where that was measured.
    pub test: Option<Test>,
}

/// Settings that belong together, as name and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are settings of.
    pub name: String,
    /// In order.
    pub entries: Vec<(String, String)>,
}

/// A run on test reviews.
#[derive(Debug, Clone)]
pub struct Test {
    /// What the reviews are called.
    pub data: String,
    /// How good the run is on them.
    pub evaluation: Evaluation,
    /// Its errors, by length of the reviews.
    pub lengths: Vec<LengthErrors>,
    /// Reviews that it classified wrongly, then some that it classified rightly.
    pub examples: Vec<Example>,
}

/// The page. Two calls with the same report give the same text.
///
/// # Errors
/// [`crate::Error::Internal`] where the template engine refuses.
///
/// # Examples
/// ```
/// use gatefold::report::{Report, ReportedRun, report_page};
/// use gatefold::train::History;
///
/// let run = ReportedRun {
///     history: History::new("<b>aseline", 561_089),
///     ..ReportedRun::default()
/// };
/// let page = report_page(&Report { runs: vec![run], ..Report::default() })?;
/// assert!(page.contains("561,089") && page.contains("&lt;b&gt;aseline"));
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn report_page(report: &Report) -> Result<String> {
    render::render(report)
}
