//! Names, shapes and initialisers of the trainable tensors.

/// How a parameter starts, as Keras 3's defaults have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initialiser {
    /// Every element 0.
    Zeros,
    /// Every element 1.
    Ones,
    /// U(−limit, limit).
    Uniform {
        /// Bound of the interval.
        limit: f32,
    },
    /// U(−l, l) with l = √(6 / (rows + columns)). Glorot and Bengio (2010).
    GlorotUniform,
    /// Rows (or columns, whichever are fewer) orthonormal. Saxe et al. (2014).
    Orthogonal,
    /// An LSTM's bias: 0, but 1 for the forget gate. Jozefowicz et al. (2015).
    UnitForgetBias,
}

/// One trainable tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `LAYER.TENSOR`, or `LAYER.DIRECTION.TENSOR` in a bidirectional layer.
    pub name: String,
    /// Row-major shape, one or two axes.
    pub shape: Vec<usize>,
    /// How it starts.
    pub initialiser: Initialiser,
}

impl Parameter {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Fails where one of its values, in row-major order, is not a finite number: says which, and where.
    pub(crate) fn check_finite(&self, values: &[f32]) -> Result<(), String> {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => Err(format!(
                "{} at {:?}, which would spread to every result; take an earlier copy",
                values[at],
                place_in(&self.shape, at)
            )),
        }
    }

    /// Whether it has no elements (never true in a checked model).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The index along each axis of the number that is `at` in row-major order.
fn place_in(shape: &[usize], at: usize) -> Vec<usize> {
    let mut rest = at;
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let index = rest % size;
            rest /= size;
            index
        })
        .collect();
    place.reverse();
    place
}
