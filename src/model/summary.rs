//! What `model.summary()` prints in Keras: layers, output shapes, parameter counts.

use std::fmt;

use serde::Serialize;

use super::layers::Output;
use super::parameters::Parameter;
use super::spec::{Layer, Model};

/// A model's layers and counts; its `Display` is Keras's table, 78 columns wide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// The layers, input first.
    pub layers: Vec<LayerSummary>,
    /// Numbers in all parameters.
    pub total_parameters: usize,
    /// Those that training changes.
    pub trainable_parameters: usize,
    /// Those that it does not.
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
        let row = |layer: &Layer| LayerSummary {
            name: layer.name.clone(),
            class: layer.kind.class_name(),
            output_shape: match layer.output {
                Output::Sequence { width } => vec![None, None, Some(width)],
                Output::Vector { width } => vec![None, Some(width)],
            },
            parameters: self.parameters_of(&layer.name).map(Parameter::len).sum(),
        };
        let total = self.count_parameters();
        Summary {
            name: self.name().to_string(),
            layers: self.layers().iter().map(row).collect(),
            total_parameters: total,
            trainable_parameters: total,
            non_trainable_parameters: 0,
        }
    }
}

/// Columns of text in the table's three columns, as Keras has them in a terminal of 80.
const WIDTHS: [usize; 3] = [32, 23, 13];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [name_width, shape_width, count_width] = WIDTHS;
        writeln!(f, "Model: \"{}\"", self.name)?;
        writeln!(f, "{}", rule('┏', '━', '┳', '┓'))?;
        writeln!(
            f,
            "┃ {:name_width$} ┃ {:shape_width$} ┃ {:>count_width$} ┃",
            "Layer (type)", "Output Shape", "Param #"
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
                with_separators(layer.parameters)
            )?;
            if let Some(rest) = rest {
                writeln!(
                    f,
                    "│ {rest:name_width$} │ {:shape_width$} │ {:count_width$} │",
                    "", ""
                )?;
            }
        }
        writeln!(f, "{}", rule('└', '─', '┴', '┘'))?;
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

/// A horizontal line of the table.
fn rule(left: char, line: char, crossing: char, right: char) -> String {
    let parts = WIDTHS.map(|width| line.to_string().repeat(width + 2));
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
    format!(
        "{} ({size:.2} {})",
        with_separators(parameters),
        UNITS[unit]
    )
}

/// `561,089`
fn with_separators(number: usize) -> String {
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
