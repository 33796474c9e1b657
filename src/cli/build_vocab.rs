//! `gatefold data build-vocab`: subwords, words or characters from the training reviews.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gatefold::data::{
    BuiltVocabulary, SearchStep, Standardize, TermOptions, VocabularyKind, build_characters,
    build_vocabulary, build_words, check_target_size, load_texts,
};
use serde::Serialize;

use super::args::{BuildVocabArgs, BuiltKind};
use super::interrupt;
use super::output_file;
use super::progress::bar;
use super::screen::{Output, counted, field, grouped, print_json};
use super::settings::DataSettings;
use super::tell_origin::tell_reading;
use super::usage::option;

const BAR: &str = "Least count  {wide_bar:.cyan/dim} {msg}";

#[derive(Serialize)]
struct VocabularyObject<'a> {
    output: &'a Path,
    corpus: &'a str,
    synthetic: bool,
    reviews: usize,
    kind: &'a str,
    target_size: usize,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    subwords: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<usize>,
    least_count: u64,
    sha256: &'a str,
}

/// Builds a vocabulary and writes it.
pub fn run(args: &BuildVocabArgs, quiet: bool) -> Result<()> {
    let data = DataSettings::new(&args.corpus())?;
    if args.kind == BuiltKind::Subwords {
        check_target_size(args.target_size)?;
        let of_terms = [
            ("--standardize", args.standardize.is_some()),
            ("--ngrams", args.ngrams.is_some()),
            ("--min-count", args.min_count.is_some()),
        ];
        if let Some((name, _)) = of_terms.into_iter().find(|(_, is_given)| *is_given) {
            let problem =
                "subwords give the text back as it was; give --kind words or characters as well";
            return Err(option(name, problem).into());
        }
    }
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
    let options = |usual| TermOptions {
        standardize: args.standardize.unwrap_or(usual),
        ngrams: args.ngrams.clone().unwrap_or_default(),
        min_count: args
            .min_count
            .and_then(NonZeroU64::new)
            .unwrap_or(NonZeroU64::MIN),
    };
    let BuiltVocabulary {
        vocabulary,
        least_count,
    } = match args.kind {
        BuiltKind::Subwords => subwords(texts, args.target_size, &stop, output)?,
        BuiltKind::Words => build_words(texts, args.target_size, options(Standardize::default()))?,
        BuiltKind::Characters => {
            build_characters(texts, args.target_size, options(Standardize::None))?
        }
    };
    vocabulary.save(&args.output)?;

    let kind = vocabulary.kind();
    let is_of_subwords = kind == VocabularyKind::Subwords;
    let (subwords, terms) = (vocabulary.subwords().len(), vocabulary.terms().len());
    if args.json {
        return print_json(&VocabularyObject {
            output: &args.output,
            corpus: &corpus.name,
            synthetic: corpus.synthetic,
            reviews: texts.len(),
            kind: kind.name(),
            target_size: args.target_size,
            size: vocabulary.size(),
            subwords: is_of_subwords.then_some(subwords),
            terms: (!is_of_subwords).then_some(terms),
            least_count,
            sha256: vocabulary.sha256(),
        });
    }
    let reviews = counted(texts.len(), "training review");
    output.result(&field("Corpus", &format!("{}: {reviews}", corpus.name)))?;
    let ngrams = vocabulary.ngrams().filter(|ngrams| !ngrams.are_single());
    let counted_terms = |single: &str| match ngrams {
        Some(ngrams) => {
            let lengths: Vec<String> = ngrams.lengths().iter().map(usize::to_string).collect();
            format!(
                "{} terms of {} {single}s",
                grouped(terms),
                lengths.join(" or ")
            )
        }
        None => counted(terms, single),
    };
    let (parts, name) = match kind {
        VocabularyKind::Subwords => (
            format!("padding, {}, 256 bytes", counted(subwords, "subword")),
            "Subwords",
        ),
        VocabularyKind::Characters => (
            format!("padding, [UNK], {}", counted_terms("character")),
            "Chars",
        ),
        VocabularyKind::Words | VocabularyKind::Tokenizer => (
            format!("padding, [UNK], {}", counted_terms("word")),
            "Words",
        ),
    };
    let text = format!(
        "{}: {} ids ({parts}) for a target of {}; least count {}; sha256 {}",
        args.output.display(),
        grouped(vocabulary.size()),
        grouped(args.target_size),
        grouped(least_count as usize),
        vocabulary.sha256()
    );
    output.result(&field(name, &text))
}

/// Subwords, the search for which is shown.
fn subwords(
    texts: &[String],
    target_size: usize,
    stop: &AtomicBool,
    output: Output,
) -> Result<BuiltVocabulary> {
    let bar = bar(output, BAR, 1)?;
    bar.set_message("counting tokens");
    bar.tick();
    let mut show = |step: SearchStep| {
        bar.set_length(step.most as u64);
        bar.set_position(step.done as u64);
        let (count, size) = (step.least_count as usize, step.size);
        bar.set_message(format!("{}: {} ids", grouped(count), grouped(size)));
    };
    let built = build_vocabulary(texts, target_size, stop, &mut show);
    bar.finish_and_clear();
    Ok(built?)
}
