//! `gatefold watch` on a terminal.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use gatefold::watch::{View, draw, look};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long a key or a signal may wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a key asks for.
enum KeyCommand {
    Quit,
    View(View),
}

/// Shows the run in `folder`, read anew at this interval, until `q`, Ctrl-C, or a signal that sets `stop`.
pub fn run(folder: &Path, interval: Duration, stop: &AtomicBool) -> Result<()> {
    // Restores the terminal where something panics.
    let mut terminal = ratatui::try_init()?;
    let shown = show(&mut terminal, folder, interval, stop);
    let restored = ratatui::try_restore();
    shown?;
    Ok(restored?)
}

fn show(
    terminal: &mut DefaultTerminal,
    folder: &Path,
    interval: Duration,
    stop: &AtomicBool,
) -> Result<()> {
    let mut watched = look(folder)?;
    let mut problem = None;
    let mut looked = Instant::now();
    let mut view = View::All;
    while !stop.load(Ordering::Relaxed) {
        terminal.draw(|frame| draw(frame, &watched, view, problem.as_deref()))?;
        let due = interval.saturating_sub(looked.elapsed());
        match asked(due.min(PATIENCE), view, watched.runs.len())? {
            Some(KeyCommand::Quit) => break,
            Some(KeyCommand::View(next)) => view = next,
            None => {}
        }
        if looked.elapsed() >= interval {
            // What was seen last stays in view, a folder may be replaced at any moment.
            match look(folder) {
                Ok(now) => (watched, problem) = (now, None),
                Err(error) => problem = Some(error.to_string()),
            }
            looked = Instant::now();
        }
    }
    Ok(())
}

/// Waits for a key, and tells what it asks for.
fn asked(patience: Duration, view: View, runs: usize) -> io::Result<Option<KeyCommand>> {
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
    Ok(match code {
        KeyCode::Char('q') | KeyCode::Esc => Some(KeyCommand::Quit),
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Some(KeyCommand::Quit),
        KeyCode::Tab | KeyCode::Right | KeyCode::Down => Some(KeyCommand::View(view.next(runs))),
        KeyCode::BackTab | KeyCode::Left | KeyCode::Up => {
            Some(KeyCommand::View(view.previous(runs)))
        }
        _ => None,
    })
}
