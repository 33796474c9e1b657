//! What a model says of texts, as it is printed: a line for people, a row of CSV, a JSON object.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use gatefold::data::{TextCells, TextRow, stripped};
use gatefold::report::excerpt;
use gatefold::run::{Answer, Prediction};
use serde::Serialize;

use super::args::AnswerFormat;
use super::screen::{json_line, result_columns, visible};

/// Columns of a class's name, at least and at most.
const LABEL: [usize; 2] = [8, 24];

/// The answer to a text that stands alone.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    tokens: usize,
    #[serde(flatten)]
    answer: Answer<'a>,
}

/// What is added to a table: keys of JSON objects, columns of CSV.
const ADDED: [&str; 3] = ["prediction", "probability", "probabilities"];

/// Prints answers in one format.
pub struct Answers<'a> {
    classes: &'a [String],
    format: AnswerFormat,
    /// Those of a table.
    columns: Option<Vec<String>>,
    /// What the added columns are called: those of [`ADDED`] and, in CSV, one of each class in place of the last.
    added: Vec<String>,
    /// Columns of a class's name in lines for people.
    label_columns: usize,
    to_terminal: bool,
}

impl<'a> Answers<'a> {
    /// Of these classes, to texts of a table with these columns, or of none.
    pub fn new(
        classes: &'a [String],
        format: AnswerFormat,
        columns: Option<&[String]>,
    ) -> Answers<'a> {
        let columns = columns.map(<[String]>::to_vec);
        let [prediction, probability, probabilities] = ADDED.map(str::to_owned);
        let mut added = vec![prediction, probability];
        match format {
            AnswerFormat::Csv => {
                added.extend(classes.iter().map(|name| format!("probability_{name}")))
            }
            AnswerFormat::Jsonl | AnswerFormat::Text => added.push(probabilities),
        }
        let taken = columns.as_deref().unwrap_or_default();
        let added = added
            .into_iter()
            .map(|name| free_name(name, taken))
            .collect();
        let lengths = classes.iter().map(|name| name.chars().count());
        let [least, most] = LABEL;
        Answers {
            classes,
            format,
            columns,
            added,
            label_columns: lengths.max().unwrap_or(0).clamp(least, most),
            to_terminal: io::stdout().is_terminal(),
        }
    }

    /// What is to be told of the names of the added columns.
    pub fn note(&self) -> Option<String> {
        let renamed = self.added.iter().find(|name| name.ends_with('_'));
        let is_table = self.columns.is_some() && self.format != AnswerFormat::Text;
        renamed.filter(|_| is_table).map(|name| {
            let own = name.trim_end_matches('_');
            format!("the table has a column `{own}` of its own; the answer's is called `{name}`")
        })
    }

    /// Prints what is said of these texts; `first` are the first.
    pub fn print(&self, rows: &[TextRow], predictions: &[Prediction], first: bool) -> Result<()> {
        let pairs = rows.iter().zip(predictions);
        let text = match self.format {
            AnswerFormat::Text => pairs
                .map(|(row, said)| self.line(&row.text, said))
                .collect(),
            AnswerFormat::Jsonl => {
                let objects = pairs.map(|(row, said)| self.object(row, said));
                objects.collect::<Result<String>>()?
            }
            AnswerFormat::Csv => self.records(pairs, first)?,
        };
        let shown = match self.to_terminal {
            true => visible(&text),
            false => text.as_str().into(),
        };
        Ok(io::stdout().write_all(shown.as_bytes())?)
    }

    /// A line for people: as wide as a terminal is, and whole where it goes elsewhere.
    fn line(&self, text: &str, said: &Prediction) -> String {
        let width = self.label_columns;
        let probability = said.probability;
        if !self.to_terminal {
            let shown = visible(stripped(text)).replace('\n', "\\n");
            let label = visible(&said.class);
            return format!("{probability:.4}  {label:width$}  {shown}")
                .trim_end()
                .to_owned()
                + "\n";
        }
        let label = excerpt(&said.class, width);
        let start = format!("{probability:.4}  {label:width$}  ");
        let text = excerpt(
            stripped(text),
            result_columns().saturating_sub(start.chars().count()),
        );
        format!("{start}{text}").trim_end().to_owned() + "\n"
    }

    /// A JSON object in a line: that of the row, and what is added to it.
    fn object(&self, row: &TextRow, said: &Prediction) -> Result<String> {
        let answer = Answer::new(self.classes, said);
        let start = match (&row.cells, &self.columns) {
            (TextCells::Fields(fields), Some(columns)) => {
                let members = columns.iter().zip(fields);
                let members = members.map(|(name, value)| {
                    Ok(format!(
                        "{}:{}",
                        serde_json::to_string(name)?,
                        serde_json::to_string(value)?
                    ))
                });
                format!(
                    "{{{}",
                    members.collect::<serde_json::Result<Vec<_>>>()?.join(",")
                )
            }
            (TextCells::Object(object), _) => {
                let object = object.strip_suffix('}').unwrap_or(object);
                object.trim_end().to_owned()
            }
            _ => {
                let line = Line {
                    text: &row.text,
                    tokens: said.tokens,
                    answer,
                };
                return Ok(json_line(&line)? + "\n");
            }
        };
        let values = [
            serde_json::to_string(answer.label)?,
            serde_json::to_string(&answer.probability)?,
            serde_json::to_string(&answer.probabilities)?,
        ];
        let mut object = start;
        for (name, value) in self.added.iter().zip(values) {
            object += &format!(",{}:{value}", serde_json::to_string(name)?);
        }
        Ok(object + "}\n")
    }

    /// Rows of CSV, with the names of the columns before the first.
    fn records<'r>(
        &self,
        pairs: impl Iterator<Item = (&'r TextRow, &'r Prediction)>,
        first: bool,
    ) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let text_alone = ["text".to_owned()];
        let columns = self.columns.as_deref().unwrap_or(&text_alone);
        if first {
            writer.write_record(columns.iter().chain(&self.added))?;
        }
        for (row, said) in pairs {
            let mut fields = row.fields(columns)?;
            fields.extend([said.class.clone(), said.probability.to_string()]);
            fields.extend(said.probabilities.iter().map(f32::to_string));
            writer.write_record(&fields)?;
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error())?;
        Ok(String::from_utf8(bytes)?)
    }
}

/// The name, with as many underscores behind it as set it apart from those that are taken.
fn free_name(name: String, taken: &[String]) -> String {
    let mut free = name;
    while taken.iter().any(|other| other.trim() == free) {
        free.push('_');
    }
    free
}
