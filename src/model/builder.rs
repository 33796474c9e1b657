//! [`Sequential`]: stack layers as in Keras, get a checked [`Model`].

use std::collections::HashMap;

use super::layers::{Activation, Dense, LayerKind, Output};
use super::parameters::Parameter;
use super::spec::{Layer, Model};
use crate::error::{Error, Result};

/// A stack of layers on its way to become a [`Model`].
///
/// # Examples
/// ```
/// use gatefold::model::{Bidirectional, Dense, Embedding, Lstm, Sequential};
///
/// let model = Sequential::new("bidirectional")
///     .add(Embedding::new(8185, 64))
///     .add(Bidirectional::new(Lstm::new(64)))
///     .add(Dense::new(64).relu())
///     .add(Dense::new(1).sigmoid())
///     .build()?;
/// assert_eq!(model.parameters().iter().map(|p| p.len()).sum::<usize>(), 598_209);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sequential {
    name: String,
    layers: Vec<LayerKind>,
}

impl Sequential {
    /// An empty stack.
    pub fn new(name: impl Into<String>) -> Self {
        Sequential {
            name: name.into(),
            layers: Vec::new(),
        }
    }

    /// Puts `layer` on top.
    #[allow(clippy::should_implement_trait)] // `add` is the name that Keras's users know
    pub fn add(mut self, layer: impl Into<LayerKind>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Checks that the layers fit together, names them and lists their parameters.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that a folder cannot have.
    /// [`Error::Model`] names the layer that does not fit and says what would: the first layer must
    /// be an embedding, the only one; recurrent and pooling layers need a sequence below them; the last layer
    /// must be `Dense(1)` with a sigmoid, or `Dense(n)` with a softmax for n classes, 2 to 256, on a vector,
    /// and no other may have a softmax; sizes are from 1 to 2²⁴, rates in [0, 1), and
    /// every parameter has fewer than 2³² elements.
    pub fn build(self) -> Result<Model> {
        check_name(&self.name)?;
        let names = unique_names(&self.layers);
        let mut layers: Vec<Layer> = Vec::with_capacity(self.layers.len());
        let mut parameters = Vec::new();
        for (kind, name) in self.layers.into_iter().zip(names) {
            let layer = place(name, kind, layers.last())?;
            for tensor in layer.kind.parameters(layer.input_width) {
                let parameter = Parameter {
                    name: format!("{}.{}", layer.name, tensor.name),
                    ..tensor
                };
                check_parameter(&layer, &parameter)?;
                parameters.push(parameter);
            }
            layers.push(layer);
        }
        check_ends(&layers)?;
        Ok(Model {
            name: self.name,
            layers,
            parameters,
        })
    }
}

/// Keras's names for a stack of layers: the class in snake case, `_1`, `_2` … from the second of
/// its class on.
pub(super) fn unique_names(layers: &[LayerKind]) -> Vec<String> {
    let mut taken: HashMap<&str, usize> = HashMap::new();
    let mut name = |layer: &LayerKind| {
        let class = layer.class_name();
        let count = taken.entry(class).or_default();
        let suffix = if *count == 0 {
            String::new()
        } else {
            format!("_{count}")
        };
        *count += 1;
        format!("{}{suffix}", snake_case(class))
    };
    layers.iter().map(&mut name).collect()
}

/// `global_max_pooling1d` for `GlobalMaxPooling1D`, `lstm` for `LSTM`: Keras's `to_snake_case`, for its layers.
fn snake_case(class: &str) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for letter in class.chars() {
        if after_small && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        after_small = letter.is_ascii_lowercase();
    }
    name
}

/// Gives `kind` its place above `below`, or says why it cannot stand there.
fn place(name: String, kind: LayerKind, below: Option<&Layer>) -> Result<Layer> {
    let below = below.map(|layer| layer.output);
    match kind.output(below) {
        Ok(output) => Ok(Layer {
            name,
            kind,
            input_width: below.map_or(1, Output::width),
            output,
        }),
        Err(problem) => Err(Error::Model {
            layer: name,
            problem,
        }),
    }
}

/// Most classes: a review's label is a byte.
const MAX_CLASSES: usize = 256;

/// Kernels count elements in 32 bits.
fn check_parameter(layer: &Layer, parameter: &Parameter) -> Result<()> {
    let elements = parameter
        .shape
        .iter()
        .try_fold(1usize, |product, &axis| product.checked_mul(axis));
    if elements.is_some_and(|elements| u32::try_from(elements).is_ok()) {
        return Ok(());
    }
    Err(Error::Model {
        layer: layer.name.clone(),
        problem: format!(
            "{} of shape {:?} has 2^32 elements or more; make the layer smaller",
            parameter.name, parameter.shape
        ),
    })
}

/// Run folders are called after their model.
fn check_name(name: &str) -> Result<()> {
    let refused = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    if !name.is_empty() && !name.starts_with('.') && !name.contains(refused) {
        return Ok(());
    }
    let problem = format!("{name:?} cannot be the name of a folder; use letters, digits, - and _");
    Err(Error::argument("name", problem))
}

fn check_ends(layers: &[Layer]) -> Result<()> {
    let Some(last) = layers.last() else {
        return Err(Error::Model {
            layer: "none".into(),
            problem: "the model has no layers".into(),
        });
    };
    let softmax = |layer: &&Layer| {
        matches!(
            layer.kind,
            LayerKind::Dense(Dense {
                activation: Activation::Softmax,
                ..
            })
        )
    };
    if let Some(inner) = layers[..layers.len() - 1].iter().find(softmax) {
        return Err(Error::Model {
            layer: inner.name.clone(),
            problem:
                "a softmax is for the last layer alone, which gives the classes' probabilities"
                    .into(),
        });
    }
    let gives_probabilities = match last.kind {
        LayerKind::Dense(Dense {
            units,
            activation: Activation::Softmax,
        }) => (2..=MAX_CLASSES).contains(&units),
        LayerKind::Dense(Dense {
            units: 1,
            activation: Activation::Sigmoid,
        }) => true,
        _ => false,
    };
    if gives_probabilities && matches!(last.output, Output::Vector { .. }) {
        return Ok(());
    }
    Err(Error::Model {
        layer: last.name.clone(),
        problem: format!(
            "the last layer must be Dense(1) with a sigmoid, or Dense(n) with a softmax for n classes, \
             2 to {MAX_CLASSES}, on the last state of a recurrent layer or on a pooled sequence"
        ),
    })
}
