//! The losses of a batch, their gradients, and how many predictions are right.

use crate::error::Result;
use crate::native::scalar::{exp, ln};
use crate::native::work::Work;
use crate::plan::dims::{LossDims, SoftmaxLossDims};

/// Probabilities are kept this far from 0 and 1.
const EPSILON: f32 = 1e-7;

/// The mean of -w·(y·ln q + (1 - y)·ln(1 - q)) with q = p kept within bounds, and d_p = w·(q - y) / (q·(1 - q)) / B, which is
/// 0 where p was out of bounds. A prediction is right where (p > 0.5) = (y = 1).
pub(in crate::native) fn binary(mut work: Work<'_>) -> Result<()> {
    let LossDims { batch, record, .. } = work.dims()?;
    let (rows, batch) = (batch as usize, batch as f32);
    let (p, labels) = (work.bindings.read(0)?, work.bindings.read(1)?);
    let weights = work.bindings.read(2)?;
    let (d_p, records) = (work.bindings.take(3)?, work.bindings.take_words(4)?);
    let (mut loss, mut right) = (0.0, 0);
    let rows = p[..rows].iter().zip(labels).zip(weights);
    for (((&p, &y), &w), d_p) in rows.zip(d_p) {
        let of_row = row_loss(p, y, w, batch);
        *d_p = of_row.d_p;
        loss -= of_row.log_likelihood;
        right += of_row.right;
    }
    put(records, record, loss / f64::from(batch), right);
    Ok(())
}

/// What a row of two classes adds to the log-likelihood, its probability's gradient, and 1 where its prediction is right.
pub(super) struct RowLoss {
    pub(super) log_likelihood: f64,
    pub(super) d_p: f32,
    pub(super) right: u32,
}

/// Of probability p, label y, and w, what the row counts.
pub(super) fn row_loss(p: f32, y: f32, w: f32, batch: f32) -> RowLoss {
    let q = p.clamp(EPSILON, 1.0 - EPSILON); // a NaN stays
    let (q_wide, y_wide) = (f64::from(q), f64::from(y));
    let kept = q == p || p.is_nan();
    RowLoss {
        log_likelihood: f64::from(w) * (y_wide * ln(q_wide) + (1.0 - y_wide) * ln(1.0 - q_wide)),
        d_p: if kept {
            w * ((q - y) / (q * (1.0 - q)) / batch)
        } else {
            0.0
        },
        right: u32::from((p > 0.5) == (y > 0.5)),
    }
}

/// p = softmax(s), the mean of -w·ln p[label], and d_s = w·(p - (c = label)) / B. A prediction is right where the first of the
/// greatest sums is the label's.
pub(in crate::native) fn softmax(mut work: Work<'_>) -> Result<()> {
    let dims: SoftmaxLossDims = work.dims()?;
    let (rows, classes) = (dims.batch as usize, dims.classes as usize);
    let batch = dims.batch as f32;
    let (s, labels) = (work.bindings.read(0)?, work.bindings.read(1)?);
    let weights = work.bindings.read(2)?;
    let (p, d_s) = (work.bindings.take(3)?, work.bindings.take(4)?);
    let records = work.bindings.take_words(5)?;
    let (mut loss, mut right) = (0.0, 0);
    let outputs = p
        .chunks_exact_mut(classes)
        .zip(d_s.chunks_exact_mut(classes));
    let inputs = s.chunks_exact(classes).zip(&labels[..rows]).zip(weights);
    for (((s, label), &w), (p, d_s)) in inputs.zip(outputs) {
        let label = *label as usize;
        let mut best = 0;
        for (class, value) in s.iter().enumerate() {
            if *value > s[best] {
                best = class;
            }
        }
        let most = f64::from(s[best]);
        let power = |value: f32| exp(f64::from(value) - most);
        let total: f64 = s.iter().map(|value| power(*value)).sum();
        for (class, (p, d_s)) in p.iter_mut().zip(d_s).enumerate() {
            *p = (power(s[class]) / total) as f32;
            *d_s = w * ((*p - f32::from(u8::from(class == label))) / batch);
        }
        loss += f64::from(w) * (ln(total) + (most - f64::from(s[label])));
        right += u32::from(best == label);
    }
    put(records, dims.record, loss / f64::from(batch), right);
    Ok(())
}

/// The second and the third word of a step's record.
pub(super) fn put(records: &mut [u32], record: u32, loss: f64, right: u32) {
    let record = &mut records[4 * record as usize..][..4];
    record[1] = (loss as f32).to_bits();
    record[2] = right;
}
