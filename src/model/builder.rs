//! [`Sequential`]: stack layers as in Keras, get a checked [`Model`].

use std::collections::HashMap;

use super::parameters::{Initialiser, Parameter};
use super::spec::{
    Activation, AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, Layer, LayerKind, LayerNormalization, Lstm, Model, Output, Recurrent,
};
use crate::error::{Error, Result};

impl Embedding {
    /// A table of `vocabulary` rows of `width` numbers, id 0 not masked.
    pub fn new(vocabulary: usize, width: usize) -> Self {
        Embedding {
            vocabulary,
            width,
            mask_zero: false,
        }
    }

    /// Masks id 0 in the recurrent layers above.
    pub fn mask_zero(mut self) -> Self {
        self.mask_zero = true;
        self
    }
}

impl Lstm {
    /// `units` hidden units; the last state leaves the layer.
    pub fn new(units: usize) -> Self {
        Lstm {
            units,
            return_sequences: false,
        }
    }

    /// Lets every timestep's state leave the layer.
    pub fn return_sequences(mut self) -> Self {
        self.return_sequences = true;
        self
    }
}

impl Gru {
    /// `units` hidden units; the last state leaves the layer.
    pub fn new(units: usize) -> Self {
        Gru {
            units,
            return_sequences: false,
        }
    }

    /// Lets every timestep's state leave the layer.
    pub fn return_sequences(mut self) -> Self {
        self.return_sequences = true;
        self
    }
}

impl From<Lstm> for Recurrent {
    fn from(layer: Lstm) -> Self {
        Recurrent::Lstm(layer)
    }
}

impl From<Gru> for Recurrent {
    fn from(layer: Gru) -> Self {
        Recurrent::Gru(layer)
    }
}

impl Bidirectional {
    /// Runs `layer`, an [`Lstm`] or a [`Gru`], in both directions.
    ///
    /// ```
    /// use gatefold::model::{Bidirectional, Gru};
    ///
    /// let both = Bidirectional::new(Gru::new(32).return_sequences());
    /// assert_eq!(both.layer.units(), 32);
    /// ```
    pub fn new(layer: impl Into<Recurrent>) -> Self {
        Bidirectional {
            layer: layer.into(),
        }
    }
}

impl Dense {
    /// `units` sums, no activation.
    pub fn new(units: usize) -> Self {
        Dense {
            units,
            activation: Activation::Linear,
        }
    }

    /// With relu.
    pub fn relu(mut self) -> Self {
        self.activation = Activation::Relu;
        self
    }

    /// With the logistic function.
    pub fn sigmoid(mut self) -> Self {
        self.activation = Activation::Sigmoid;
        self
    }

    /// With a softmax: a probability for each of as many classes as there are units.
    pub fn softmax(mut self) -> Self {
        self.activation = Activation::Softmax;
        self
    }
}

impl Dropout {
    /// Drops a share `rate` of the inputs.
    pub fn new(rate: f32) -> Self {
        Dropout { rate }
    }
}

impl GlobalMaxPooling1D {
    /// The greatest value over time.
    pub fn new() -> Self {
        GlobalMaxPooling1D {}
    }
}

impl GlobalAveragePooling1D {
    /// The mean over time.
    pub fn new() -> Self {
        GlobalAveragePooling1D {}
    }
}

impl AttentionPooling {
    /// A mean over time, weighted by scores that are made from `units` numbers a timestep.
    pub fn new(units: usize) -> Self {
        AttentionPooling { units }
    }
}

impl LayerNormalization {
    /// With Keras's epsilon, 0.001.
    pub fn new() -> Self {
        LayerNormalization {
            epsilon: Self::default_epsilon(),
        }
    }

    pub(super) fn default_epsilon() -> f32 {
        1e-3
    }
}

impl Default for LayerNormalization {
    fn default() -> Self {
        LayerNormalization::new()
    }
}

macro_rules! layer_kind_from {
    ($($layer:ident),*) => {
        $(impl From<$layer> for LayerKind {
            fn from(layer: $layer) -> Self {
                LayerKind::$layer(layer)
            }
        })*
    };
}
layer_kind_from!(
    Embedding,
    Lstm,
    Gru,
    Bidirectional,
    Dense,
    Dropout,
    GlobalMaxPooling1D,
    GlobalAveragePooling1D,
    AttentionPooling,
    LayerNormalization
);

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
    /// [`Error::Option`] for a name that a folder cannot have.
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
            for parameter in layer_parameters(&layer) {
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

impl LayerKind {
    /// The class name in Keras.
    pub fn class_name(&self) -> &'static str {
        match self {
            LayerKind::Embedding(_) => "Embedding",
            LayerKind::Lstm(_) => "LSTM",
            LayerKind::Gru(_) => "GRU",
            LayerKind::Bidirectional(_) => "Bidirectional",
            LayerKind::Dense(_) => "Dense",
            LayerKind::Dropout(_) => "Dropout",
            LayerKind::GlobalMaxPooling1D(_) => "GlobalMaxPooling1D",
            LayerKind::GlobalAveragePooling1D(_) => "GlobalAveragePooling1D",
            LayerKind::AttentionPooling(_) => "AttentionPooling",
            LayerKind::LayerNormalization(_) => "LayerNormalization",
        }
    }
}

/// Gives `kind` its place above `below`, or says why it cannot stand there.
fn place(name: String, kind: LayerKind, below: Option<&Layer>) -> Result<Layer> {
    let below = below.map(|layer| layer.output);
    match output_of(&kind, below) {
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

/// What leaves `kind` when `below` enters it, or why it cannot.
fn output_of(kind: &LayerKind, below: Option<Output>) -> Result<Output, String> {
    match (kind, below) {
        (LayerKind::Embedding(embedding), None) => {
            check_size("vocabulary", embedding.vocabulary)?;
            check_size("width", embedding.width)?;
            Ok(Output::Sequence {
                width: embedding.width,
            })
        }
        (LayerKind::Embedding(_), Some(_)) => {
            Err("only the first layer can be an Embedding".into())
        }
        (_, None) => Err("the first layer must be an Embedding".into()),
        (LayerKind::Lstm(lstm), Some(below)) => recurrent_output(&lstm.clone().into(), 1, below),
        (LayerKind::Gru(gru), Some(below)) => recurrent_output(&gru.clone().into(), 1, below),
        (LayerKind::Bidirectional(bidirectional), Some(below)) => {
            recurrent_output(&bidirectional.layer, 2, below)
        }
        (LayerKind::Dense(dense), Some(below)) => {
            check_size("units", dense.units)?;
            Ok(below.with_width(dense.units))
        }
        (LayerKind::Dropout(dropout), Some(below)) => {
            if (0.0..1.0).contains(&dropout.rate) {
                Ok(below)
            } else {
                Err(format!(
                    "the rate must be at least 0 and below 1, not {}",
                    dropout.rate
                ))
            }
        }
        (LayerKind::GlobalMaxPooling1D(_) | LayerKind::GlobalAveragePooling1D(_), Some(below)) => {
            pooled_output(below)
        }
        (LayerKind::AttentionPooling(attention), Some(below)) => {
            check_size("units", attention.units)?;
            pooled_output(below)
        }
        (LayerKind::LayerNormalization(normalization), Some(below)) => {
            let epsilon = normalization.epsilon;
            if epsilon > 0.0 && epsilon.is_finite() {
                Ok(below)
            } else {
                Err(format!("epsilon must be above 0, 0.001 say, not {epsilon}"))
            }
        }
    }
}

/// What a layer over time says where there is no time.
const NEEDS_SEQUENCE: &str =
    "needs a sequence below it: set return_sequences on the recurrent layer below";

fn recurrent_output(layer: &Recurrent, directions: usize, below: Output) -> Result<Output, String> {
    check_size("units", layer.units())?;
    let width = layer.units() * directions;
    match below {
        Output::Vector { .. } => Err(NEEDS_SEQUENCE.into()),
        Output::Sequence { .. } if layer.return_sequences() => Ok(Output::Sequence { width }),
        Output::Sequence { .. } => Ok(Output::Vector { width }),
    }
}

fn pooled_output(below: Output) -> Result<Output, String> {
    match below {
        Output::Vector { .. } => Err(NEEDS_SEQUENCE.into()),
        Output::Sequence { width } => Ok(Output::Vector { width }),
    }
}

/// Most classes: a review's label is a byte.
const MAX_CLASSES: usize = 256;

/// Largest vocabulary, width or number of units; small enough that 4·H and 2·H are sizes too.
const MAX_SIZE: usize = 1 << 24;

fn check_size(what: &str, size: usize) -> Result<(), String> {
    if (1..=MAX_SIZE).contains(&size) {
        Ok(())
    } else {
        Err(format!("{what} must be from 1 to {MAX_SIZE}, not {size}"))
    }
}

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
    Err(Error::Option {
        option: "model name".into(),
        problem: format!("{name:?} cannot be the name of a folder; use letters, digits, - and _"),
    })
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

fn layer_parameters(layer: &Layer) -> Vec<Parameter> {
    let parameter = |tensor: &str, shape: &[usize], initialiser| Parameter {
        name: format!("{}.{tensor}", layer.name),
        shape: shape.to_vec(),
        initialiser,
    };
    let input = layer.input_width;
    let cell = |prefix: &str, layer: &Recurrent| {
        let units = layer.units();
        let (columns, bias, start) = match layer {
            Recurrent::Lstm(_) => (4 * units, vec![4 * units], Initialiser::UnitForgetBias),
            Recurrent::Gru(_) => (3 * units, vec![2, 3 * units], Initialiser::Zeros),
        };
        vec![
            parameter(
                &format!("{prefix}kernel"),
                &[input, columns],
                Initialiser::GlorotUniform,
            ),
            parameter(
                &format!("{prefix}recurrent_kernel"),
                &[units, columns],
                Initialiser::Orthogonal,
            ),
            parameter(&format!("{prefix}bias"), &bias, start),
        ]
    };
    match &layer.kind {
        LayerKind::Embedding(e) => vec![parameter(
            "embeddings",
            &[e.vocabulary, e.width],
            Initialiser::Uniform { limit: 0.05 },
        )],
        LayerKind::Lstm(lstm) => cell("", &lstm.clone().into()),
        LayerKind::Gru(gru) => cell("", &gru.clone().into()),
        LayerKind::Bidirectional(Bidirectional { layer }) => {
            let mut both = cell("forward.", layer);
            both.extend(cell("backward.", layer));
            both
        }
        LayerKind::Dense(dense) => vec![
            parameter("kernel", &[input, dense.units], Initialiser::GlorotUniform),
            parameter("bias", &[dense.units], Initialiser::Zeros),
        ],
        LayerKind::AttentionPooling(attention) => vec![
            parameter(
                "kernel",
                &[input, attention.units],
                Initialiser::GlorotUniform,
            ),
            parameter("bias", &[attention.units], Initialiser::Zeros),
            parameter("context", &[attention.units, 1], Initialiser::GlorotUniform),
        ],
        LayerKind::LayerNormalization(_) => vec![
            parameter("gamma", &[input], Initialiser::Ones),
            parameter("beta", &[input], Initialiser::Zeros),
        ],
        LayerKind::Dropout(_)
        | LayerKind::GlobalMaxPooling1D(_)
        | LayerKind::GlobalAveragePooling1D(_) => Vec::new(),
    }
}
