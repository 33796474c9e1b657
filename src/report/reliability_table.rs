//! How far probabilities can be trusted, as text for a terminal.

use super::excerpt::excerpt;
use super::measures::{class_of, shown};
use crate::train::Evaluation;

/// Columns of the range of probabilities, of a bin's mean, of its share at least, and of the number of its reviews.
const WIDE: [usize; 4] = [14, 18, 16, 10];
/// The same where a terminal has not as many.
const NARROW: [usize; 4] = [12, 9, 10, 9];

/// A row a bin: its probabilities, their mean, and the share of its reviews that is of the class, or was told rightly.
pub(super) fn reliability_table(evaluation: &Evaluation, columns: usize) -> Vec<String> {
    let share =
        class_of(evaluation).map_or("Accuracy".to_owned(), |class| format!("Fraction {class}"));
    let [range, mean, least, reviews] = WIDE;
    let wide = [range, mean, least.max(share.chars().count() + 2), reviews];
    let is_wide = wide.iter().sum::<usize>() <= columns;
    let (widths, titles) = match is_wide {
        true => (
            wide,
            vec![["Probability", "Mean predicted", &share, "Reviews"].map(str::to_owned)],
        ),
        false => narrow(evaluation, columns),
    };
    let header = titles.iter().map(|titles| row(titles, widths));
    let rule = "─".repeat(widths.iter().sum());
    let bins = evaluation.scores.reliability.iter().map(|bin| {
        let range = format!("{:.1} to {:.1}", bin.lower, bin.upper);
        let (mean, share) = (shown(bin.mean_probability), shown(bin.share));
        row(&[range, mean, share, bin.reviews.to_string()], widths)
    });
    header.chain([rule]).chain(bins).collect()
}

/// Columns that take little room, with titles of two lines.
fn narrow(evaluation: &Evaluation, columns: usize) -> ([usize; 4], Vec<[String; 4]>) {
    let [range, mean, least, reviews] = NARROW;
    let most = columns.saturating_sub(range + mean + reviews);
    let class = class_of(evaluation).and(evaluation.classes.get(1));
    let [above, below] = match class {
        Some(class) => [
            "Fraction".to_owned(),
            excerpt(class, most.saturating_sub(2)),
        ],
        None => [String::new(), "Accuracy".to_owned()],
    };
    let share = least.max(below.chars().count() + 2);
    let titles = vec![
        [String::new(), "Mean".to_owned(), above, String::new()],
        [
            "Probability".to_owned(),
            "predicted".to_owned(),
            below,
            "Reviews".to_owned(),
        ],
    ];
    ([range, mean, share, reviews], titles)
}

fn row([range, mean, share, reviews]: &[String; 4], widths: [usize; 4]) -> String {
    let [first, second, third, fourth] = widths;
    let row = format!("{range:first$}{mean:>second$}{share:>third$}{reviews:>fourth$}");
    row.trim_end().to_owned()
}
