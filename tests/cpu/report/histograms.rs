//! Facts about the picture of lengths, and about steps and bars.

use gatefold::data::{Lengths, Review};
use gatefold::report::{
    Corner, Curve, Dash, Figure, HorizontalUnit, Series, VerticalRange, length_histogram,
};

use super::svg::{decoded, legend_box, number, pixel_at, place_of, texts};

const SKY_BLUE: [u8; 3] = [86, 180, 233];
const ORANGE: [u8; 3] = [213, 94, 0];
const WHITE: [u8; 3] = [255, 255, 255];

fn lengths(lengths: impl Iterator<Item = usize>) -> Lengths {
    let review = |length| Review {
        ids: vec![1; length].into(),
        label: 0,
    };
    Lengths::of(&lengths.map(review).collect::<Vec<_>>())
}

/// One bar of 30 from 0, one of 10 from 20, none from 10; steps of 20 over all three.
fn figure() -> Figure {
    let series = |label: &str, colour, curve, points: &[(usize, f64)]| Series {
        label: label.to_owned(),
        colour,
        curve,
        dash: Dash::Solid,
        marker: None,
        mark_every: 1,
        points: points.to_vec(),
    };
    let width = 10;
    Figure {
        title: "Steps".to_owned(),
        x_label: "x".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: "y".to_owned(),
        series: vec![
            series(
                "bars",
                SKY_BLUE,
                Curve::Bars { width },
                &[(0, 30.0), (10, f64::NAN), (20, 10.0)],
            ),
            series(
                "steps",
                ORANGE,
                Curve::Steps { width },
                &[(0, 20.0), (10, 20.0), (20, 20.0)],
            ),
        ],
        vertical: VerticalRange::AtLeast {
            lower: 0.0,
            upper: 40.0,
        },
        legend: Corner::UpperRight,
        caption: None,
    }
}

#[test]
fn bars_are_filled_and_steps_are_outlines() {
    let svg = figure().to_svg().unwrap();
    let picture = decoded(&figure().to_png(2).unwrap());
    let x = |value: f64| {
        let (zero, ten) = (place_of(&svg, "0").0, place_of(&svg, "10").0);
        zero + value / 10.0 * (ten - zero)
    };
    let ticks = texts(&svg);
    assert!(
        ["0", "10", "20", "30", "40"]
            .iter()
            .all(|tick| ticks.contains(tick)),
        "{ticks:?}"
    );
    let bottom = svg
        .lines()
        .filter(|line| line.starts_with("<polygon") && line.contains("#56B4E9"))
        .map(|line| {
            points(line)
                .into_iter()
                .map(|place| place.1)
                .fold(0.0, f64::max)
        })
        .fold(0.0, f64::max);
    let high = place_of(&svg, "40").1 + (0.76 - 0.73 / 2.0) * 139.0;
    let y = |value: f64| bottom - value / 40.0 * (bottom - high);
    for (place, colour) in [
        ((5.0, 15.0), SKY_BLUE),
        ((5.0, 28.0), SKY_BLUE),
        ((5.0, 32.0), WHITE),
        ((15.0, 5.0), WHITE),
        ((25.0, 8.0), SKY_BLUE),
        ((25.0, 12.0), WHITE),
        // The outline, level from 0 to 30 and upright at both ends.
        ((5.0, 20.0), ORANGE),
        ((15.0, 20.0), ORANGE),
        ((25.0, 20.0), ORANGE),
        ((0.0, 10.0), ORANGE),
        ((30.0, 10.0), ORANGE),
        ((20.0, 15.0), WHITE),
    ] {
        let found = pixel_at(&picture, (x(place.0), y(place.1)));
        assert_eq!(found, colour, "at {place:?}");
    }
    assert!(
        texts(&svg).contains(&"1 value not finite"),
        "{:?}",
        texts(&svg)
    );
}

fn points(line: &str) -> Vec<(f64, f64)> {
    let list = line.split("points=\"").nth(1).unwrap();
    let list = list.split('"').next().unwrap().split_whitespace();
    list.map(|point| {
        let (x, y) = point.split_once(',').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    })
    .collect()
}

#[test]
fn the_legend_shows_a_patch_and_a_line() {
    let figure = figure();
    let svg = figure.to_svg().unwrap();
    let picture = decoded(&figure.to_png(2).unwrap());
    let (left, ..) = legend_box(&svg);
    for (label, colour) in [("bars", SKY_BLUE), ("steps", ORANGE)] {
        let (_, top) = place_of(&svg, label);
        // An SVG text is placed by the top of its line; its letters' middle is 0.4 ems lower.
        let middle = top + 0.5 * 139.0 - 20.0;
        let column: Vec<[u8; 3]> = (0..14)
            .map(|step| {
                pixel_at(
                    &picture,
                    (left + 150.0, middle - 30.0 + 10.0 * f64::from(step)),
                )
            })
            .collect();
        assert!(column.contains(&colour), "{label}: {column:?}");
    }
    let patch = svg
        .lines()
        .filter(|line| line.starts_with("<rect") && line.contains("#56B4E9"));
    let sizes: Vec<(f64, f64)> = patch
        .map(|line| (number(line, "width"), number(line, "height")))
        .collect();
    assert_eq!(sizes.len(), 1);
    assert!(sizes[0].0 > 2.0 * sizes[0].1, "{sizes:?}");
}

#[test]
fn lengths_are_shares_and_the_longest_are_told() {
    // 200 training reviews: 100 of 5 tokens, 99 of 15, one of 4,000; 10 test reviews of 5.
    let train = lengths([5; 100].into_iter().chain([15; 99]).chain([4000]));
    let test = lengths([5; 10].into_iter());
    let figure = length_histogram(&train, &test, "some reviews");
    let [training, tested] = &figure.series[..] else {
        panic!("{} series", figure.series.len());
    };
    assert_eq!(training.curve, Curve::Bars { width: 1 });
    assert_eq!(tested.curve, Curve::Steps { width: 1 });
    assert_eq!(training.points.len(), 16);
    assert_eq!(
        [training.points[5], training.points[15], tested.points[5]],
        [(5, 50.0), (15, 49.5), (5, 100.0)]
    );
    let other = |point: &&(usize, f64)| point.1 != 0.0;
    assert_eq!(training.points.iter().filter(other).count(), 2);
    let svg = figure.to_svg().unwrap();
    for text in [
        "Length of the reviews",
        "Reviews per token (%)",
        "Training",
        "Test",
        "1 longer review, up to 4000 tokens, not shown · some reviews",
    ] {
        assert!(
            texts(&svg).contains(&text),
            "{text} is missing from {:?}",
            texts(&svg)
        );
    }
    let all = length_histogram(&test, &test, "few");
    assert_eq!(all.caption.as_deref(), Some("few"));
    assert_eq!(figure.to_png(1).unwrap(), figure.to_png(1).unwrap());
}

#[test]
fn no_reviews_are_an_empty_picture() {
    let none = lengths([].into_iter());
    let svg = length_histogram(&none, &none, "nothing").to_svg().unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}
