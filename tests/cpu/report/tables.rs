//! Runs side by side.

use gatefold::report::{
    best_epoch, comparison_markdown, comparison_table, comparison_table_within,
};
use gatefold::train::{EpochRecord, History};

use super::learning;

#[test]
fn the_comparison_fits_eighty_columns_and_finds_the_best_epoch() {
    let mut best_first = learning();
    best_first.epochs[1].val_accuracy = 0.93;
    best_first.epochs[3].val_accuracy = f64::NAN;
    let mut unknown = History {
        variant: "a variant with a name that is far too long for one line".to_owned(),
        parameters: None,
        ..learning()
    };
    unknown
        .epochs
        .iter_mut()
        .for_each(|record| record.seconds = 0.0);
    let empty = History::new("baseline", 1_234_567);

    let table = comparison_table(&[best_first.clone(), unknown, empty]);
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    let row = |name: &str| {
        let line = table
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a row");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        row("bidirectional"),
        "bidirectional 561,089 0.1200 0.9600 0.3900 0.8900 0.9300 (2) 5m 07s"
    );
    assert_eq!(row("baseline"), "baseline 1,234,567 – – – – – –");

    best_first.variant = "a|b".to_owned();
    let markdown = comparison_markdown(&[best_first]);
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines.len(), 3, "{markdown}");
    assert!(!markdown.contains("Time"), "{markdown}");
    assert!(lines[2].starts_with("| a\\|b"), "{markdown}");
    assert!(
        lines[1].chars().all(|mark| "|-".contains(mark)),
        "{markdown}"
    );
}

#[test]
fn a_narrow_terminal_gets_the_figures_below_the_name() {
    let runs = [learning(), History::new("baseline", 561_089)];
    assert_eq!(
        comparison_table_within(&runs, 60),
        "\
bidirectional
  Parameters  561,089
  Train       loss 0.1200  acc. 0.9600
  Val.        loss 0.3900  acc. 0.8900
  Best val.   acc. (epoch) 0.8900 (5)
  Time        5m 07s

baseline
  Parameters  561,089
  Train       loss –  acc. –
  Val.        loss –  acc. –
  Best val.   acc. (epoch) –
  Time        –"
    );
    for columns in 40..=80 {
        let table = comparison_table_within(&runs, columns);
        let widest = table.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{columns}:\n{table}");
        for figure in ["561,089", "0.1200", "0.8900 (5)", "5m 07s"] {
            assert!(table.contains(figure), "{figure} at {columns}:\n{table}");
        }
    }
    assert_eq!(comparison_table_within(&runs, 80), comparison_table(&runs));
}

#[test]
fn the_first_of_equally_good_epochs_is_the_best() {
    let mut tied = learning();
    tied.epochs[1].val_accuracy = 0.89;
    for table in [
        comparison_table(&[tied.clone()]),
        comparison_table_within(&[tied.clone()], 40),
        comparison_markdown(&[tied]),
    ] {
        assert!(table.contains("0.8900 (2)"), "{table}");
    }
}

#[test]
fn an_epoch_whose_accuracy_is_no_number_is_not_the_best() {
    let epoch = |epoch, val_accuracy| EpochRecord {
        epoch,
        val_accuracy,
        ..EpochRecord::default()
    };
    let mixed = [epoch(1, f64::NAN), epoch(2, 0.5), epoch(3, f64::NAN)];
    assert_eq!(best_epoch(&mixed).map(|best| best.epoch), Some(2));
    assert_eq!(best_epoch(&mixed[..1]), None);
    assert_eq!(best_epoch(&[]), None);
}
