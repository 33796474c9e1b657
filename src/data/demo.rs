//! The demo corpus: film reviews generated from a grammar, so that a run needs no download.
//!
//! A review holds verdicts, sentences about the film as a whole that decide its label, between claims
//! about parts of the film, which agree with the verdict mostly but not always, and remarks that say
//! nothing either way. A sentence often reaches its conclusion by negating the opposite word or
//! against a concession, so favourable and unfavourable words are nearly as frequent in one class as
//! in the other, and counting them is not enough. Verdicts stand at either end or between, and lengths
//! are long-tailed: as with real reviews, the zeros that pad a batch after the text undo a model that
//! reads forward only.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::encode::encode;
use super::raw::RawReview;
use super::{Dataset, Encoder, Vocabulary, sentiment_classes};
use crate::error::{Error, Result};
use crate::random::{Philox, Stream};

/// The learning rate at which the demo corpus shows the experiment's finding in five epochs.
///
/// Ten times the experiment's, as an epoch has an eighth of its steps.
pub const DEMO_LEARNING_RATE: f64 = 1e-3;

pub(super) const NAME: &str = "demo (synthetic)";
const GRAMMAR_FILE: &str = "assets/demo_grammar.toml";
const GRAMMAR: &str = include_str!("../../assets/demo_grammar.toml");
const VOCABULARY_FILE: &str = "assets/demo.subwords";
const VOCABULARY: &str = include_str!("../../assets/demo.subwords");

/// What every result on the corpus must say.
pub(super) const SYNTHETIC_NOTE: &str = "the demo corpus is synthetic: a grammar generated its reviews, \
                                         nobody wrote them, and results on it say nothing about real \
                                         reviews";

/// The corpus is the same whatever the seed of a run.
const SEED: u64 = 0;
/// Reviews to train on.
const TRAIN: usize = 3_000;
/// Reviews to validate with.
const TEST: usize = 500;
/// A long review has a further verdict for every so many words.
const WORDS_PER_VERDICT: usize = 60;

/// Makes the demo corpus: 3,000 training and 500 test reviews, the classes alternating, no text twice.
///
/// It is the same on every machine and for every seed of a run.
///
/// # Errors
/// [`Error::Malformed`] where the grammar or the vocabulary in `assets/` is broken.
///
/// # Examples
/// ```
/// let demo = gatefold::data::demo()?;
/// assert!(demo.synthetic);
/// assert_eq!((demo.train.len(), demo.test.len()), (3_000, 500));
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn demo() -> Result<Dataset> {
    let vocabulary = demo_vocabulary()?;
    let encoder = Encoder::new(&vocabulary);
    let [train, test] = reviews()?;
    Ok(Dataset {
        classes: sentiment_classes(),
        held_out: Vec::new(),
        name: NAME.to_owned(),
        train: encode(train, &encoder)?,
        test: encode(test, &encoder)?,
        vocabulary,
        synthetic: true,
        notes: vec![SYNTHETIC_NOTE.to_owned()],
    })
}

/// The demo corpus's vocabulary.
pub(super) fn demo_vocabulary() -> Result<Vocabulary> {
    Vocabulary::from_text(VOCABULARY_FILE, VOCABULARY)
}

/// The reviews to train on and those to validate with.
pub(super) fn reviews() -> Result<[Vec<RawReview>; 2]> {
    let mut train = Grammar::parse(GRAMMAR)?.corpus(TRAIN + TEST)?;
    let test = train.split_off(TRAIN);
    Ok([train, test])
}

/// Which way a sentence, or a review, concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Favourable,
    Unfavourable,
}

impl Side {
    fn opposite(self) -> Side {
        match self {
            Side::Favourable => Side::Unfavourable,
            Side::Unfavourable => Side::Favourable,
        }
    }
}

/// What fills a slot: alternatives by key.
type Words = BTreeMap<String, Vec<String>>;

/// The grammar file; its head explains the notation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grammar {
    lengths: Vec<u32>,
    verdict: Vec<String>,
    claim: Vec<String>,
    remark: Vec<String>,
    positive: Words,
    negative: Words,
    neutral: Words,
}

impl Grammar {
    fn parse(text: &str) -> Result<Grammar> {
        toml::from_str(text).map_err(|error| broken("the file", error.to_string()))
    }

    /// `count` reviews, the classes alternating, each text once.
    fn corpus(&self, count: usize) -> Result<Vec<RawReview>> {
        let mut random = Philox::new(SEED, Stream::Corpus { part: 0 }.id());
        let mut seen = HashSet::new();
        let mut reviews = Vec::with_capacity(count);
        while reviews.len() < count {
            let (side, label) = match reviews.len() % 2 {
                0 => (Side::Unfavourable, 0),
                _ => (Side::Favourable, 1),
            };
            let text = self.review(side, &mut random)?;
            if seen.insert(text.clone()) {
                reviews.push(RawReview::of_text(text, label));
            }
        }
        Ok(reviews)
    }

    /// One review that concludes on `side`.
    fn review(&self, side: Side, random: &mut Philox) -> Result<String> {
        // Dealt from shuffled lists, so that a review does not repeat a template.
        let mut verdicts = deal(&self.verdict, random);
        let mut claims = deal(&self.claim, random);
        let mut remarks = deal(&self.remark, random);

        let target = self.length(random);
        let mut sentences = Vec::new();
        let mut words = 0;
        while words < target {
            let own = match random.below(5) {
                0 => side.opposite(),
                _ => side,
            };
            let deck = match random.below(3) {
                0 => &mut remarks,
                _ if claims.is_empty() => &mut remarks,
                _ => &mut claims,
            };
            let Some(template) = deck.pop() else { break };
            let sentence = self.sentence(template, own, random)?;
            words += sentence.split(' ').count();
            sentences.push(sentence);
        }
        for _ in 0..1 + words / WORDS_PER_VERDICT {
            if let Some(template) = verdicts.pop() {
                // Half of them open the review: a backward direction learns first what it reads last.
                let at = match random.below(4) {
                    0 | 1 => 0,
                    2 => sentences.len(),
                    _ => random.below(sentences.len() as u32 + 1) as usize,
                };
                sentences.insert(at, self.sentence(template, side, random)?);
            }
        }
        Ok(sentences.join(" "))
    }

    /// A length in words: uniform between two neighbouring quantiles.
    fn length(&self, random: &mut Philox) -> usize {
        let interval = random.below(self.lengths.len().saturating_sub(1) as u32) as usize;
        match self.lengths.get(interval..interval + 2) {
            Some(&[low, high]) => (low + random.below(high.saturating_sub(low))) as usize,
            _ => 0,
        }
    }

    /// `template` with its slots filled, its first letter raised and a full stop.
    fn sentence(&self, template: &str, side: Side, random: &mut Philox) -> Result<String> {
        let mut text = String::new();
        self.expand(template, side, random, &mut text)?;
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text.push('.');
        Ok(text)
    }

    /// Appends `template` to `text`, every `{slot}` replaced by one of its alternatives.
    fn expand(
        &self,
        template: &str,
        side: Side,
        random: &mut Philox,
        text: &mut String,
    ) -> Result<()> {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, behind) = after
                .split_once('}')
                .ok_or_else(|| broken(template, "a slot without its closing brace".to_owned()))?;
            let alternatives = self
                .alternatives(slot, side)
                .filter(|alternatives| !alternatives.is_empty())
                .ok_or_else(|| broken(template, format!("nothing fills {{{slot}}}")))?;
            text.push_str(before);
            self.expand(pick(alternatives, random), side, random, text)?;
            rest = behind;
        }
        text.push_str(rest);
        Ok(())
    }

    fn alternatives(&self, slot: &str, side: Side) -> Option<&Vec<String>> {
        let of_side = |side| match side {
            Side::Favourable => &self.positive,
            Side::Unfavourable => &self.negative,
        };
        if let Some(key) = slot.strip_prefix('+') {
            of_side(side).get(key)
        } else if let Some(key) = slot.strip_prefix('-') {
            of_side(side.opposite()).get(key)
        } else {
            self.neutral.get(slot)
        }
    }
}

/// The templates in random order.
///
/// # Source
/// Fisher and Yates, in Durstenfeld's form (1964).
fn deal<'a>(templates: &'a [String], random: &mut Philox) -> Vec<&'a str> {
    let mut deck: Vec<&str> = templates.iter().map(String::as_str).collect();
    for last in (1..deck.len()).rev() {
        deck.swap(last, random.below(last as u32 + 1) as usize);
    }
    deck
}

fn pick<'a>(alternatives: &'a [String], random: &mut Philox) -> &'a str {
    &alternatives[random.below(alternatives.len() as u32) as usize]
}

fn broken(place: &str, problem: String) -> Error {
    Error::Malformed {
        path: GRAMMAR_FILE.into(),
        place: place.to_owned(),
        problem,
    }
}
