//! [`View`]: which runs' curves are shown, and what sets the runs apart: a colour, and a mark for where there is none.

use ratatui::style::Color;

/// Of the 16 colours that every terminal has and every theme keeps legible.
const COLOURS: [Color; 5] = [
    Color::Cyan,
    Color::Yellow,
    Color::Magenta,
    Color::Green,
    Color::Blue,
];

/// What marks the points of a run's validation and stands before its name.
const MARKS: [char; 7] = ['•', '×', '+', 'o', '*', '#', '@'];

/// Which curves are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// All runs' validation, and the training of the one under way; of a single run both.
    #[default]
    All,
    /// Training and validation of one run, by its place in [`runs`](super::WatchedFolder::runs).
    Run(usize),
}

impl View {
    /// The view after this one, of `runs` runs; after the last comes the first again.
    #[must_use]
    pub fn next(self, runs: usize) -> View {
        match self {
            View::All if runs > 1 => View::Run(0),
            View::Run(run) if run + 1 < runs => View::Run(run + 1),
            View::All | View::Run(_) => View::All,
        }
    }

    /// The view before this one.
    #[must_use]
    pub fn previous(self, runs: usize) -> View {
        match self {
            View::All if runs > 1 => View::Run(runs - 1),
            View::Run(run) if run > 0 => View::Run(run - 1),
            View::All | View::Run(_) => View::All,
        }
    }
}

/// The colour of the run with this place.
pub(super) fn colour(run: usize) -> Color {
    COLOURS[run % COLOURS.len()]
}

/// The mark of the run with this place.
pub(super) fn mark(run: usize) -> char {
    MARKS[run % MARKS.len()]
}
