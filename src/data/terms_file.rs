//! [`Terms`] as a file: the description that Keras has of a `TextVectorization` layer.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::ngrams::Ngrams;
use super::terms::{Standardize, TermRules, TermSplit, Terms, UNKNOWN_TERM};
use crate::error::{Error, Result};

/// What the description is of.
pub(super) const CLASS: &str = "TextVectorization";
/// No word comes near this many bytes; one that does is something else.
const LONGEST_PART: usize = 1 << 10;

/// What is read of the description; what is left out changes no id.
#[derive(Deserialize)]
struct Config {
    standardize: Value,
    split: Value,
    #[serde(default)]
    ngrams: Value,
    output_mode: Option<String>,
    #[serde(default)]
    output_sequence_length: Value,
    encoding: Option<String>,
    vocabulary: Value,
}

/// The terms that a description has.
///
/// # Errors
/// What about it is not possible here, with the remedy.
pub(super) fn parse(config: &Value) -> Result<Terms, String> {
    let config = Config::deserialize(config).map_err(|error| error.to_string())?;
    let standardize = match &config.standardize {
        Value::Null => Standardize::None,
        Value::String(name) => name.parse().map_err(|problem| {
            format!("standardize: {problem}; a function of your own cannot be read")
        })?,
        other => {
            return Err(format!(
                "standardize: {other}: a function of your own cannot be read"
            ));
        }
    };
    let split = match config.split.as_str() {
        Some("whitespace") => TermSplit::Words,
        Some("character") => TermSplit::Characters,
        _ => {
            return Err(format!(
                "split: {}: only \"whitespace\" and \"character\" can be read",
                config.split
            ));
        }
    };
    let ngrams = Ngrams::parse(&config.ngrams).map_err(|problem| format!("ngrams: {problem}"))?;
    if let Some(mode) = config.output_mode.filter(|mode| mode != "int") {
        return Err(format!(
            "output_mode: {mode:?} gives no ids; adapt the layer with \"int\""
        ));
    }
    if !config.output_sequence_length.is_null() {
        return Err(format!(
            "output_sequence_length: {length} cuts and pads reviews, which is not the vocabulary's here; make it null, \
             and give {length} as `max_length`",
            length = config.output_sequence_length
        ));
    }
    if let Some(encoding) = config.encoding.filter(|name| name != "utf-8") {
        return Err(format!(
            "encoding: {encoding:?}: only \"utf-8\" can be read"
        ));
    }
    let rules = TermRules {
        split,
        standardize,
        ngrams,
    };
    let terms = terms_of(&config.vocabulary, &rules)?;
    Ok(Terms::new(rules, terms))
}

/// The terms, without padding and `[UNK]`, which stand before them or are left out.
fn terms_of(vocabulary: &Value, rules: &TermRules) -> Result<Vec<String>, String> {
    let Some(list) = vocabulary.as_array() else {
        return Err(
            "vocabulary: no list of terms; an adapted layer's is not in its description: write \
                    layer.get_vocabulary() there"
                .to_string(),
        );
    };
    let terms = list.iter().map(|term| {
        let text = term.as_str().map(str::to_owned);
        text.ok_or_else(|| format!("vocabulary: {term} is no term: terms are strings"))
    });
    let mut terms = terms.collect::<Result<Vec<_>, _>>()?;
    if terms.len() >= 2 && terms[0].is_empty() && terms[1] == UNKNOWN_TERM {
        terms.drain(..2);
    }
    let longest = LONGEST_PART * rules.ngrams.longest();
    let mut seen = HashSet::new();
    for term in &terms {
        if term.is_empty() || term == UNKNOWN_TERM {
            return Err(format!(
                "vocabulary: {term:?} stands for what is no term: it may only be one of the first two, \"\" and \
                 \"{UNKNOWN_TERM}\""
            ));
        }
        if term.len() > longest {
            return Err(format!("vocabulary: a term of more than {longest} bytes"));
        }
        if rules.split == TermSplit::Characters && !are_characters(term, &rules.ngrams) {
            let what = match rules.ngrams.are_single() {
                true => "single character".to_string(),
                false => format!("n-gram of {:?} characters", rules.ngrams.lengths()),
            };
            return Err(format!("vocabulary: {term:?} is no {what}"));
        }
        if !seen.insert(term) {
            return Err(format!("vocabulary: {term:?} is there twice"));
        }
    }
    if terms.is_empty() {
        return Err("vocabulary: no terms".to_string());
    }
    drop(seen);
    Ok(terms)
}

/// Whether a term has as many characters as an n-gram may have, with one space between two of them.
fn are_characters(term: &str, ngrams: &Ngrams) -> bool {
    let characters: Vec<char> = term.chars().collect();
    let is_joined = characters.iter().skip(1).step_by(2).all(|&c| c == ' ');
    let of_length = |length: &usize| characters.len() == 2 * length - 1;
    is_joined && ngrams.lengths().iter().any(of_length)
}

/// The description of terms, a term a line.
pub(super) fn write(terms: &Terms) -> Result<String> {
    let special = ["", UNKNOWN_TERM].into_iter();
    let vocabulary: Vec<&str> = special
        .chain(terms.terms.iter().map(String::as_str))
        .collect();
    let mut config = json!({
        "standardize": match terms.rules.standardize {
            Standardize::None => Value::Null,
            other => other.name().into(),
        },
        "split": match terms.rules.split {
            TermSplit::Words => "whitespace",
            TermSplit::Characters => "character",
        },
        "output_mode": "int",
        "vocabulary": vocabulary,
    });
    if let Some(ngrams) = terms.rules.ngrams.described() {
        config["ngrams"] = ngrams;
    }
    let description = json!({
        "module": "keras.layers",
        "class_name": CLASS,
        "config": config,
        "registered_name": null,
    });
    let text = serde_json::to_string_pretty(&description).map_err(|error| Error::Internal {
        place: "writing a vocabulary",
        problem: error.to_string(),
    })?;
    Ok(text + "\n")
}
