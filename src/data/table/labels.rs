//! What labels mean: sentiments, or classes that were named or found among the labels.

use std::collections::BTreeMap;

use super::excerpt::shortened;
use crate::data::raw::label_of;
use crate::data::sentiment_classes;

/// Classes that a label can tell apart.
const MOST: usize = 256;

/// What the labels of a table mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labels {
    /// Negative and positive.
    Sentiments(Scale),
    /// Each the name of a class.
    Named(Vec<String>),
}

/// Numbers that sentiments are written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// 0 and 1, or words.
    Usual,
    /// -1 and 1.
    Signs,
    /// 0 and 4, as Sentiment140 has them.
    ZeroFour,
}

impl Scale {
    /// The numbers of a scale that is not the usual one.
    fn numbers(self) -> Option<[&'static str; 2]> {
        match self {
            Scale::Usual => None,
            Scale::Signs => Some(["-1", "1"]),
            Scale::ZeroFour => Some(["0", "4"]),
        }
    }
}

impl Labels {
    /// What labels mean that are counted in `tally`, where these classes were named, if any were; and what to tell of it.
    ///
    /// # Errors
    /// Why labels can be no classes, with the remedy.
    pub fn of(classes: &[String], tally: &LabelTally) -> Result<(Labels, Option<String>), String> {
        let are_sentiments = classes == sentiment_classes();
        if !classes.is_empty() && !are_sentiments {
            return Ok((Labels::Named(classes.to_vec()), None));
        }
        if let Some(scale) = tally.scale() {
            let note = scale.numbers().map(|[negative, positive]| {
                format!("labels {negative} and {positive} are negative and positive ones")
            });
            return Ok((Labels::Sentiments(scale), note));
        }
        if are_sentiments {
            return Ok((Labels::Sentiments(Scale::Usual), None));
        }
        tally.classes()
    }

    /// Classes that the file itself names, in their order.
    pub fn named(names: &[String]) -> Labels {
        let is_sentiment = |(name, label): (&String, u8)| label_of(name) == Some(label);
        match names.len() == 2 && names.iter().zip(0..).all(is_sentiment) {
            true => Labels::Sentiments(Scale::Usual),
            false => Labels::Named(names.to_vec()),
        }
    }

    /// Names of the classes, in the order of the labels.
    pub fn names(&self) -> Vec<String> {
        match self {
            Labels::Sentiments(_) => sentiment_classes(),
            Labels::Named(names) => names.clone(),
        }
    }

    /// The label that a field's text stands for; `None` where there is none.
    ///
    /// # Errors
    /// What was expected.
    pub fn label(&self, text: &str) -> Result<Option<u8>, String> {
        let text = text.trim();
        let known = match self {
            Labels::Sentiments(scale) => sentiment(*scale, text),
            Labels::Named(names) => class(names, text),
        };
        match (known, self) {
            (Some(label), _) => Ok(Some(label)),
            (None, _) if is_missing(text) => Ok(None),
            (None, Labels::Sentiments(_)) => Err(format!(
                "label `{}`; expected 0, neg or negative, 1, pos or positive; name other classes with \
                 `Table::classes`",
                shortened(text)
            )),
            (None, Labels::Named(names)) => Err(format!(
                "label `{}` is none of the classes {}",
                shortened(text),
                shortened(&names.join(", "))
            )),
        }
    }
}

/// Whether a label is none: what programs write where they have no value.
fn is_missing(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("nan")
}

fn sentiment(scale: Scale, text: &str) -> Option<u8> {
    let Some(numbers) = scale.numbers() else {
        return label_of(text);
    };
    let known = numbers.iter().position(|known| same(known, text));
    known.map(|label| label as u8)
}

/// The class of that name or, where there is but one, of the same number or truth value written otherwise.
fn class(names: &[String], text: &str) -> Option<u8> {
    let exact = names.iter().position(|name| name == text);
    let equal = || {
        let mut equal = (0..names.len()).filter(|&label| same(&names[label], text));
        equal.next().filter(|_| equal.next().is_none())
    };
    exact.or_else(equal).map(|label| label as u8)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    [false, true]
        .into_iter()
        .find(|value| text.eq_ignore_ascii_case(&value.to_string()))
}

/// Whether both are the same number, or the same of true and false.
fn same(one: &str, other: &str) -> bool {
    match (number(one), truth(one)) {
        (Some(one), _) => number(other) == Some(one),
        (None, Some(one)) => truth(other) == Some(one),
        (None, None) => false,
    }
}

/// How often each label is there; numbers and truth values are the same however they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelTally {
    counts: BTreeMap<String, usize>,
    rows: usize,
    /// Whether there are more than could be classes; no further ones are counted.
    overflows: bool,
}

impl LabelTally {
    /// Counts the label of a row.
    pub fn add(&mut self, text: &str) {
        let text = text.trim();
        if is_missing(text) {
            return;
        }
        self.rows += 1;
        match self.counts.get_mut(text) {
            Some(count) => *count += 1,
            None => {
                let written = match (number(text), truth(text)) {
                    // 0 may have a sign.
                    (Some(number), _) => (number + 0.0).to_string(),
                    (None, Some(truth)) => truth.to_string(),
                    (None, None) => text.to_owned(),
                };
                self.count(written, 1);
            }
        }
    }

    fn count(&mut self, written: String, rows: usize) {
        let is_new = !self.counts.contains_key(&written);
        match is_new && self.counts.len() > MOST {
            true => self.overflows = true,
            false => *self.counts.entry(written).or_default() += rows,
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: LabelTally) {
        self.rows += other.rows;
        self.overflows |= other.overflows;
        for (written, rows) in other.counts {
            self.count(written, rows);
        }
    }

    /// The numbers that sentiments are written with, if all labels are sentiments.
    fn scale(&self) -> Option<Scale> {
        if self.overflows {
            return None;
        }
        let all = |is_it: &dyn Fn(&str) -> bool| self.counts.keys().all(|written| is_it(written));
        if all(&|written| label_of(written).is_some()) {
            return Some(Scale::Usual);
        }
        [Scale::Signs, Scale::ZeroFour].into_iter().find(|scale| {
            let numbers = scale.numbers().unwrap_or_default();
            all(&|written| numbers.contains(&written))
        })
    }

    /// Words among numbers: rows that are damaged, as a rule.
    fn mixed(&self) -> Result<(Labels, Option<String>), String> {
        let is_other = |name: &&String| number(name).is_none() && label_of(name).is_none();
        let numbers = self.counts.keys().filter(|name| number(name).is_some());
        if numbers.clone().all(|name| label_of(name).is_some()) {
            // The first row that has no sentiment is told when it is read.
            return Ok((Labels::Sentiments(Scale::Usual), None));
        }
        let words = self.counts.keys().filter(is_other).take(3);
        let words: Vec<&str> = words.map(String::as_str).collect();
        Err(format!(
            "some labels are numbers, and some are not: {}; mend these rows, or name the classes with `Table::classes`",
            shortened(&words.join(", "))
        ))
    }

    /// Each label a class: numbers in ascending, words in alphabetical order.
    fn classes(&self) -> Result<(Labels, Option<String>), String> {
        const REMEDY: &str = "name the column of the labels with `Table::label_column`, or the classes with \
             `Table::classes`";
        let count = self.counts.len();
        if self.overflows || count > MOST {
            return Err(format!(
                "more than {MOST} different labels, too many for classes; {REMEDY}"
            ));
        }
        // A name or a text instead of a label is another one in each row.
        const FEW: usize = 20;
        if count > FEW && self.rows < 2 * count {
            return Err(format!(
                "{count} different labels in {} rows are no classes; {REMEDY}",
                self.rows
            ));
        }
        let mut names: Vec<String> = self.counts.keys().cloned().collect();
        if let [one] = &names[..] {
            return Err(format!(
                "every label is {}, and one class is nothing to tell apart; {REMEDY}",
                shortened(one)
            ));
        }
        let numbers = names.iter().filter(|name| number(name).is_some()).count();
        let order = match numbers {
            0 => "in alphabetical order",
            all if all == count => {
                names.sort_by(|one, other| {
                    number(one)
                        .partial_cmp(&number(other))
                        .unwrap_or(std::cmp::Ordering::Equal)
                });
                "in ascending order"
            }
            _ => return self.mixed(),
        };
        const SHOWN: usize = 10;
        let shown: Vec<String> = names
            .iter()
            .take(SHOWN)
            .map(|name| shortened(name))
            .collect();
        let more = if count > SHOWN { ", …" } else { "" };
        let note = format!(
            "{count} classes, found among the labels, {order}: {}{more}",
            shown.join(", ")
        );
        Ok((Labels::Named(names), Some(note)))
    }
}
