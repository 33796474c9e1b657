//! The view in the terminal, on terminals of many sizes.

use std::path::PathBuf;

use gatefold::watch::{ListedRun, RunState, View, WatchedFolder, draw, draw_list};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{begin, end, record, state, steps};

/// Three runs: one over, one under way, one to come.
fn comparison() -> WatchedFolder {
    let history: Vec<_> = (1..=3)
        .map(|epoch| record(epoch, 0.8 + epoch as f64 / 50.0))
        .collect();
    let mut under_way = state(
        &[
            begin(150.0, 1, 0),
            steps(160.0, 1, 40, 0.75),
            steps(199.0, 2, 12, 0.5),
        ],
        &history[..1],
    );
    let mut over = state(&[begin(0.0, 1, 0), end(72.0, None)], &history);
    let mut to_come = state(&[], &[]);
    over.name = "baseline".into();
    under_way.name = "dropout".into();
    to_come.name = "bidirectional".into();
    WatchedFolder {
        folder: PathBuf::from("runs/compare-demo"),
        data: Some("demo (synthetic)".into()),
        runs: vec![over, under_way, to_come],
        below: Vec::new(),
        sweep_is_over: None,
        is_dead: false,
        resume: None,
    }
}

/// What stands on a terminal of this size.
fn drawn(
    watched: &WatchedFolder,
    view: View,
    problem: Option<&str>,
    size: (u16, u16),
) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal
        .draw(|frame| draw(frame, watched, view, true, problem))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(size.0 as usize);
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
        .collect()
}

fn row<'a>(rows: &'a [String], word: &str) -> &'a str {
    let row = rows.iter().find(|row| row.contains(word));
    row.unwrap_or_else(|| panic!("no {word} in\n{}", rows.join("\n")))
}

#[test]
fn eighty_columns_show_all_there_is_to_know() {
    let rows = drawn(&comparison(), View::All, None, (80, 24));
    assert!(rows[0].contains("runs/compare-demo · demo (synthetic)"));
    assert!(
        row(&rows, "baseline")
            .trim_end()
            .ends_with("finished 3 epochs, in 1:12"),
        "{}",
        rows.join("\n")
    );
    let under_way = row(&rows, "dropout");
    for words in ["━", "epoch 2/3", "step 12/40", "1:35 left", "8.00 steps/s"] {
        assert!(under_way.contains(words), "{under_way}");
    }
    assert!(row(&rows, "bidirectional").contains("waiting"));
    // Bars of one length, full where a run is over and empty where it has not begun.
    let bar = |name| -> String {
        let letters = row(&rows, name).chars();
        letters.filter(|letter| "━─".contains(*letter)).collect()
    };
    let [full, part, empty] = ["baseline", "dropout", "bidirectional"].map(bar);
    let columns = full.chars().count();
    assert_eq!((full, empty), ("━".repeat(columns), "─".repeat(columns)));
    assert_eq!(
        part.chars().filter(|letter| *letter == '━').count(),
        columns * 52 / 120
    );
    assert_eq!(part.chars().count(), columns);
    row(
        &rows,
        "accuracy 0.500 loss 0.5000 · epoch 1: val_accuracy 0.820 val_loss 0.6250",
    );
    // Both charts side by side, with dots for validation and dotted lines.
    assert!(row(&rows, "Loss").contains("Accuracy"));
    assert!(rows.iter().any(|row| row.contains('•')));
    let is_braille = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
    assert!(rows.iter().any(|row| row.chars().any(is_braille)));
    assert!(rows[23].contains("quit") && rows[23].contains("Tab"));
}

#[test]
fn narrow_terminals_leave_out_the_least_telling() {
    let rows = drawn(&comparison(), View::All, None, (60, 24));
    assert!(
        !row(&rows, "Loss").contains("Accuracy"),
        "charts below each other"
    );
    row(&rows, "Accuracy");
    assert!(row(&rows, "dropout").contains("step 12/40, 1:35 left"));
    row(&rows, "8.00 steps/s · accuracy 0.500 loss 0.5000");
    let figures = rows
        .iter()
        .position(|row| row.contains("accuracy 0.500 loss 0.5000"));
    assert!(rows[figures.unwrap() + 1].starts_with("epoch 1: val_accuracy 0.820 val_loss 0.6250"));
    let rows = drawn(&comparison(), View::All, None, (40, 24));
    let under_way = row(&rows, "dropout");
    assert!(under_way.contains("epoch 2/3, step 12/40"), "{under_way}");
    assert!(!under_way.contains("steps/s"), "{under_way}");
}

#[test]
fn no_size_is_too_small() {
    for width in [1, 2, 5, 9, 13, 20, 33, 75, 76, 300] {
        for height in [1, 2, 3, 5, 8, 11, 12, 17, 100] {
            for view in [View::All, View::Run(1), View::Run(7)] {
                drawn(&comparison(), view, Some("why"), (width, height));
            }
        }
    }
    let none = WatchedFolder {
        runs: Vec::new(),
        ..comparison()
    };
    drawn(&none, View::All, None, (80, 24));
}

#[test]
fn a_view_shows_its_run_and_leads_to_the_next() {
    let views = [View::All, View::Run(0), View::Run(1), View::Run(2)];
    for (view, next) in views.iter().zip(views.iter().cycle().skip(1)) {
        assert_eq!(view.next(3), *next);
        assert_eq!(next.previous(3), *view);
    }
    assert_eq!(View::All.next(1), View::All);
    let rows = drawn(&comparison(), View::Run(0), None, (80, 24));
    row(&rows, "epoch 3: val_accuracy 0.860");
    // From a list there is a way back to it; how is said where there is little room too.
    for width in [80, 40] {
        let rows = drawn(&comparison(), View::All, None, (width, 24));
        row(&rows, "q quit  Esc all runs  Tab next curves");
    }
}

#[test]
fn what_a_folder_is_called_cannot_steer_the_terminal() {
    let mut watched = comparison();
    watched.folder = PathBuf::from("runs/\u{1b}[2J\u{1b}]0;gone\u{7}");
    watched.runs[0].name = "\u{1b}[31mred\n".into();
    let rows = drawn(&watched, View::All, Some("\u{1b}c"), (80, 24));
    assert!(!rows.concat().contains(char::is_control), "{rows:?}");
}

#[test]
fn numbers_that_are_none_are_not_drawn() {
    let mut broken = record(1, f64::NAN);
    (broken.loss, broken.val_loss) = (f64::INFINITY, f64::NAN);
    let run: RunState = state(&[], &[broken, record(2, 0.5)]);
    let watched = WatchedFolder {
        runs: vec![run],
        ..comparison()
    };
    let rows = drawn(&watched, View::All, None, (80, 24));
    assert!(!rows.concat().contains("NaN"), "{}", rows.join("\n"));
    assert!(rows.iter().any(|row| row.contains('•')));
}

#[test]
fn curves_are_told_apart_without_colour() {
    let mut watched = comparison();
    watched.runs[1].validation = watched.runs[0].validation.clone();
    for point in &mut watched.runs[1].validation {
        point.loss += 1.0;
        point.accuracy /= 2.0;
    }
    let rows = drawn(&watched, View::All, None, (80, 30));
    assert!(row(&rows, "baseline").starts_with("• baseline"));
    assert!(row(&rows, "dropout").starts_with("× dropout"));
    let charts = rows.iter().skip_while(|row| !row.contains("Loss"));
    let charts: Vec<&str> = charts.map(String::as_str).collect();
    assert!(
        charts[0].contains("┈ training ─ validation"),
        "{}",
        charts[0]
    );
    for mark in ['•', '×'] {
        let marks = charts.concat().matches(mark).count();
        assert!(marks >= 4, "{marks} of {mark} in\n{}", charts.join("\n"));
    }
    // Of one run alone, the legend has its mark.
    let rows = drawn(&watched, View::Run(1), None, (80, 30));
    row(&rows, "┈ training ─×─ validation");
}

#[test]
fn fifty_columns_hold_everything() {
    let mut watched = comparison();
    watched.is_dead = true;
    watched.resume = Some("gatefold compare --resume runs/compare-demo".into());
    let rows = drawn(&watched, View::All, None, (50, 30));
    let shown: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
    for words in [
        "epoch 2/3, step 12/40, 1:35 left",
        "8.00 steps/s",
        "epoch 1: val_accuracy 0.820 val_loss 0.6250",
        "Its process is gone and did not say why. Go on",
        "with: gatefold compare --resume runs/compare-demo",
    ] {
        assert!(
            shown.iter().any(|row| row.contains(words)),
            "no {words} in\n{}",
            shown.join("\n")
        );
    }
}

#[test]
fn a_list_shows_its_runs_and_the_one_that_is_chosen() {
    let runs = comparison().runs;
    let named = [
        "sweeps/rates/units=64,rate=0.001,seed=3",
        "mine",
        "old/bidirectional-imdb",
    ];
    let listed: Vec<ListedRun> = runs
        .into_iter()
        .zip(named)
        .map(|(run, name)| ListedRun {
            folder: PathBuf::from("runs").join(name),
            name: name.to_string(),
            began: 0.0,
            state: Ok(run),
        })
        .collect();
    let drawn = |size: (u16, u16), chosen| -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
        terminal
            .draw(|frame| draw_list(frame, "runs", &listed, chosen, None))
            .unwrap();
        let buffer = terminal.backend().buffer();
        let rows = buffer.content().chunks(size.0 as usize);
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
            .collect()
    };
    let wide = drawn((100, 10), 0);
    assert!(wide[0].starts_with("runs · 3 runs, newest first"));
    assert!(
        wide[1].contains("seed=3  finished 3 epochs, val_accuracy 0.860, in 1:12"),
        "{}",
        wide[1]
    );
    // Narrow, a run has lines below its name.
    let narrow = drawn((50, 12), 0);
    assert_eq!(narrow[1].trim_end(), named[0]);
    assert_eq!(
        narrow[2].trim_end(),
        "  finished 3 epochs · val_accuracy 0.860 · in 1:12"
    );
    // The chosen one is in view, however few rows there are.
    for height in 3..8 {
        let rows = drawn((50, height), 2);
        row(&rows, named[2]);
    }
    for width in [1, 5, 30] {
        drawn((width, 2), 1);
    }
}
