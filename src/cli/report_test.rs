//! A run on test reviews, for its report: how good it is, and reviews that show why.

use std::sync::Arc;

use anyhow::Result;
use gatefold::batch::{Batch, Padding, Scratch, Side};
use gatefold::data::{Dataset, Encoder};
use gatefold::report::{Example, Test, errors_by_length, surest, words};
use gatefold::run::TrainedRun;
use gatefold::train::{Evaluation, Session};

use super::evaluate::evaluate_told;
use super::screen::Output;

/// Tests `run`, whose model `session` has, on the test reviews of `dataset`: `count` examples of what it
/// got wrong, and of what it got right.
pub fn test(
    run: &TrainedRun,
    session: &mut Session,
    dataset: &Arc<Dataset>,
    count: usize,
    output: Output,
) -> Result<Test> {
    let (batch_size, padding) = (run.batch_size, run.padding);
    let evaluation = evaluate_told(run, session, dataset, batch_size, output)?;
    let Evaluation { probabilities, .. } = &evaluation;
    let labels: Vec<u8> = dataset.test.iter().map(|review| review.label).collect();
    let mut chosen = surest(probabilities, &labels, false, count);
    chosen.extend(surest(probabilities, &labels, true, count));
    let encoder = Encoder::new(&dataset.vocabulary);
    let mut examples = Vec::with_capacity(chosen.len());
    for index in chosen {
        examples.push(example(
            session,
            dataset,
            index,
            (batch_size, padding),
            &encoder,
        )?);
    }
    Ok(Test {
        data: dataset.name.clone(),
        lengths: errors_by_length(&dataset.test, probabilities),
        examples,
        evaluation,
    })
}

/// Explains a review in the batch in which it was tested, so that the probability is the one it was tested with.
fn example(
    session: &mut Session,
    dataset: &Dataset,
    index: usize,
    (batch_size, padding): (usize, Padding),
    encoder: &Encoder,
) -> Result<Example> {
    let row = index % batch_size;
    let together = dataset.test.iter().skip(index - row).take(batch_size);
    let together: Vec<_> = together.collect();
    let batch = Batch::with_padding(&together, padding, &mut Scratch::default());
    let attribution = session.explain(&batch, None)?;
    let column = attribution.contributions.iter().skip(row);
    let column: Vec<f64> = column.step_by(batch.size).copied().collect();
    let review = &dataset.test[index];
    let kept = padding.kept_of(review.ids.len());
    let first = match padding.pad {
        Side::Before => column.len() - kept.len(),
        Side::After => 0,
    };
    let own = &column[first..first + kept.len()];
    let all: f64 = column.iter().sum();
    Ok(Example {
        probabilities: attribution.probabilities.row(row).to_vec(),
        label: review.label,
        words: words(encoder, &review.ids, kept.clone(), own),
        tokens: review.ids.len(),
        padding: (column.len() - kept.len(), all - own.iter().sum::<f64>()),
    })
}
