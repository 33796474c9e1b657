//! Runs a graph: exactly the operators that an export has, as ONNX defines them, in f64.
//!
//! # Source
//! ONNX, Operators.md, operator set 17.

use std::collections::HashMap;

use super::messages::{FLOAT, Graph, INT64, Node, Tensor as Stored};
use super::recurrent;
use super::values::{Kind, Outcome, Tensor, axis_of, broadcast, indices, int, ints, spread};

/// The graph's only output for this value of its only input.
pub fn run(graph: &Graph, input: Tensor) -> Outcome<Tensor> {
    let mut known: HashMap<&str, Tensor> = HashMap::new();
    let [asked] = &graph.input[..] else {
        return Err(format!("{} inputs", graph.input.len()));
    };
    known.insert(&asked.name, input);
    for tensor in &graph.initializer {
        known.insert(&tensor.name, stored(tensor)?);
    }
    for node in &graph.node {
        let find = |name: &String| {
            let found = known.get(name.as_str());
            found.ok_or_else(|| format!("{} takes {name}", node.name))
        };
        let inputs = node.input.iter().map(find).collect::<Outcome<Vec<_>>>()?;
        let outputs = operator(node, &inputs).map_err(|why| format!("{}: {why}", node.name))?;
        if outputs.len() != node.output.len() {
            return Err(format!("{}: {} outputs", node.name, outputs.len()));
        }
        known.extend(node.output.iter().map(String::as_str).zip(outputs));
    }
    let [given] = &graph.output[..] else {
        return Err(format!("{} outputs", graph.output.len()));
    };
    let output = known.remove(given.name.as_str());
    output.ok_or_else(|| format!("no {}", given.name))
}

fn stored(tensor: &Stored) -> Outcome<Tensor> {
    let values: Vec<f64> = match tensor.data_type {
        FLOAT => {
            let (values, _) = tensor.raw_data.as_chunks();
            values
                .iter()
                .map(|&one| f64::from(f32::from_le_bytes(one)))
                .collect()
        }
        INT64 => {
            let (values, _) = tensor.raw_data.as_chunks();
            values
                .iter()
                .map(|&one| i64::from_le_bytes(one) as f64)
                .collect()
        }
        other => return Err(format!("{}: data type {other}", tensor.name)),
    };
    let shape: Vec<usize> = tensor.dims.iter().map(|&size| size as usize).collect();
    if shape.iter().product::<usize>() != values.len() {
        return Err(format!(
            "{}: {} values in {shape:?}",
            tensor.name,
            values.len()
        ));
    }
    let kind = Kind::of(tensor.data_type.into())?;
    Ok(Tensor::new(kind, &shape, values))
}

fn operator(node: &Node, inputs: &[&Tensor]) -> Outcome<Vec<Tensor>> {
    let operator = node.op_type.as_str();
    if let "LSTM" | "GRU" = operator {
        return recurrent::run(node, inputs).map(Vec::from);
    }
    if let ("TopK", [x, count]) = (operator, inputs) {
        return least_first(node, x.is(Kind::Int64)?, count.is(Kind::Int64)?).map(Vec::from);
    }
    let output = match (operator, inputs) {
        ("Transpose", [x]) => transpose(x, ints(node, "perm")?),
        ("Gather", [table, places]) => gather(table, places.is(Kind::Int64)?),
        ("GatherElements", [x, places]) => {
            let axis = axis_of(int(node, "axis").unwrap_or(0), x.shape.len())?;
            gather_elements(x, places.is(Kind::Int64)?, axis)
        }
        ("Shape", [x]) => {
            let rank = x.shape.len() as i64;
            let start = int(node, "start").unwrap_or(0).clamp(0, rank) as usize;
            let end = int(node, "end").unwrap_or(rank).clamp(0, rank) as usize;
            let sizes: Vec<f64> = x.shape[start..end]
                .iter()
                .map(|&size| size as f64)
                .collect();
            Ok(Tensor::new(Kind::Int64, &[sizes.len()], sizes))
        }
        ("Squeeze", [x]) => {
            let shape: Vec<usize> = x.shape.iter().copied().filter(|&size| size != 1).collect();
            Ok(Tensor::new(x.kind, &shape, x.values.clone()))
        }
        ("Range", [start, end, step]) => range(start, end, step),
        ("Less", [a, b]) => {
            let less = pairwise(a, b, |a, b| f64::from(u8::from(a < b)))?;
            Ok(Tensor {
                kind: Kind::Bool,
                ..less
            })
        }
        ("Equal", [a, b]) => {
            let equal = pairwise(a, b, |a, b| f64::from(u8::from(a == b)))?;
            Ok(Tensor {
                kind: Kind::Bool,
                ..equal
            })
        }
        ("Not", [x]) => Ok(map(x.is(Kind::Bool)?, |x| 1.0 - x)),
        ("Cast", [x]) => Ok(Tensor {
            kind: Kind::of(int(node, "to").ok_or("no attribute to")?)?,
            ..(*x).clone()
        }),
        ("Unsqueeze", [x, axes]) => unsqueeze(x, axes.is(Kind::Int64)?),
        ("Reshape", [x, shape]) => reshape(x, shape.is(Kind::Int64)?),
        ("ReduceSum", [x, axes]) => {
            let axes: Vec<i64> = axes
                .is(Kind::Int64)?
                .values
                .iter()
                .map(|&axis| axis as i64)
                .collect();
            reduce(node, x, &axes, |values| values.iter().sum())
        }
        ("ReduceMax", [x]) => reduce(node, x, ints(node, "axes")?, |values| {
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        }),
        ("ReduceMean", [x]) => reduce(node, x, ints(node, "axes")?, mean),
        ("MatMul", [a, b]) => matmul(a.is(Kind::Float)?, b.is(Kind::Float)?),
        ("Add", [a, b]) => pairwise(a, b, |a, b| a + b),
        ("Mul", [a, b]) => pairwise(a, b, |a, b| a * b),
        ("Div", [a, b]) => pairwise(a, b, |a, b| a / b),
        ("Max", [a, b]) => pairwise(a, b, f64::max),
        ("Where", [condition, a, b]) => choose(condition.is(Kind::Bool)?, a, b),
        ("Relu", [x]) => Ok(map(x.is(Kind::Float)?, |x| x.max(0.0))),
        ("Sigmoid", [x]) => Ok(map(x.is(Kind::Float)?, |x| 1.0 / (1.0 + (-x).exp()))),
        ("Tanh", [x]) => Ok(map(x.is(Kind::Float)?, f64::tanh)),
        ("Softmax", [x]) => {
            let axis = axis_of(int(node, "axis").unwrap_or(-1), x.shape.len())?;
            Ok(softmax(x.is(Kind::Float)?, axis))
        }
        ("LayerNormalization", [x, gamma, beta]) => {
            let epsilon = node.attribute.iter().find(|one| one.name == "epsilon");
            normalise(x, gamma, beta, f64::from(epsilon.map_or(1e-5, |one| one.f)))
        }
        _ => Err(format!("{operator} of {} inputs", inputs.len())),
    };
    output.map(|output| vec![output])
}

fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    x.with(x.values.iter().map(|&x| f(x)).collect())
}

fn pairwise(a: &Tensor, b: &Tensor, f: impl Fn(f64, f64) -> f64) -> Outcome<Tensor> {
    b.is(a.kind)?;
    let shape = broadcast(&[&a.shape, &b.shape])?;
    let values = indices(&shape)
        .into_iter()
        .map(|at| f(spread(a, &at), spread(b, &at)));
    Ok(Tensor::new(a.kind, &shape, values.collect()))
}

fn choose(condition: &Tensor, a: &Tensor, b: &Tensor) -> Outcome<Tensor> {
    b.is(a.kind)?;
    let shape = broadcast(&[&condition.shape, &a.shape, &b.shape])?;
    let value = |at: Vec<usize>| match spread(condition, &at) != 0.0 {
        true => spread(a, &at),
        false => spread(b, &at),
    };
    let values = indices(&shape).into_iter().map(value);
    Ok(Tensor::new(a.kind, &shape, values.collect()))
}

/// Axis n of the output is axis `order[n]` of the input.
fn transpose(x: &Tensor, order: &[i64]) -> Outcome<Tensor> {
    let rank = x.shape.len();
    let order = order
        .iter()
        .map(|&axis| axis_of(axis, rank))
        .collect::<Outcome<Vec<_>>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(format!("order {order:?} of {rank} axes"));
    }
    let shape: Vec<usize> = order.iter().map(|&axis| x.shape[axis]).collect();
    let value = |at: Vec<usize>| {
        let mut from = vec![0; rank];
        for (&axis, at) in order.iter().zip(at) {
            from[axis] = at;
        }
        x.at(&from)
    };
    let values = indices(&shape).into_iter().map(value);
    Ok(Tensor::new(x.kind, &shape, values.collect()))
}

/// Rows of the table.
fn gather(table: &Tensor, places: &Tensor) -> Outcome<Tensor> {
    let [rows, width] = table.shape[..] else {
        return Err(format!("a table of shape {:?}", table.shape));
    };
    let mut values = Vec::new();
    for &place in &places.values {
        if place < 0.0 || place >= rows as f64 {
            return Err(format!("row {place} of {rows}"));
        }
        values.extend_from_slice(&table.values[place as usize * width..][..width]);
    }
    let shape = [&places.shape[..], &[width]].concat();
    Ok(Tensor::new(table.kind, &shape, values))
}

/// Along an axis, the elements at these places.
fn gather_elements(x: &Tensor, places: &Tensor, axis: usize) -> Outcome<Tensor> {
    let value = |at: Vec<usize>| {
        let place = places.at(&at) as usize;
        if place >= x.shape[axis] {
            return Err(format!("place {place} of {:?}", x.shape));
        }
        let mut from = at;
        from[axis] = place;
        Ok(x.at(&from))
    };
    let values = indices(&places.shape).into_iter().map(value);
    Ok(Tensor::new(
        x.kind,
        &places.shape,
        values.collect::<Outcome<_>>()?,
    ))
}

/// Whole numbers from one number to before another.
fn range(start: &Tensor, end: &Tensor, step: &Tensor) -> Outcome<Tensor> {
    let number = |x: &Tensor| match x.is(Kind::Int64)?.shape[..] {
        [] => Ok(x.values[0] as i64),
        _ => Err(format!("{:?} for a number", x.shape)),
    };
    let (start, end, step) = (number(start)?, number(end)?, number(step)?);
    if step < 1 {
        return Err(format!("step {step}"));
    }
    let values: Vec<f64> = (start..end)
        .step_by(step as usize)
        .map(|one| one as f64)
        .collect();
    Ok(Tensor::new(Kind::Int64, &[values.len()], values))
}

/// All elements along the last axis of a matrix, the least first, and where each was.
fn least_first(node: &Node, x: &Tensor, count: &Tensor) -> Outcome<[Tensor; 2]> {
    let [rows, width] = x.shape[..] else {
        return Err(format!("shape {:?}", x.shape));
    };
    let attributes = ["axis", "largest", "sorted"].map(|name| int(node, name));
    if attributes != [Some(1), Some(0), Some(1)] || count.values != [width as f64] {
        return Err(format!("{attributes:?}, {:?} of {width}", count.values));
    }
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let own = &x.values[row * width..][..width];
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&a, &b| own[a].total_cmp(&own[b]));
        values.extend(order.iter().map(|&place| own[place]));
        places.extend(order.iter().map(|&place| place as f64));
    }
    let tensor = |values| Tensor::new(Kind::Int64, &x.shape, values);
    Ok([tensor(values), tensor(places)])
}

fn unsqueeze(x: &Tensor, axes: &Tensor) -> Outcome<Tensor> {
    let mut shape = x.shape.clone();
    let mut axes: Vec<usize> = axes.values.iter().map(|&axis| axis as usize).collect();
    axes.sort_unstable();
    for axis in axes {
        if axis > shape.len() {
            return Err(format!("axis {axis} into {shape:?}"));
        }
        shape.insert(axis, 1);
    }
    Ok(Tensor::new(x.kind, &shape, x.values.clone()))
}

/// Of the asked sizes 0 keeps the input's.
fn reshape(x: &Tensor, asked: &Tensor) -> Outcome<Tensor> {
    let size = |(axis, &size): (usize, &f64)| match size {
        0.0 => x.shape.get(axis).copied().ok_or(format!("no axis {axis}")),
        _ => Ok(size as usize),
    };
    let shape = asked
        .values
        .iter()
        .enumerate()
        .map(size)
        .collect::<Outcome<Vec<_>>>()?;
    if shape.iter().product::<usize>() != x.values.len() {
        return Err(format!("{:?} to {shape:?}", x.shape));
    }
    Ok(Tensor::new(x.kind, &shape, x.values.clone()))
}

/// What `f` makes of all numbers along one axis, which is left out.
fn reduce(node: &Node, x: &Tensor, axes: &[i64], f: impl Fn(&[f64]) -> f64) -> Outcome<Tensor> {
    if int(node, "keepdims") != Some(0) {
        return Err("the axis is kept".to_string());
    }
    let &[axis] = axes else {
        return Err(format!("axes {axes:?}"));
    };
    let axis = axis_of(axis, x.shape.len())?;
    let mut shape = x.shape.clone();
    let size = shape.remove(axis);
    let value = |at: Vec<usize>| {
        let along = (0..size).map(|n| x.at(&[&at[..axis], &[n], &at[axis..]].concat()));
        f(&along.collect::<Vec<_>>())
    };
    let values = indices(&shape).into_iter().map(value);
    Ok(Tensor::new(x.kind, &shape, values.collect()))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of any number of rows with a matrix.
fn matmul(a: &Tensor, b: &Tensor) -> Outcome<Tensor> {
    let ([rows @ .., inner], [height, width]) = (&a.shape[..], &b.shape[..]) else {
        return Err(format!("{:?} with {:?}", a.shape, b.shape));
    };
    if inner != height {
        return Err(format!("{:?} with {:?}", a.shape, b.shape));
    }
    let mut values = Vec::new();
    for row in a.values.chunks_exact(*inner) {
        for column in 0..*width {
            let terms = row.iter().enumerate();
            values.push(terms.map(|(n, x)| x * b.values[n * width + column]).sum());
        }
    }
    Ok(Tensor::new(a.kind, &[rows, &[*width]].concat(), values))
}

fn softmax(x: &Tensor, axis: usize) -> Tensor {
    let value = |at: &Vec<usize>| {
        let along = (0..x.shape[axis]).map(|n| {
            let mut at = at.clone();
            at[axis] = n;
            x.at(&at)
        });
        let along: Vec<f64> = along.collect();
        let greatest = along.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = along.iter().map(|x| (x - greatest).exp()).sum();
        (x.at(at) - greatest).exp() / sum
    };
    x.with(indices(&x.shape).iter().map(value).collect())
}

/// Over the last axis.
fn normalise(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Outcome<Tensor> {
    let width = x.shape.last().copied().unwrap_or(0);
    if gamma.shape != [width] || beta.shape != [width] {
        return Err(format!(
            "{:?} and {:?} for {width}",
            gamma.shape, beta.shape
        ));
    }
    let mut values = Vec::new();
    for row in x.values.chunks_exact(width) {
        let centre = mean(row);
        let squares: Vec<f64> = row.iter().map(|x| (x - centre).powi(2)).collect();
        let deviation = (mean(&squares) + epsilon).sqrt();
        let scaled = row.iter().zip(&gamma.values).zip(&beta.values);
        values.extend(scaled.map(|((x, gamma), beta)| (x - centre) / deviation * gamma + beta));
    }
    Ok(x.with(values))
}
