//! The figure of a learning-rate range test.

use gatefold::report::rates_figure;
use gatefold::train::{RangePoint, RangeTest};

/// A test whose losses are these, and so are their running means.
fn test(losses: &[f64]) -> RangeTest {
    let points = losses.iter().map(|&loss| RangePoint {
        rate: 0.0,
        loss,
        smoothed: loss,
    });
    RangeTest {
        points: points.collect(),
    }
}

#[test]
fn rates_stand_on_a_logarithmic_axis() {
    let svg = rates_figure(&test(&[0.7; 70]), None).to_svg().unwrap();
    for tick in [
        "1e\u{2212}6",
        "1e\u{2212}5",
        "1e\u{2212}4",
        "1e\u{2212}3",
        "Learning rate",
    ] {
        assert!(svg.contains(&format!(">\n{tick}\n<")), "{tick} in {svg}");
    }
    // Step 60 is the last whole power.
    assert!(!svg.contains("1e\u{2212}2"), "{svg}");
}

/// Dots beyond twice the first loss are left out; the line ends at the first of them and does not come back.
#[test]
fn losses_beyond_bounds_are_not_shown() {
    let figure = rates_figure(&test(&[0.7, 0.6, 1.5, 0.8, 0.7]), None);
    let [dots, line] = &figure.series[..2] else {
        panic!("{figure:?}");
    };
    assert_eq!(dots.points, [(0, 0.7), (1, 0.6), (3, 0.8), (4, 0.7)]);
    assert_eq!(line.points, [(0, 0.7), (1, 0.6)]);
}
