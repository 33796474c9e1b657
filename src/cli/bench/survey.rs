//! What every form of the kernels takes on a device: measured without a model on the command line, kept with `--report`, read
//! again with `--compare`.

use std::path::Path;

use gatefold::gpu::AdapterReport;
use gatefold::{Error, Result};
use serde::{Deserialize, Serialize};

use super::figures::{figure, measured, table};
use super::report::{Spread, System};
use crate::cli::screen::field;

/// To be raised whenever a field changes its meaning.
pub const SURVEY: u32 = 1;

/// Times of an LSTM in both directions, below a dense layer, for some sizes and every form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Survey {
    /// [`SURVEY`].
    pub survey: u32,
    /// Version of gatefold.
    pub gatefold: String,
    pub system: System,
    pub adapter: AdapterReport,
    /// T.
    pub length: usize,
    /// T of the steps that are checked against the twin.
    pub checked_length: usize,
    pub cells: Vec<Cell>,
}

/// A form at some sizes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cell {
    #[serde(flatten)]
    pub case: Case,
    /// Null where the cell could not be measured.
    pub figures: Option<Figures>,
    /// Why it could not be, or what is wrong in it.
    pub problem: Option<String>,
}

/// What a cell measures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Form of the kernels: `subgroup, 8 lanes`.
    pub kernels: String,
    /// H.
    pub units: usize,
    /// B.
    pub batch_size: usize,
    /// Whether steps only predict.
    pub inference: bool,
}

/// A cell's findings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// The kernels of the recurrence, with their sizes.
    pub recurrences: Vec<String>,
    pub step_ms: Spread,
    /// Of the recurrence alone, both directions together, in microseconds.
    pub forward_us_a_timestep: f64,
    /// Null where steps only predict.
    pub backward_us_a_timestep: Option<f64>,
    /// The first step with all that is compiled for it.
    pub first_step_ms: f64,
    /// The largest error beside the f64 twin: of a gradient's tensor by norms, or of a probability.
    pub error: f64,
}

impl Case {
    /// `split, H = 64, B = 10, training`
    pub fn text(&self) -> String {
        let pass = match self.inference {
            true => "inference",
            false => "training",
        };
        let Case {
            kernels,
            units,
            batch_size,
            ..
        } = self;
        format!("{kernels}, H = {units}, B = {batch_size}, {pass}")
    }
}

impl Survey {
    /// The survey in a file that `--report` wrote without a model; `None` where the file holds something else.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] where it is one of another version of gatefold that measured other things.
    pub fn read(path: &Path) -> Result<Option<Survey>> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let malformed = |place: &str, problem: String| Error::Malformed {
            path: path.to_path_buf(),
            place: place.into(),
            problem,
        };
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            return Ok(None);
        };
        let Some(format) = value.get("survey").cloned() else {
            return Ok(None);
        };
        if format != SURVEY {
            let problem = format!(
                "{format} is not {SURVEY}, that of this gatefold; measure anew with gatefold bench --report FILE"
            );
            return Err(malformed("survey", problem));
        }
        serde_json::from_value(value).map(Some).map_err(|error| {
            let problem =
                format!("{error}; measure anew with gatefold bench --report FILE, without a model");
            malformed("the survey", problem)
        })
    }

    /// The cells whose results are not the twin's, or that could not be measured.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.cells.iter().filter_map(|cell| {
            let problem = cell.problem.as_ref()?;
            Some(format!("{}: {problem}", cell.case.text()))
        });
        problems.collect()
    }

    /// The survey for people, 80 columns wide.
    pub fn text(&self) -> String {
        let adapter = &self.adapter;
        let mut lines = vec![
            field(
                "Adapter",
                &format!(
                    "{}: {}, {}; driver {}",
                    adapter.name, adapter.kind, adapter.backend, adapter.driver
                ),
            ),
            field(
                "Steps",
                &format!(
                    "bidirectional LSTM of H units, batches of B × {} random ids",
                    self.length
                ),
            ),
        ];
        let rows: Vec<_> = self.cells.iter().map(Cell::row).collect();
        let titles = ["step, ms", "µs forward", "backward", "error"];
        lines.extend(table(("a timestep of the recurrence", titles), &rows));
        for problem in self.problems() {
            lines.push(field("Wrong", &problem));
        }
        lines.join("\n")
    }

    /// `now` beside `self`, the earlier one, 80 columns wide.
    pub fn compared(&self, now: &Survey) -> String {
        let mut lines = Vec::new();
        let described = |survey: &Survey| {
            [
                ("gatefold", survey.gatefold.clone()),
                ("adapter", survey.adapter.name.clone()),
                ("backend", survey.adapter.backend.clone()),
                ("driver", survey.adapter.driver.clone()),
                ("length", survey.length.to_string()),
            ]
        };
        for ((what, earlier), (_, now)) in described(self).into_iter().zip(described(now)) {
            if earlier != now {
                lines.push(field("Differs", &format!("{what}: {earlier} → {now}")));
            }
        }
        let mut rows = Vec::new();
        for cell in &now.cells {
            let earlier = self.cells.iter().find(|earlier| earlier.case == cell.case);
            let figures = |cell: &Cell| cell.figures.clone();
            if let (Some(before), Some(after)) = (earlier.and_then(figures), figures(cell)) {
                let ratio = |before: f64, after: f64| figure(after / before, 2);
                let backward = before
                    .backward_us_a_timestep
                    .zip(after.backward_us_a_timestep);
                rows.push((
                    cell.case.text(),
                    [
                        ratio(before.step_ms.median, after.step_ms.median),
                        ratio(before.forward_us_a_timestep, after.forward_us_a_timestep),
                        backward.map_or(String::new(), |(before, after)| ratio(before, after)),
                    ],
                ));
            } else {
                lines.push(field("Only now", &cell.case.text()));
            }
        }
        let gone = self.cells.iter().filter(|cell| {
            let same = |other: &Cell| other.case == cell.case;
            !now.cells.iter().any(same)
        });
        lines.extend(gone.map(|cell| field("Only earlier", &cell.case.text())));
        lines.extend(table(
            ("now by earlier", ["step", "forward", "backward"]),
            &rows,
        ));
        lines.join("\n")
    }
}

impl Cell {
    fn row(&self) -> (String, [String; 4]) {
        let cells = match &self.figures {
            None => Default::default(),
            Some(figures) => [
                measured(figures.step_ms.median),
                measured(figures.forward_us_a_timestep),
                figures
                    .backward_us_a_timestep
                    .map_or(String::new(), measured),
                format!("{:.0e}", figures.error),
            ],
        };
        (self.case.text(), cells)
    }
}
