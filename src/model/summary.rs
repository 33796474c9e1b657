//! What `model.summary()` prints in Keras: layers, output shapes, parameter counts.

use std::fmt;

use serde::Serialize;

use super::layers::Output;
use super::parameters::Parameter;
use super::spec::{Layer, Model};

/// A model's layers and counts; its `Display` is Keras's table, 78 columns wide, [`Summary::within`] one for
/// narrower terminals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// The layers, input first.
    pub layers: Vec<LayerSummary>,
    /// Numbers in all parameters.
    pub total_parameters: usize,
    /// Numbers that training changes.
    pub trainable_parameters: usize,
    /// Numbers that training leaves as they are.
    pub non_trainable_parameters: usize,
}

/// One row of a [`Summary`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSummary {
    /// The layer's name.
    pub name: String,
    /// Its class in Keras.
    pub class: &'static str,
    /// The shape of its result, batch first as in Keras; `None` for the batch and for time.
    pub output_shape: Vec<Option<usize>>,
    /// Numbers in its parameters.
    pub parameters: usize,
}

impl Model {
    /// Numbers in all parameters.
    pub fn count_parameters(&self) -> usize {
        self.parameters().iter().map(Parameter::len).sum()
    }

    /// The table that Keras prints for this model, without a line end.
    pub fn summary(&self) -> String {
        self.summarise().to_string()
    }

    /// What the table says, as data.
    pub fn summarise(&self) -> Summary {
        let count =
            |layer: &Layer| -> usize { self.parameters_of(&layer.name).map(Parameter::len).sum() };
        let row = |layer: &Layer| LayerSummary {
            name: layer.name.clone(),
            class: layer.kind.class_name(),
            output_shape: match layer.output {
                Output::Sequence { width } => vec![None, None, Some(width)],
                Output::Vector { width } => vec![None, Some(width)],
            },
            parameters: count(layer),
        };
        let total = self.count_parameters();
        let trainable = self.trained_layers().iter().map(count).sum();
        Summary {
            name: self.name().to_string(),
            layers: self.layers().iter().map(row).collect(),
            total_parameters: total,
            trainable_parameters: trainable,
            non_trainable_parameters: total - trainable,
        }
    }
}

/// Columns of text in the table's three columns, as Keras has them in a terminal of 80.
const WIDTHS: [usize; 3] = [32, 23, 13];

/// Columns of the bars between and beside the three, and of the blanks within them.
const FRAME: usize = 10;

/// The titles of the three columns.
const TITLES: [&str; 3] = ["Layer (type)", "Output Shape", "Param #"];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Model: \"{}\"", self.name)?;
        self.write_table(f, WIDTHS)?;
        self.write_totals(f)
    }
}

/// A [`Summary`] for a terminal of so many columns.
struct NarrowTable<'a> {
    summary: &'a Summary,
    columns: usize,
}

impl fmt::Display for NarrowTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NarrowTable { summary, columns } = self;
        if columns.saturating_sub(FRAME) >= WIDTHS.iter().sum() {
            return summary.fmt(f);
        }
        writeln!(f, "Model: \"{}\"", summary.name)?;
        let [name, shape, count] = summary.least_widths();
        match columns.checked_sub(FRAME + shape + count) {
            Some(rest) if rest >= name => summary.write_table(f, [rest, shape, count])?,
            _ => summary.write_list(f, *columns)?,
        }
        summary.write_totals(f)
    }
}

impl Summary {
    /// The table for a terminal of so many columns: Keras's where it fits, else one with narrower columns, else a
    /// line or two a layer.
    ///
    /// # Examples
    /// ```
    /// use gatefold::model::Variant;
    ///
    /// let summary = Variant::Dropout.model(8185)?.summarise();
    /// assert_eq!(summary.within(80), summary.to_string());
    /// assert!(summary.within(60).lines().all(|line| line.chars().count() <= 60));
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn within(&self, columns: usize) -> String {
        NarrowTable {
            summary: self,
            columns,
        }
        .to_string()
    }

    /// The widths that the columns need at least: a class goes below its layer's name.
    fn least_widths(&self) -> [usize; 3] {
        let mut widths = TITLES.map(|title| title.chars().count());
        for layer in &self.layers {
            let cells = [
                layer
                    .name
                    .chars()
                    .count()
                    .max(layer.class.chars().count() + 2),
                layer.shape_text().chars().count(),
                grouped(layer.parameters).chars().count(),
            ];
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell);
            }
        }
        widths
    }

    fn write_list(&self, f: &mut fmt::Formatter<'_>, columns: usize) -> fmt::Result {
        for layer in &self.layers {
            let (name, class) = (&layer.name, layer.class);
            let line = format!(" {name} ({class})");
            match line.chars().count() <= columns {
                true => writeln!(f, "{line}")?,
                false => writeln!(f, " {name}\n ({class})")?,
            }
            let parameters = grouped(layer.parameters);
            writeln!(f, "   {}  {parameters}", layer.shape_text())?;
        }
        Ok(())
    }

    fn write_table(&self, f: &mut fmt::Formatter<'_>, widths: [usize; 3]) -> fmt::Result {
        let rule = |left, line, crossing, right| rule(widths, left, line, crossing, right);
        let [name_width, shape_width, count_width] = widths;
        let [name, shape, count] = TITLES;
        writeln!(f, "{}", rule('┏', '━', '┳', '┓'))?;
        writeln!(
            f,
            "┃ {name:name_width$} ┃ {shape:shape_width$} ┃ {count:>count_width$} ┃"
        )?;
        writeln!(f, "{}", rule('┡', '━', '╇', '┩'))?;
        for (place, layer) in self.layers.iter().enumerate() {
            if place > 0 {
                writeln!(f, "{}", rule('├', '─', '┼', '┤'))?;
            }
            let class = format!("({})", layer.class);
            let name = format!("{} {class}", layer.name);
            // What is too long for its column goes on in another line.
            let (name, rest) = match name.chars().count() <= name_width {
                true => (name, None),
                false => (layer.name.clone(), Some(class)),
            };
            writeln!(
                f,
                "│ {name:name_width$} │ {:shape_width$} │ {:>count_width$} │",
                layer.shape_text(),
                grouped(layer.parameters)
            )?;
            if let Some(rest) = rest {
                writeln!(
                    f,
                    "│ {rest:name_width$} │ {:shape_width$} │ {:count_width$} │",
                    "", ""
                )?;
            }
        }
        writeln!(f, "{}", rule('└', '─', '┴', '┘'))
    }

    fn write_totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, " Total params: {}", count_text(self.total_parameters))?;
        writeln!(
            f,
            " Trainable params: {}",
            count_text(self.trainable_parameters)
        )?;
        write!(
            f,
            " Non-trainable params: {}",
            count_text(self.non_trainable_parameters)
        )
    }
}

/// A horizontal line of a table with columns of these widths.
fn rule(widths: [usize; 3], left: char, line: char, crossing: char, right: char) -> String {
    let parts = widths.map(|width| line.to_string().repeat(width + 2));
    format!("{left}{}{right}", parts.join(&crossing.to_string()))
}

impl LayerSummary {
    /// `(None, 64)`: the output shape as Python writes a tuple.
    pub fn shape_text(&self) -> String {
        let axes = self.output_shape.iter();
        let axes: Vec<String> = axes
            .map(|axis| axis.map_or("None".to_string(), |size| size.to_string()))
            .collect();
        format!("({})", axes.join(", "))
    }
}

/// `561,089 (2.14 MB)`: a count and the memory that it takes in f32.
fn count_text(parameters: usize) -> String {
    const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];
    let mut size = (parameters * size_of::<f32>()) as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{} ({size:.2} {})", grouped(parameters), UNITS[unit])
}

/// Digits in groups of three, as in 561,089.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 epoch`, `5,000 epochs`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}
