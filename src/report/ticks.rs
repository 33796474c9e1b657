//! Axis limits and ticks: steps of 1, 2 or 5 times a power of ten.

use super::figure::{HorizontalUnit, Series, VerticalRange, drawable};

/// Share of the data's span left free on either side, as in matplotlib.
const MARGIN: f64 = 0.05;

/// More ticks than an axis ever has room for; a bound for limits so close that a step is lost in
/// rounding.
const MOST_TICKS: usize = 64;

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub label: String,
}

/// The limits of an axis and its ticks, all within them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub lower: f64,
    pub upper: f64,
    pub ticks: Vec<Tick>,
}

impl Axis {
    /// The axis of epochs, bins or fractions: ticks at whole places, none outside those there are.
    pub fn places(series: &[Series], unit: HorizontalUnit, most_steps: u32) -> Self {
        let points = series.iter().flat_map(|series| {
            let reach = series.curve.reach();
            let points = series.points.iter();
            points.map(move |point| (point.0, point.0 + reach))
        });
        let first = points.clone().map(|point| point.0).min().unwrap_or(1);
        let last = points.map(|point| point.1).max().unwrap_or(1);
        let (first, last) = (first as f64, last as f64);
        let margin = if last > first {
            (last - first) * MARGIN
        } else {
            0.5
        };
        let ticks = match unit {
            HorizontalUnit::Whole => whole_ticks(first, last, most_steps, 1.0, 0),
            HorizontalUnit::Hundredth => whole_ticks(first, last, most_steps, 100.0, -2),
            HorizontalUnit::Decade {
                first: power,
                places,
            } => {
                let decade = places.max(1) as f64;
                let powers = whole_ticks(first / decade, last / decade, most_steps, 1.0, 0);
                let powers = powers.into_iter().map(|tick| Tick {
                    value: tick.value * decade,
                    label: format!("1e{}", f64::from(power) + tick.value).replace('-', "\u{2212}"),
                });
                powers.collect()
            }
        };
        Self {
            lower: first - margin,
            upper: last + margin,
            ticks,
        }
    }

    /// The axis of values. With none to draw it runs from 0 to 1.
    pub fn values(series: &[Series], range: VerticalRange, most_steps: u32) -> Self {
        let values = series
            .iter()
            .flat_map(|series| &series.points)
            .map(|point| point.1);
        let (lower, upper) = match (range, span(values)) {
            (VerticalRange::Data, None) => (0.0, 1.0),
            (VerticalRange::Data, Some((least, most))) => with_margin(least, most),
            (VerticalRange::AtLeast { lower, upper }, None) => (lower, upper),
            (VerticalRange::AtLeast { lower, upper }, Some((least, most))) => {
                widened(lower, upper, least, most, most_steps)
            }
        };
        let step = Step::at_most(upper - lower, most_steps, LEAST_EXPONENT);
        Self {
            lower,
            upper,
            ticks: step.ticks(lower, upper),
        }
    }

    /// An axis from a tick to a tick, with `values` between them; from 0 to 1 without any to draw.
    #[cfg(feature = "watch")]
    pub fn between_ticks(values: impl Iterator<Item = f64>, most_steps: u32) -> Self {
        let (least, most) = span(values).map_or((0.0, 1.0), |(least, most)| {
            if most > least {
                (least, most)
            } else {
                with_margin(least, most)
            }
        });
        // Rounding both limits outwards may take a step more than the span does.
        let steps = most_steps.saturating_sub(1).max(1);
        let step = Step::at_most(most - least, steps, LEAST_EXPONENT);
        let lower = step.times(step.floor(least));
        let upper = step.times(-step.floor(-most));
        Self {
            lower,
            upper,
            ticks: step.ticks(lower, upper),
        }
    }

    /// Where `value` lies between the limits: 0 at the lower, 1 at the upper.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.lower) / (self.upper - self.lower)
    }
}

/// Ticks from `first` to `last` that each stand at a place, and say what that stands for: so many `places` make 1.
fn whole_ticks(
    first: f64,
    last: f64,
    most_steps: u32,
    places: f64,
    least_exponent: i32,
) -> Vec<Tick> {
    let step = Step::at_most((last - first) / places, most_steps, least_exponent);
    let ticks = step.ticks(first / places, last / places).into_iter();
    let at_places = ticks.map(|tick| Tick {
        value: tick.value * places,
        ..tick
    });
    at_places.collect()
}

/// The least and the greatest of the values that can be drawn.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| drawable(*value))
        .fold(None, |span, value| {
            let (least, most) = span.unwrap_or((value, value));
            Some((value.min(least), value.max(most)))
        })
}

/// The values' span with its margin; a span too narrow for its ticks to differ is widened first.
fn with_margin(least: f64, most: f64) -> (f64, f64) {
    let magnitude = least.abs().max(most.abs());
    if most - least <= magnitude * 1e-6 {
        let half = if magnitude > 0.0 {
            magnitude * MARGIN
        } else {
            MARGIN
        };
        return (least - half, most + half);
    }
    let margin = (most - least) * MARGIN;
    (least - margin, most + margin)
}

/// `lower` and `upper`, each moved out to a tick where the values lie beyond it.
fn widened(lower: f64, upper: f64, least: f64, most: f64, most_steps: u32) -> (f64, f64) {
    let step = Step::at_most(
        most.max(upper) - least.min(lower),
        most_steps,
        LEAST_EXPONENT,
    );
    (
        if least < lower {
            step.times(step.floor(least))
        } else {
            lower
        },
        if most > upper {
            step.times(-step.floor(-most))
        } else {
            upper
        },
    )
}

const LEAST_EXPONENT: i32 = -15;
const GREATEST_EXPONENT: i32 = 16;

/// A distance between ticks: `mantissa` · 10^`exponent`, kept apart so that ticks come out exact.
#[derive(Debug, Clone, Copy)]
struct Step {
    mantissa: u32,
    exponent: i32,
}

impl Step {
    /// The smallest step of which `most_steps` cover `span`.
    fn at_most(span: f64, most_steps: u32, least_exponent: i32) -> Self {
        let candidates = (least_exponent..GREATEST_EXPONENT)
            .flat_map(|exponent| [1, 2, 5].map(|mantissa| Self { mantissa, exponent }));
        let largest = Self {
            mantissa: 1,
            exponent: GREATEST_EXPONENT,
        };
        let covers = |step: &Self| step.times(f64::from(most_steps)) >= span * (1.0 - 1e-9);
        candidates.into_iter().find(covers).unwrap_or(largest)
    }

    /// `count` steps; the nearest number to it for a whole `count`, for 10^22 is still exact.
    fn times(self, count: f64) -> f64 {
        let power = 10f64.powi(self.exponent.abs());
        let units = count * f64::from(self.mantissa);
        if self.exponent < 0 {
            units / power
        } else {
            units * power
        }
    }

    /// The greatest whole number of steps up to `value`; rounding in `value` does not cost a step.
    fn floor(self, value: f64) -> f64 {
        (value / self.times(1.0) + 1e-9).floor()
    }

    fn ticks(self, lower: f64, upper: f64) -> Vec<Tick> {
        let decimals = usize::try_from(-self.exponent).unwrap_or(0);
        let (first, last) = (-self.floor(-lower), self.floor(upper));
        let counts = std::iter::successors(Some(first), |count| Some(count + 1.0));
        let counts = counts.take_while(|count| *count <= last).take(MOST_TICKS);
        // Adding zero turns a negative zero into a plain one.
        let values = counts.map(|count| self.times(count) + 0.0);
        values
            .map(|value| Tick {
                value,
                label: format!("{value:.decimals$}").replace('-', "\u{2212}"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(upper: f64, most_steps: u32) -> Vec<String> {
        let range = VerticalRange::AtLeast { lower: 0.0, upper };
        let ticks = Axis::values(&[], range, most_steps).ticks;
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn a_limit_that_rounding_put_below_a_tick_keeps_it() {
        // In f64, 0.3 / 0.1 is below 3, …
        assert_eq!(labels(0.3, 5), ["0.0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn a_limit_that_is_below_a_tick_does_not_have_it() {
        assert_eq!(labels(0.299_999, 5), ["0.0", "0.1", "0.2"]);
    }

    #[test]
    fn a_span_that_rounding_made_longer_takes_no_larger_step() {
        // … and 0.1 + 0.2 is above 0.3.
        assert_eq!(labels(0.1 + 0.2, 3), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(0.300_001, 3), ["0.0", "0.2"]);
    }
}
