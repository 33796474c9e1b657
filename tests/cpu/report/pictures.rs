//! Facts about the pictures: what is drawn, where, and in which colour.

use std::fs;

use gatefold::report::{
    self, Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange,
    accuracy_figure, accuracy_overview, loss_figure, loss_overview,
};
use gatefold::train::History;
use proptest::prelude::*;

use super::svg::{circles, decoded, has_legend, legend_box, number, pixel_at, place_of, texts};
use super::{any_history, history, learning, names_in};

const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

proptest! {
    #[test]
    fn any_values_can_be_drawn(history in any_history(), lower in -1e3..1e3f64, span in 0.0..1e3f64) {
        for vertical in [VerticalRange::Data, VerticalRange::AtLeast { lower, upper: lower + span }] {
            let figure = Figure { vertical, ..loss_figure(&history, None) };
            let svg = figure.to_svg().unwrap();
            let drawn = 2 * history.epochs.len() - figure.values_not_drawn();
            let dots = history.epochs.iter().filter(|record| record.loss.abs() < 1e15).count();
            // The last circle is the legend's, where there is one, in a box or below the axes.
            let is_below = place_of(&svg, "Training loss").1 > place_of(&svg, "Epochs").1;
            let samples = usize::from(has_legend(&svg) || is_below);
            prop_assert_eq!(circles(&svg).len(), dots + samples);
            prop_assert_eq!(texts(&svg).contains(&"no finite values"), drawn == 0);
            for (x, y) in circles(&svg) {
                prop_assert!((0.0..=4000.0).contains(&x) && (0.0..=3000.0).contains(&y));
            }
        }
    }
}

#[test]
fn a_run_writes_the_same_six_files_twice() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let expected = [
        "accuracy.png",
        "accuracy.svg",
        "history.csv",
        "history.json",
        "loss.png",
        "loss.svg",
    ];
    let written = folders.each_ref().map(|folder| {
        let paths =
            report::write_run(folder.path(), &learning(), Some("demo corpus (synthetic)")).unwrap();
        assert_eq!(names_in(folder.path()), expected);
        assert_eq!(paths.len(), expected.len());
        paths
            .iter()
            .map(|path| fs::read(path).unwrap())
            .collect::<Vec<_>>()
    });
    assert!(written[0] == written[1], "the bytes of two runs differ");
}

#[test]
fn pictures_are_four_by_three_inches_at_every_scale() {
    let figure = loss_figure(&learning(), None);
    for scale in [1, 2, 3] {
        let png = figure.to_png(scale).unwrap();
        assert_eq!(decoded(&png).dimensions(), (400 * scale, 300 * scale));
        let density = png
            .windows(4)
            .position(|name| name == b"pHYs")
            .expect("a density chunk")
            + 4;
        let per_metre = u32::from_be_bytes(png[density..density + 4].try_into().unwrap());
        assert_eq!(
            (f64::from(400 * scale) / f64::from(per_metre) / 0.0254).round(),
            4.0
        );
        assert_eq!(png[density + 8], 1, "the unit is the metre");
    }
    let svg = figure.to_svg().unwrap();
    assert!(
        svg.starts_with("<svg width=\"4in\" height=\"3in\""),
        "{}",
        &svg[..80]
    );
    for scale in [0, 11] {
        assert!(
            figure
                .to_png(scale)
                .unwrap_err()
                .to_string()
                .contains("from 1 to 10")
        );
    }
}

#[test]
fn points_lie_where_the_ticks_say_and_are_blue() {
    let figure = accuracy_figure(&learning(), None);
    let svg = figure.to_svg().unwrap();
    let picture = decoded(&figure.to_png(2).unwrap());
    let dots = circles(&svg);
    assert_eq!(dots.len(), 6);
    for (index, dot) in dots[..5].iter().enumerate() {
        let tick = place_of(&svg, &(index + 1).to_string());
        assert!(
            (dot.0 - tick.0).abs() <= 1.0,
            "epoch {} is drawn beside its tick",
            index + 1
        );
        assert_eq!(pixel_at(&picture, *dot), BLUE);
        assert_eq!(pixel_at(&picture, (dot.0, dot.1 + 70.0)), WHITE);
    }
    // The ticks 0.6 and 0.9 are as far apart as the dots of those values, and on their heights.
    let (low, high) = (place_of(&svg, "0.6"), place_of(&svg, "0.9"));
    assert!(((dots[0].1 - dots[2].1) - (low.1 - high.1)).abs() <= 2.0);
    let text_middle = low.1 + (0.76 - 0.73 / 2.0) * 139.0;
    assert!(
        (dots[0].1 - text_middle).abs() <= 3.0,
        "{} is not {text_middle}",
        dots[0].1
    );

    // Half way between the epochs 1 and 2, the validation line passes half way between its values.
    let height = |value: f64| dots[0].1 + (value - 0.6) / 0.3 * (dots[2].1 - dots[0].1);
    let middle = ((dots[0].0 + dots[1].0) / 2.0, height(0.86));
    assert_eq!(pixel_at(&picture, middle), BLUE);
    assert_eq!(pixel_at(&picture, (middle.0, middle.1 + 40.0)), WHITE);
}

#[test]
fn lines_are_sharp_and_letters_stand_where_the_svg_puts_them() {
    let figure = accuracy_figure(&learning(), None);
    let svg = figure.to_svg().unwrap();
    let picture = decoded(&figure.to_png(2).unwrap());

    // Between the epochs 1 and 2, the first thing above the lower edge is the frame: two pixels, black.
    let x = ((place_of(&svg, "1").0 + place_of(&svg, "2").0) / 10.0) as u32;
    let column: Vec<[u8; 3]> = (0..600).rev().map(|y| picture.get_pixel(x, y).0).collect();
    let frame = column.iter().position(|pixel| *pixel != WHITE).unwrap();
    assert_eq!(column[frame..frame + 3], [[0; 3], [0; 3], WHITE]);

    // The title's ink, from the top of its d to the foot of its g, in pixels of scale 2.
    let (centre, top) = place_of(&svg, &figure.title);
    let (centre, top, em) = (centre / 5.0, top / 5.0, 33.4);
    let ink = picture
        .enumerate_pixels()
        .filter(|(x, y, pixel)| *y < 52 && *x > 130 && pixel.0[0] < 128);
    let ink: Vec<(f64, f64)> = ink.map(|(x, y, _)| (f64::from(x), f64::from(y))).collect();
    let bounds = |axis: fn(&(f64, f64)) -> f64| {
        let places = ink.iter().map(axis);
        (
            places.clone().fold(f64::MAX, f64::min),
            places.fold(f64::MIN, f64::max),
        )
    };
    let (across, down) = (bounds(|place| place.0), bounds(|place| place.1));
    assert!((down.0 - top).abs() < 2.0, "{} is not {top}", down.0);
    assert!(
        (down.1 - (top + 0.97 * em)).abs() < 2.0,
        "{} is not {}",
        down.1,
        top + 0.97 * em
    );
    assert!(((across.0 + across.1) / 2.0 - centre).abs() < 2.0);
    // Its width in DejaVu Sans, side bearings left out, is 16.25 ems.
    assert!(
        ((across.1 - across.0) / em - 16.25).abs() < 0.1,
        "{}",
        (across.1 - across.0) / em
    );
}

#[test]
fn the_plots_say_what_the_reference_experiment_says() {
    let history = learning();
    for (figure, title, y_label, training, validation) in [
        (
            loss_figure(&history, None),
            "Training and Validation loss",
            "Loss",
            "Training loss",
            "Validation loss",
        ),
        (
            accuracy_figure(&history, None),
            "Training and Validation accuracy",
            "Accuracy",
            "Training acc",
            "Validation acc",
        ),
    ] {
        let svg = figure.to_svg().unwrap();
        let texts = texts(&svg);
        for text in [
            title, y_label, training, validation, "Epochs", "1", "2", "3", "4", "5",
        ] {
            assert!(texts.contains(&text), "{text} is missing from {texts:?}");
        }
        assert!(!texts.contains(&"1.5"), "an epoch is a whole number");
    }
}

#[test]
fn the_accuracy_axis_runs_from_half_to_one_and_widens_downwards() {
    let svg = accuracy_figure(&learning(), None).to_svg().unwrap();
    assert!(texts(&svg).contains(&"0.5") && texts(&svg).contains(&"1.0"));
    assert!(!texts(&svg).contains(&"0.4"));

    let mut failing = learning();
    failing.epochs[1].val_accuracy = 0.44;
    failing.epochs[0].accuracy = 0.31;
    let svg = accuracy_figure(&failing, None).to_svg().unwrap();
    let texts = texts(&svg);
    assert!(
        texts.contains(&"0.3") && texts.contains(&"1.0") && !texts.contains(&"0.2"),
        "{texts:?}"
    );
    assert!(
        circles(&svg)[0].1 < place_of(&svg, "1").1 - 100.0,
        "the dot at 0.31 is above the epochs' labels"
    );
}

#[test]
fn the_legend_is_lower_right_unless_it_would_hide_points() {
    let (left, top, ..) = legend_box(&accuracy_figure(&learning(), None).to_svg().unwrap());
    assert!(
        left > 2000.0 && top > 1500.0,
        "lower right, not {left}, {top}"
    );

    let flat: Vec<[f64; 4]> = (0..5).map(|_| [0.69, 0.52, 0.69, 0.51]).collect();
    let svg = accuracy_figure(&history("baseline", &flat), None)
        .to_svg()
        .unwrap();
    let (left, top, right, bottom) = legend_box(&svg);
    assert!(
        left > 2000.0 && bottom < 1500.0,
        "upper right, not {left}, {bottom}"
    );
    let dots = circles(&svg);
    for (x, y) in &dots[..5] {
        assert!(!((left..right).contains(x) && (top..bottom).contains(y)));
    }
    // The last circle is the sample within the legend.
    assert!((left..right).contains(&dots[5].0) && (top..bottom).contains(&dots[5].1));
}

#[test]
fn values_that_are_not_finite_leave_gaps_and_are_counted() {
    let nan = f64::NAN;
    let figure = loss_figure(
        &history(
            "dropout",
            &[
                [0.6, 0.7, 0.5, 0.7],
                [0.5, 0.7, nan, 0.7],
                [f64::INFINITY, 0.7, 0.4, 0.7],
                [0.4, 0.7, 0.4, 0.7],
            ],
        ),
        Some("demo corpus (synthetic)"),
    );
    let svg = figure.to_svg().unwrap();
    assert_eq!(circles(&svg).len(), 3 + 1);
    // Epoch 1 stands alone, as a short stroke; epochs 3 and 4 are joined; the third is the legend's.
    let lines = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains("#0000FF"));
    assert_eq!(lines.count(), 3);
    assert!(texts(&svg).contains(&"dropout · demo corpus (synthetic) · 2 values not finite"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));

    let nothing = loss_figure(&history("dropout", &[[nan; 4], [nan; 4]]), None);
    assert!(texts(&nothing.to_svg().unwrap()).contains(&"no finite values"));
    assert_eq!(
        decoded(&nothing.to_png(1).unwrap()).dimensions(),
        (400, 300)
    );
}

#[test]
fn one_epoch_shows_both_its_values() {
    let figure = accuracy_figure(&history("baseline", &[[0.6, 0.7, 0.5, 0.8]]), None);
    let svg = figure.to_svg().unwrap();
    let picture = decoded(&figure.to_png(2).unwrap());
    let dot = circles(&svg)[0];
    assert_eq!(pixel_at(&picture, dot), BLUE);
    assert!((dot.0 - place_of(&svg, "1").0).abs() <= 1.0);
    let step = place_of(&svg, "0.7").1 - place_of(&svg, "0.8").1;
    assert_eq!(
        pixel_at(&picture, (dot.0 + 80.0, dot.1 - step)),
        BLUE,
        "validation is a short stroke"
    );
    assert_eq!(pixel_at(&picture, (dot.0 + 150.0, dot.1 - step)), WHITE);
}

#[test]
fn a_hundred_epochs_keep_their_dots_apart_and_their_ticks_whole() {
    let rows: Vec<[f64; 4]> = (1..=100)
        .map(|epoch| [1.0 / f64::from(epoch), 0.7, 1.01 / f64::from(epoch), 0.8])
        .collect();
    let svg = loss_figure(&history("baseline", &rows), None)
        .to_svg()
        .unwrap();
    let texts = texts(&svg);
    assert!(
        ["20", "40", "60", "80", "100"]
            .iter()
            .all(|tick| texts.contains(tick)),
        "{texts:?}"
    );
    let dots: Vec<&str> = svg
        .lines()
        .filter(|line| line.starts_with("<circle"))
        .collect();
    assert_eq!(dots.len(), 101);
    let step = number(dots[1], "cx") - number(dots[0], "cx");
    assert!(
        number(dots[0], "r") < step,
        "a dot covers its neighbour's middle"
    );
    assert!(
        number(dots[0], "r") < number(dots[100], "r"),
        "the legend shows a full dot"
    );
}

#[test]
fn marks_that_svg_reserves_are_escaped() {
    let figure = Figure {
        title: "a < b & \"c\"\u{1}".to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: "Loss".to_owned(),
        series: vec![Series {
            label: "</text>".to_owned(),
            colour: [10, 20, 30],
            curve: Curve::Apart,
            dash: Dash::Solid,
            marker: Some(Marker::Square),
            mark_every: 1,
            points: vec![(1, 1.0)],
        }],
        vertical: VerticalRange::Data,
        legend: Corner::UpperLeft,
        caption: None,
    };
    let svg = figure.to_svg().unwrap();
    assert!(
        texts(&svg).contains(&"a &lt; b &amp; &quot;c&quot; "),
        "{:?}",
        texts(&svg)
    );
    assert!(texts(&svg).contains(&"&lt;/text&gt;"));
    assert!(!svg.contains('\u{1}'));
}

#[test]
fn the_overview_has_a_colour_and_a_name_for_each_variant() {
    let histories = ["baseline", "dropout", "bidirectional"].map(|name| History {
        variant: name.to_owned(),
        ..learning()
    });
    for figure in [
        loss_overview(&histories, None),
        accuracy_overview(&histories, Some("demo corpus (synthetic)")),
    ] {
        let svg = figure.to_svg().unwrap();
        for (history, colour) in histories.iter().zip(["#0072B2", "#D55E00", "#009E73"]) {
            assert!(texts(&svg).contains(&history.variant.as_str()));
            let line = |line: &&str| line.starts_with("<polyline") && line.contains(colour);
            let strokes = svg.lines().filter(line).count();
            match colour {
                "#0072B2" => assert_eq!(strokes, 2, "a line and its sample in the legend"),
                _ => assert!(strokes > 20, "{colour} is not broken: {strokes} strokes"),
            }
        }
        assert_eq!(
            texts(&svg).contains(&"demo corpus (synthetic)"),
            figure.caption.is_some()
        );
    }

    let folder = tempfile::tempdir().unwrap();
    report::write_overview(folder.path(), &histories, Some("demo corpus (synthetic)")).unwrap();
    let expected = [
        "comparison.md",
        "validation_accuracy.png",
        "validation_accuracy.svg",
        "validation_loss.png",
        "validation_loss.svg",
    ];
    assert_eq!(names_in(folder.path()), expected);
    let comparison = fs::read_to_string(folder.path().join("comparison.md")).unwrap();
    assert!(
        comparison.ends_with("\nData: demo corpus (synthetic).\n"),
        "{comparison}"
    );
}

/// Lengths of the strokes in this colour that lie level at a height, in pixels.
fn level_strokes(svg: &str, colour: &str) -> Vec<f64> {
    let lines = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains(colour));
    let lengths = lines.map(|line| {
        let points = line.split("points=\"").nth(1).unwrap();
        let points: Vec<f64> = points[..points.find('"').unwrap()]
            .split([',', ' '])
            .filter_map(|number| number.parse().ok())
            .collect();
        (points[points.len() - 2] - points[0]) / 10.0
    });
    lengths.collect()
}

#[test]
fn a_broken_line_has_the_strokes_of_its_dash() {
    let line = |dash, colour, value| Series {
        label: "line".to_owned(),
        colour,
        curve: Curve::Line,
        dash,
        marker: None,
        mark_every: 1,
        points: vec![(1, value), (2, value), (3, value)],
    };
    let figure = Figure {
        title: "Dashes".to_owned(),
        x_label: "x".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: "y".to_owned(),
        series: vec![
            line(Dash::Dashed, [1, 0, 0], 1.0),
            line(Dash::Dotted, [2, 0, 0], 2.0),
            line(Dash::DashDotted, [3, 0, 0], 3.0),
        ],
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: None,
    };
    let svg = figure.to_svg().unwrap();
    // A line is 2.1 pixels wide; a stroke that the end or a point cuts is not looked at.
    for (colour, expected) in [
        ("#010000", &[7.8, 7.8, 7.8][..]),
        ("#020000", &[2.1, 2.1, 2.1]),
        ("#030000", &[13.4, 2.1, 13.4, 2.1]),
    ] {
        let strokes = level_strokes(&svg, colour);
        for (stroke, expected) in strokes.iter().zip(expected) {
            assert!((stroke - expected).abs() <= 0.11, "{colour}: {strokes:?}");
        }
    }
}
