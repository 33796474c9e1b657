//! What the host does: reviews to ids, ids to batches, batches to plans, and encoded reviews from the cache.
//!
//! ```sh
//! cargo bench --bench host
//! cargo bench --bench host -- batches
//! ```
//!
//! All on the embedded demo corpus, so it needs no data; the device is not used. Steps on a device are timed by
//! `gatefold bench`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatefold::batch::{BatchShape, Batches, Order, Reviews, SHUFFLE_BUFFER};
use gatefold::data::{
    Dataset, Encoder, ExportCells, ExportForm, ReviewLimits, Source, demo, export, load_cached,
};
use gatefold::model::{Model, Variant};
use gatefold::plan::{
    Adam, BatchLayout, DropoutMask, Gradients, Limits, ParameterLayout, Plan, StepContext,
    evaluation_step, training_step,
};

/// Reviews of a batch.
const BATCH: usize = 10;

fn corpus() -> Arc<Dataset> {
    Arc::new(demo().expect("the demo corpus is embedded"))
}

/// Text to subword ids and back, by bytes of text.
fn subwords(criterion: &mut Criterion) {
    let corpus = corpus();
    let encoder = Encoder::new(&corpus.vocabulary);
    let texts: Vec<String> = corpus
        .train
        .iter()
        .take(200)
        .map(|review| encoder.decode(&review.ids))
        .collect();
    let ids: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| encoder.encode(text).unwrap())
        .collect();
    let mut group = criterion.benchmark_group("subwords");
    let bytes: usize = texts.iter().map(String::len).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("new", |bench| {
        bench.iter(|| Encoder::new(black_box(&corpus.vocabulary)));
    });
    group.bench_function("encode", |bench| {
        bench.iter(|| {
            let encode = |text: &String| encoder.encode(black_box(text)).unwrap().len();
            texts.iter().map(encode).sum::<usize>()
        });
    });
    group.bench_function("decode", |bench| {
        bench.iter(|| {
            let decode = |ids: &Vec<u32>| encoder.decode(black_box(ids)).len();
            ids.iter().map(decode).sum::<usize>()
        });
    });
    group.finish();
}

/// Batches shuffled, padded and listed by unique token, by positions.
fn batches(criterion: &mut Criterion) {
    let corpus = corpus();
    let mut group = criterion.benchmark_group("batches");
    for (name, bucket) in [("shuffled", false), ("bucketed", true)] {
        let epoch = || {
            let order = Order::training(0, 1, bucket, SHUFFLE_BUFFER);
            Batches::new(Reviews::Train(Arc::clone(&corpus)), BATCH, order).expect("reviews")
        };
        let positions: usize = epoch().map(|batch| batch.length * batch.size).sum();
        group.throughput(Throughput::Elements(positions as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| epoch().map(|batch| black_box(batch).size).sum::<usize>());
        });
    }
    let mut longest = Batches::new(&corpus.train, BATCH, Order::Sequential).expect("reviews");
    let batch = longest.next().expect("a batch");
    let layout = BatchLayout::new(batch.shape());
    group.throughput(Throughput::Bytes(layout.bytes()));
    group.bench_function("pack", |bench| {
        bench.iter(|| layout.pack(black_box(&batch), false));
    });
    group.finish();
}

/// [`training_step`] or [`evaluation_step`].
type PlanOf =
    fn(&Model, &ParameterLayout, &Limits, BatchShape, StepContext) -> gatefold::Result<Plan>;

/// A step's plan, by dispatches.
fn plans(criterion: &mut Criterion) {
    let corpus = corpus();
    let mut reviews = Batches::new(&corpus.train, BATCH, Order::Sequential).expect("reviews");
    let shape = reviews.next().expect("a batch").shape();
    let context = StepContext {
        sequence: 0,
        step: 1,
        optimiser: Some(Adam::new(1e-4).into()),
        gradients: Gradients::default(),
        dropout: DropoutMask::Drawn { seed: 0, step: 1 },
    };
    let limits = Limits::WEBGPU;
    let mut group = criterion.benchmark_group("plans");
    for variant in Variant::ALL {
        let model = variant.model(corpus.vocabulary.size()).expect("a model");
        let parameters = ParameterLayout::new(&model);
        let passes: [(&str, PlanOf); 2] =
            [("training", training_step), ("evaluation", evaluation_step)];
        for (pass, plan_of) in passes {
            let plan = || plan_of(&model, &parameters, &limits, shape, context).expect("a plan");
            group.throughput(Throughput::Elements(plan().dispatches.len() as u64));
            group.bench_function(format!("{pass}/{variant}"), |bench| bench.iter(plan));
        }
    }
    group.finish();
}

/// Reviews of a table, encoded anew and from the cache, by reviews.
fn loading(criterion: &mut Criterion) {
    let corpus = corpus();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (table, vocabulary) = (
        folder.path().join("reviews.jsonl"),
        folder.path().join("words.subwords"),
    );
    let form = ExportForm::JsonLines(ExportCells::Text);
    export(&corpus, form, &table).expect("a table of the reviews");
    corpus.vocabulary.save(&vocabulary).expect("a vocabulary");
    let cache = folder.path().join("cache");
    let source = Source::Path(table);
    let load = |cache| {
        load_cached(&source, Some(&vocabulary), ReviewLimits::default(), cache)
            .expect("the reviews")
    };
    let first = load(Some(cache.as_path()));
    assert!(
        std::fs::read_dir(&cache).is_ok_and(|mut files| files.next().is_some()),
        "nothing is kept, so nothing would be read from the cache"
    );
    let mut group = criterion.benchmark_group("loading");
    group.sample_size(20);
    group.throughput(Throughput::Elements(
        (first.train.len() + first.test.len()) as u64,
    ));
    group.bench_function("encoded anew", |bench| bench.iter(|| load(None)));
    group.bench_function("from the cache", |bench| {
        bench.iter(|| load(Some(cache.as_path())));
    });
    group.finish();
}

criterion_group!(host, subwords, batches, plans, loading);
criterion_main!(host);
