//! The legend where the axes have no free corner: below them.

use gatefold::report::{
    Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, SpreadCurve, VerticalRange,
    spread_overview,
};

use super::svg::{has_legend, place_of, texts};

/// Five curves whose bands fill the axes from side to side, and from top to bottom.
fn bands() -> Figure {
    let curve = |index: usize| SpreadCurve {
        label: format!("configuration {index}"),
        points: (1..=6)
            .map(|epoch| {
                let mean = 0.55 + 0.1 * ((index + epoch) % 5) as f64;
                (epoch, [mean - 0.1, mean, mean + 0.1])
            })
            .collect(),
    };
    let [accuracy, _] = spread_overview(|_| (1..=5).map(curve).collect(), "five");
    accuracy
}

/// `count` lines that go up and down over all of the axes, so that neither a corner nor the end of a line is free.
fn tangle(count: usize) -> Figure {
    let line = |index: usize| Series {
        label: format!("line {index}"),
        colour: [0, 114, 178],
        curve: Curve::Line,
        dash: Dash::Solid,
        marker: Some(Marker::Circle),
        mark_every: 1,
        points: (1..=20)
            .map(|epoch| (epoch, ((epoch + index) % 2) as f64))
            .collect(),
    };
    Figure {
        title: "Tangle".to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: "Loss".to_owned(),
        series: (1..=count).map(line).collect(),
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: Some("made up".to_owned()),
    }
}

#[test]
fn a_legend_that_would_lie_over_bands_stands_below_the_axes() {
    let svg = bands().to_svg().unwrap();
    assert!(!has_legend(&svg), "no box lies over the axes: {svg}");
    let axis = place_of(&svg, "Epochs").1;
    let foot = place_of(&svg, "five").1;
    for index in 1..=5 {
        let (left, top) = place_of(&svg, &format!("configuration {index}"));
        assert!(
            (axis..foot).contains(&top),
            "entry {index} at {top}, the axis at {axis}, the foot at {foot}"
        );
        assert!((0.0..4000.0).contains(&left), "entry {index} at {left}");
    }
}

#[test]
fn a_band_without_an_edge_in_a_corner_covers_it_all_the_same() {
    // The band is all of the axes, the line is far from the corners.
    let curve = |values: [f64; 3]| SpreadCurve {
        label: "alone".to_owned(),
        points: vec![(1, values), (2, values)],
    };
    let [wide, _] = spread_overview(|_| vec![curve([0.0, 0.5, 1.0])], "c");
    let [narrow, _] = spread_overview(|_| vec![curve([0.49, 0.5, 0.51])], "c");
    assert!(!has_legend(&wide.to_svg().unwrap()));
    assert!(has_legend(&narrow.to_svg().unwrap()));
}

#[test]
fn a_legend_below_tells_how_many_it_leaves_out() {
    let svg = tangle(8).to_svg().unwrap();
    let names = |svg: &str| {
        texts(svg)
            .iter()
            .filter(|text| text.starts_with("line "))
            .count()
    };
    assert_eq!(names(&svg), 8);

    let svg = tangle(40).to_svg().unwrap();
    let more = format!("and {} more", 40 - names(&svg));
    assert!(names(&svg) >= 8, "{}", names(&svg));
    let (_, last) = place_of(&svg, &more);
    assert!(last < place_of(&svg, "made up").1);
    // The axes keep more than a quarter of the picture.
    let [low, high] = ["0.0", "1.0"].map(|tick| place_of(&svg, tick).1);
    assert!(low - high > 750.0, "{low} {high}");
}
