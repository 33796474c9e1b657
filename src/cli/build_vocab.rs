//! `gatefold data build-vocab`: subwords from the training reviews.

use std::path::Path;

use anyhow::Result;
use gatefold::data::{
    BuiltVocabulary, SearchStep, build_vocabulary, check_target_size, load_texts,
};
use serde::Serialize;

use super::args::BuildVocabArgs;
use super::interrupt;
use super::output_file;
use super::progress::bar;
use super::screen::{Output, counted, field, grouped, print_json};
use super::settings::DataSettings;
use super::training_job::tell_reading;

const BAR: &str = "Least count  {wide_bar:.cyan/dim} {msg}";

#[derive(Serialize)]
struct VocabularyObject<'a> {
    output: &'a Path,
    corpus: &'a str,
    synthetic: bool,
    reviews: usize,
    target_size: usize,
    size: usize,
    subwords: usize,
    least_count: u64,
    sha256: &'a str,
}

/// Builds a vocabulary and writes it.
pub fn run(args: &BuildVocabArgs, quiet: bool) -> Result<()> {
    let data = DataSettings::new(&args.corpus())?;
    check_target_size(args.target_size)?;
    output_file::check("--output", &args.output, args.overwrite)?;
    let output = Output {
        json: args.json,
        quiet,
    };
    let stop = interrupt::install(output)?;
    tell_reading(output, &data);
    let corpus = load_texts(&data.reviews.source, data.reviews.limits.train)?;
    for note in &corpus.notes {
        output.field("Note", note);
    }
    let texts = &corpus.texts;

    let bar = bar(output, BAR, 1)?;
    bar.set_message("counting tokens");
    bar.tick();
    let mut show = |step: SearchStep| {
        bar.set_length(step.most as u64);
        bar.set_position(step.done as u64);
        let (count, size) = (step.least_count as usize, step.size);
        bar.set_message(format!("{}: {} ids", grouped(count), grouped(size)));
    };
    let built = build_vocabulary(texts, args.target_size, &stop, &mut show);
    bar.finish_and_clear();
    let BuiltVocabulary {
        vocabulary,
        least_count,
    } = built?;
    vocabulary.save(&args.output)?;

    let subwords = vocabulary.subwords().len();
    if args.json {
        return print_json(&VocabularyObject {
            output: &args.output,
            corpus: &corpus.name,
            synthetic: corpus.synthetic,
            reviews: texts.len(),
            target_size: args.target_size,
            size: vocabulary.size(),
            subwords,
            least_count,
            sha256: vocabulary.sha256(),
        });
    }
    let reviews = counted(texts.len(), "training review");
    output.result(&field("Corpus", &format!("{}: {reviews}", corpus.name)))?;
    let text = format!(
        "{}: {} ids (padding, {}, 256 bytes) for a target of {}; least count {}; sha256 {}",
        args.output.display(),
        grouped(vocabulary.size()),
        counted(subwords, "subword"),
        grouped(args.target_size),
        grouped(least_count as usize),
        vocabulary.sha256()
    );
    output.result(&field("Subwords", &text))
}
