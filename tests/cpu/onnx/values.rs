//! Tensors of an ONNX graph, every number of them in f64, and what an operator may be given.

use super::messages::{FLOAT, INT32, INT64, Node};

/// What an operator gives, or why the graph is none that a runtime would run.
pub type Outcome<T> = Result<T, String>;

/// What a tensor's numbers are in the graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Bool,
    Int32,
    Int64,
    Float,
}

impl Kind {
    pub fn of(data_type: i64) -> Outcome<Kind> {
        match data_type as i32 {
            FLOAT => Ok(Kind::Float),
            INT32 => Ok(Kind::Int32),
            INT64 => Ok(Kind::Int64),
            other => Err(format!("data type {other}")),
        }
    }
}

/// A row-major tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Tensor {
    pub fn new(kind: Kind, shape: &[usize], values: Vec<f64>) -> Tensor {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{shape:?}");
        Tensor {
            kind,
            shape: shape.to_vec(),
            values,
        }
    }

    /// The number at an index of every axis.
    pub fn at(&self, index: &[usize]) -> f64 {
        self.values[flat(&self.shape, index)]
    }

    pub fn is(&self, kind: Kind) -> Outcome<&Tensor> {
        match self.kind == kind {
            true => Ok(self),
            false => Err(format!("a {:?} for a {kind:?}", self.kind)),
        }
    }

    /// `values` in this tensor's shape.
    pub fn with(&self, values: Vec<f64>) -> Tensor {
        Tensor::new(self.kind, &self.shape, values)
    }
}

/// The place of an index in a row-major tensor.
fn flat(shape: &[usize], index: &[usize]) -> usize {
    assert_eq!(shape.len(), index.len());
    let places = shape.iter().zip(index);
    places.fold(0, |place, (size, at)| {
        assert!(at < size, "{index:?} of {shape:?}");
        place * size + at
    })
}

/// Every index of a shape, in row-major order.
pub fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &size in shape {
        let longer = all
            .into_iter()
            .flat_map(|start: Vec<usize>| (0..size).map(move |at| [&start[..], &[at]].concat()));
        all = longer.collect();
    }
    all
}

/// The shape that tensors of these shapes are spread to: sizes from the last axis on are equal, or 1.
pub fn broadcast(shapes: &[&[usize]]) -> Outcome<Vec<usize>> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let size = |axis: usize| {
        let sizes = shapes.iter().filter_map(|shape| {
            let missing = rank - shape.len();
            axis.checked_sub(missing).map(|axis| shape[axis])
        });
        let mut wide = 1;
        for size in sizes {
            if wide != 1 && size != 1 && size != wide {
                return Err(format!("shapes {shapes:?} do not go together"));
            }
            wide = wide.max(size);
        }
        Ok(wide)
    };
    (0..rank).map(size).collect()
}

/// The number of a tensor that stands at an index of the shape it is spread to.
pub fn spread(tensor: &Tensor, index: &[usize]) -> f64 {
    let own = &index[index.len() - tensor.shape.len()..];
    let own: Vec<usize> = own
        .iter()
        .zip(&tensor.shape)
        .map(|(&at, &size)| if size == 1 { 0 } else { at })
        .collect();
    tensor.at(&own)
}

/// An axis that may be counted from the last.
pub fn axis_of(axis: i64, rank: usize) -> Outcome<usize> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(axis) if axis < rank => Ok(axis),
        _ => Err(format!("axis {axis} of {rank}")),
    }
}

/// A whole number among a node's attributes.
pub fn int(node: &Node, name: &str) -> Option<i64> {
    let found = node.attribute.iter().find(|one| one.name == name);
    found.map(|attribute| attribute.i)
}

/// Whole numbers among a node's attributes.
pub fn ints<'a>(node: &'a Node, name: &str) -> Outcome<&'a [i64]> {
    let found = node.attribute.iter().find(|one| one.name == name);
    found
        .map(|attribute| &attribute.ints[..])
        .ok_or_else(|| format!("no attribute {name}"))
}
