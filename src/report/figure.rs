//! A plot as data: what is drawn, apart from how.

/// Width of a figure that is not told otherwise, in inches.
pub const WIDTH_INCHES: u32 = 4;
/// Height of a figure that is not told otherwise, in inches.
pub const HEIGHT_INCHES: u32 = 3;
/// Pixels an inch at scale 1, so that a figure is 400 × 300 pixels.
pub const PIXELS_PER_INCH: u32 = 100;

/// A colour, red, green and blue from 0 to 255.
pub type Colour = [u8; 3];

/// The shape that marks a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled triangle, tip up.
    Triangle,
    /// A filled square on its tip.
    Diamond,
}

/// How the line of a series is broken, so that several are told apart without colour. The strokes are matplotlib's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Into long strokes.
    Dashed,
    /// Into dots.
    Dotted,
    /// Into long strokes with a dot between them.
    DashDotted,
}

impl Dash {
    /// Lengths of strokes and gaps in turns, in widths of the line; none of an unbroken line.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[3.7, 1.6],
            Dash::Dotted => &[1.0, 1.65],
            Dash::DashDotted => &[6.4, 1.6, 1.0, 1.6],
        }
    }
}

/// How the points of a series are joined; a value that is not finite leaves a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Not at all.
    Apart,
    /// By straight lines.
    Line,
    /// Each value holds for `width` from its place on: an outline as of bars.
    Steps {
        /// Distance of the places.
        width: usize,
    },
    /// Not at all: the points are the outline of an area, there and back, which is shaded and has no place in the legend.
    Band,
    /// As `Steps`, filled down to the horizontal axis.
    Bars {
        /// Distance of the places.
        width: usize,
    },
}

impl Curve {
    /// How far a point reaches to the right of its place.
    pub(super) fn reach(self) -> usize {
        match self {
            Curve::Apart | Curve::Line | Curve::Band => 0,
            Curve::Steps { width } | Curve::Bars { width } => width,
        }
    }
}

/// Numbers over epochs or over bins, drawn as a curve, as markers, or as both.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name at the end of its line, or in the legend.
    pub label: String,
    /// Of line and markers.
    pub colour: Colour,
    /// How neighbouring points are joined.
    pub curve: Curve,
    /// How a line is broken.
    pub dash: Dash,
    /// What marks the points, if anything does.
    pub marker: Option<Marker>,
    /// Draw every such-and-such marker, 1 for all; at least 1.
    pub mark_every: usize,
    /// (epoch or lower edge of a bin, value), ascending; of a band there and back.
    pub points: Vec<(usize, f64)>,
}

/// What the places of points on the horizontal axis stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HorizontalUnit {
    /// Themselves: epochs, or edges of bins.
    #[default]
    Whole,
    /// Hundredths: 25 is a fraction of 0.25.
    Hundredth,
    /// Powers of ten, on a logarithmic axis: place 0 is 10^`first`, and each `places` further on is ten times as much.
    Decade {
        /// Exponent of place 0.
        first: i32,
        /// Places from a power to the next, at least 1.
        places: usize,
    },
}

/// What the vertical axis shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VerticalRange {
    /// The values, with a margin of 5 % on either side.
    Data,
    /// At least from `lower` to `upper`, widened to the next tick where a value lies outside.
    AtLeast {
        /// Lower limit.
        lower: f64,
        /// Upper limit.
        upper: f64,
    },
}

/// A corner of the plotting area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// Top right.
    UpperRight,
    /// Top left.
    UpperLeft,
    /// Bottom left.
    LowerLeft,
    /// Bottom right.
    LowerRight,
}

/// A plot of series over whole numbers, in the manner of matplotlib; 4 × 3 inches unless told otherwise.
///
/// # Examples
/// ```
/// use gatefold::report::{Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange};
///
/// let figure = Figure {
///     title: "Training loss".to_owned(),
///     x_label: "Epochs".to_owned(),
///     x_unit: HorizontalUnit::Whole,
///     y_label: "Loss".to_owned(),
///     series: vec![Series {
///         label: "training".to_owned(),
///         colour: [0, 0, 255],
///         curve: Curve::Apart,
///         dash: Dash::Solid,
///         marker: Some(Marker::Circle),
///         mark_every: 1,
///         points: vec![(1, 0.69), (2, 0.41), (3, 0.33)],
///     }],
///     vertical: VerticalRange::Data,
///     legend: Corner::UpperRight,
///     caption: None,
/// };
/// assert!(figure.to_svg()?.contains("Training loss"));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Above the plotting area.
    pub title: String,
    /// Under the horizontal axis.
    pub x_label: String,
    /// What its ticks count.
    pub x_unit: HorizontalUnit,
    /// Beside the vertical axis.
    pub y_label: String,
    /// Drawn in this order, the last on top.
    pub series: Vec<Series>,
    /// Limits of the vertical axis.
    pub vertical: VerticalRange,
    /// Where the legend goes, unless it would lie over a series there: then it goes where it does not, if need be below the
    /// axes. There is none where each name has room at the end of its line.
    pub legend: Corner,
    /// Small text at the foot: what the numbers come from.
    pub caption: Option<String>,
}

impl Figure {
    /// The series that the legend names.
    pub(super) fn named(&self) -> impl Iterator<Item = &Series> {
        let series = self.series.iter();
        series.filter(|series| series.curve != Curve::Band)
    }

    /// How many values are not finite, or too large to draw.
    pub fn values_not_drawn(&self) -> usize {
        let values = self.series.iter().flat_map(|series| &series.points);
        values.filter(|point| !drawable(point.1)).count()
    }
}

/// Whether a value has a place on an axis: beyond 10¹⁵ the ticks would not be exact.
pub(super) fn drawable(value: f64) -> bool {
    value.abs() < 1e15
}
