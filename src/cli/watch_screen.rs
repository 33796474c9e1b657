//! `gatefold watch` on a terminal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use gatefold::watch::{ListedRun, RunList, View, WatchedFolder, draw, draw_list, look};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long a key or a signal may wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Rows that a page key moves by.
const PAGE: usize = 10;

/// Shows the run in `folder`, read anew at this interval, until `q`, Ctrl-C, or a signal that sets `stop`.
pub fn run(folder: &Path, interval: Duration, stop: &AtomicBool) -> Result<()> {
    on_terminal(|terminal| show(terminal, folder, false, interval, stop).map(drop))
}

/// Shows all runs below `folder`, and the one that is chosen with Enter until Esc, until `q`, Ctrl-C, or a signal.
pub fn run_list(folder: &Path, interval: Duration, stop: &AtomicBool) -> Result<()> {
    on_terminal(|terminal| {
        let mut list = ListScreen::new(folder)?;
        while let Some(run) = list.choose(terminal, interval, stop)? {
            match show(terminal, &run, true, interval, stop)? {
                Left::Back => {}
                Left::Quit => break,
            }
        }
        Ok(())
    })
}

/// Runs `show` on the terminal's other screen.
fn on_terminal(show: impl FnOnce(&mut DefaultTerminal) -> Result<()>) -> Result<()> {
    // Restores the terminal where something panics.
    let mut terminal = ratatui::try_init()?;
    let shown = show(&mut terminal);
    let restored = ratatui::try_restore();
    shown?;
    Ok(restored?)
}

/// How a user left the view of a run.
enum Left {
    /// With Esc, which leads back to where it was opened.
    Back,
    /// With `q` or Ctrl-C, or by a signal.
    Quit,
}

fn show(
    terminal: &mut DefaultTerminal,
    folder: &Path,
    is_listed: bool,
    interval: Duration,
    stop: &AtomicBool,
) -> Result<Left> {
    let mut shown = Refreshed::new(look(folder)?);
    let mut view = View::All;
    while !stop.load(Ordering::Relaxed) {
        let watched: &WatchedFolder = &shown.value;
        terminal.draw(|frame| draw(frame, watched, view, is_listed, shown.problem.as_deref()))?;
        let runs = watched.runs.len();
        match pressed(shown.due(interval))? {
            Some(KeyCode::Char('q')) => return Ok(Left::Quit),
            Some(KeyCode::Esc) => return Ok(Left::Back),
            Some(KeyCode::Tab | KeyCode::Right | KeyCode::Down) => view = view.next(runs),
            Some(KeyCode::BackTab | KeyCode::Left | KeyCode::Up) => view = view.previous(runs),
            _ => {}
        }
        shown.refresh(interval, || look(folder));
    }
    Ok(Left::Quit)
}

/// The list of runs, and which of them is chosen: it stays the same where others begin.
struct ListScreen {
    list: RunList,
    shown: Refreshed<Vec<ListedRun>>,
    chosen: Option<PathBuf>,
}

impl ListScreen {
    fn new(folder: &Path) -> Result<ListScreen> {
        let mut list = RunList::new(folder);
        Ok(ListScreen {
            shown: Refreshed::new(list.look()?),
            list,
            chosen: None,
        })
    }

    /// Shows the list until a run is opened, or the user has seen enough.
    fn choose(
        &mut self,
        terminal: &mut DefaultTerminal,
        interval: Duration,
        stop: &AtomicBool,
    ) -> Result<Option<PathBuf>> {
        let title = self.list.folder().display().to_string();
        while !stop.load(Ordering::Relaxed) {
            let runs = &self.shown.value;
            let place = |path: &PathBuf| runs.iter().position(|run| run.folder == *path);
            let chosen = self.chosen.as_ref().and_then(place).unwrap_or(0);
            let problem = self.shown.problem.as_deref();
            terminal.draw(|frame| draw_list(frame, &title, runs, chosen, problem))?;
            let last = runs.len().saturating_sub(1);
            let next = match pressed(self.shown.due(interval))? {
                Some(KeyCode::Char('q') | KeyCode::Esc) => return Ok(None),
                Some(KeyCode::Enter | KeyCode::Right) if !runs.is_empty() => {
                    return Ok(Some(runs[chosen].folder.clone()));
                }
                Some(KeyCode::Down | KeyCode::Tab) => (chosen + 1).min(last),
                Some(KeyCode::Up | KeyCode::BackTab) => chosen.saturating_sub(1),
                Some(KeyCode::PageDown) => (chosen + PAGE).min(last),
                Some(KeyCode::PageUp) => chosen.saturating_sub(PAGE),
                Some(KeyCode::Home) => 0,
                Some(KeyCode::End) => last,
                _ => chosen,
            };
            if next != chosen {
                self.chosen = runs.get(next).map(|run| run.folder.clone());
            }
            let list = &mut self.list;
            self.shown.refresh(interval, || list.look());
        }
        Ok(None)
    }
}

/// What is shown, and why it may be old.
struct Refreshed<T> {
    value: T,
    problem: Option<String>,
    looked: Instant,
}

impl<T> Refreshed<T> {
    fn new(value: T) -> Refreshed<T> {
        Refreshed {
            value,
            problem: None,
            looked: Instant::now(),
        }
    }

    /// How long a key may be waited for.
    fn due(&self, interval: Duration) -> Duration {
        interval.saturating_sub(self.looked.elapsed()).min(PATIENCE)
    }

    /// Looks again once the interval is over. What was seen last stays in view: a folder may be replaced at any moment.
    fn refresh(&mut self, interval: Duration, look: impl FnOnce() -> gatefold::Result<T>) {
        if self.looked.elapsed() < interval {
            return;
        }
        match look() {
            Ok(now) => (self.value, self.problem) = (now, None),
            Err(error) => self.problem = Some(error.to_string()),
        }
        self.looked = Instant::now();
    }
}

/// Waits for a key; Ctrl-C is `q`.
fn pressed(patience: Duration) -> io::Result<Option<KeyCode>> {
    if !event::poll(patience)? {
        return Ok(None);
    }
    // Another event is a resize, after which all is drawn anyway.
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press,
        ..
    }) = event::read()?
    else {
        return Ok(None);
    };
    Ok(Some(match code {
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char('q'),
        code => code,
    }))
}
