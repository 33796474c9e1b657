//! Names at the ends of lines, and the legend where they have no room.

use gatefold::report::{
    Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange,
};

use super::svg::{has_legend, place_of, texts};

/// A line of five epochs.
fn line(label: &str, colour: [u8; 3], values: [f64; 5]) -> Series {
    Series {
        label: label.to_owned(),
        colour,
        curve: Curve::Line,
        dash: Dash::Solid,
        marker: Some(Marker::Square),
        mark_every: 1,
        points: (1..).zip(values).collect(),
    }
}

fn figure(series: Vec<Series>) -> String {
    let figure = Figure {
        title: "Validation accuracy".to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: "Accuracy".to_owned(),
        series,
        vertical: VerticalRange::AtLeast {
            lower: 0.0,
            upper: 1.0,
        },
        legend: Corner::LowerRight,
        caption: None,
    };
    figure.to_svg().unwrap()
}

/// The height of a value, in tenths of a pixel.
fn height(svg: &str, value: f64) -> f64 {
    let [low, high] = ["0.0", "1.0"].map(|tick| place_of(svg, tick).1);
    low + value * (high - low)
}

const BLUE: [u8; 3] = [0, 114, 178];
const ORANGE: [u8; 3] = [230, 159, 0];

#[test]
fn each_name_stands_at_the_end_of_its_line() {
    let svg = figure(vec![
        line("baseline", BLUE, [0.5, 0.5, 0.51, 0.5, 0.5]),
        line("dropout", ORANGE, [0.6, 0.8, 0.85, 0.88, 0.9]),
        line("last", [0, 0, 0], [0.5, 0.3, 0.2, 0.15, 0.12]),
    ]);
    assert!(!has_legend(&svg), "{svg}");
    for (name, end) in [("baseline", 0.5), ("dropout", 0.9), ("last", 0.12)] {
        let count = texts(&svg).iter().filter(|text| **text == name).count();
        assert_eq!(count, 1, "{name}");
        let (right, top) = place_of(&svg, name);
        assert!((3700.0..3900.0).contains(&right), "{name} ends at {right}");
        // Half a line from the marker, above or below: nearer than 30 pixels in any case.
        let distance = (top - height(&svg, end)).abs();
        assert!((80.0..300.0).contains(&distance), "{name}: {distance}");
    }
    // Dark enough to be read on white, whatever the colour of the line.
    let line = svg
        .lines()
        .zip(svg.lines().skip(1))
        .find(|(_, text)| *text == "dropout");
    assert!(line.unwrap().0.contains("fill=\"#8A5F00\""), "{line:?}");
}

#[test]
fn names_without_room_are_in_a_legend() {
    // Two lines end at one place; a line runs where the other's name would be; two names would stand in one place; a name is too
    // long; a line has no end.
    let flat = |value| [value; 5];
    for lines in [
        vec![
            line("one", BLUE, flat(0.5)),
            line("other", ORANGE, [0.9, 0.8, 0.6, 0.5, 0.5]),
        ],
        vec![
            line("one", BLUE, flat(0.5)),
            line("above", ORANGE, flat(0.56)),
            line("below", ORANGE, flat(0.44)),
        ],
        vec![
            line("from above", BLUE, [1.0, 0.95, 0.9, 0.8, 0.6]),
            line("from below", ORANGE, [0.0, 0.05, 0.1, 0.2, 0.4]),
        ],
        vec![
            line(&"long ".repeat(12), BLUE, flat(0.2)),
            line("other", ORANGE, flat(0.8)),
        ],
        vec![
            line("none", BLUE, [f64::NAN; 5]),
            line("other", ORANGE, flat(0.8)),
        ],
        vec![line("alone", BLUE, flat(0.2))],
    ] {
        let names: Vec<String> = lines.iter().map(|line| line.label.clone()).collect();
        assert!(has_legend(&figure(lines)), "{names:?}");
    }
}

/// A name gives way to a line that passes above it, and stands below.
#[test]
fn a_name_lies_on_no_line_and_on_no_other_name() {
    let svg = figure(vec![
        line("steep", BLUE, [1.0, 1.0, 1.0, 0.8, 0.6]),
        line("level", ORANGE, [0.5, 0.45, 0.4, 0.35, 0.3]),
    ]);
    assert!(!has_legend(&svg));
    let top = |name| place_of(&svg, name).1;
    // Both lines come from above, where their names would stand on them.
    assert!(top("level") > height(&svg, 0.3), "{}", top("level"));
    let between = (height(&svg, 0.6), height(&svg, 0.3));
    let lies = (between.0..between.1).contains(&top("steep"));
    assert!(lies, "{between:?}: {}", top("steep"));
}
