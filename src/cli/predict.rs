//! `gatefold predict`: which class each of some texts is of, and how probable that is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::Result;
use gatefold::Error;
use gatefold::data::{stripped, without_byte_order_mark};
use gatefold::report::excerpt;
use gatefold::run::{Prediction, TextReader, TrainedRun};
use gatefold::train::check_batch_size;
use serde::{Serialize, Serializer};

use super::args::PredictArgs;
use super::screen::{COLUMNS, Output, counted, print_json};
use super::test_data::{open_told, session_told};

/// Reviews that are read, sorted by length and answered together.
const WINDOW: usize = 4096;

/// Columns of a class's name, at least and at most.
const LABEL: [usize; 2] = [8, 24];

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    tokens: usize,
    #[serde(flatten)]
    answer: Answer<'a>,
}

/// What a model says of a review.
#[derive(Serialize)]
pub struct Answer<'a> {
    /// Of the most likely class.
    pub probability: f32,
    /// What the most likely class is called.
    pub label: &'a str,
    /// Those of all classes.
    probabilities: NamedProbabilities<'a>,
}

/// Probabilities under the names of the classes.
struct NamedProbabilities<'a> {
    classes: &'a [String],
    probabilities: &'a [f32],
}

impl Serialize for NamedProbabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.classes.iter().zip(self.probabilities))
    }
}

impl<'a> Answer<'a> {
    /// What `run` says.
    pub fn new(run: &'a TrainedRun, prediction: &'a Prediction) -> Answer<'a> {
        Answer {
            probability: prediction.probability,
            label: &prediction.class,
            probabilities: NamedProbabilities {
                classes: &run.classes,
                probabilities: &prediction.probabilities,
            },
        }
    }
}

/// Answers every review with a line, in order.
pub fn run(args: &PredictArgs, quiet: bool) -> Result<()> {
    check_batch_size(args.batch_size)?;
    let output = Output {
        json: args.json,
        quiet,
    };
    let run = open_told(&args.run, output)?;
    let mut reader = run.reader(args.vocab.as_deref())?;
    let mut texts = Texts::open(args, output)?;
    let mut session = session_told(&run, &args.device, output)?;
    let lengths = run.classes.iter().map(|name| name.chars().count());
    let [least, most] = LABEL;
    let label_columns = lengths.max().unwrap_or(0).clamp(least, most);

    let mut answered = 0;
    let mut spent = Duration::ZERO;
    loop {
        let window = texts.take(WINDOW)?;
        if window.is_empty() {
            break;
        }
        let start = Instant::now();
        let predictions = run.predict_with(&mut session, &mut reader, &window, args.batch_size)?;
        spent += start.elapsed();
        answered += window.len();
        for (text, prediction) in window.iter().zip(&predictions) {
            let line = Line {
                text,
                tokens: prediction.tokens,
                answer: Answer::new(&run, prediction),
            };
            print(&line, label_columns, output)?;
        }
    }
    if answered == 0 {
        return Err(Error::Data(format!("{}: no reviews", texts.name)).into());
    }
    tell(output, &reader, &texts, answered, spent);
    Ok(())
}

fn print(line: &Line, label_columns: usize, output: Output) -> Result<()> {
    if output.json {
        return print_json(line);
    }
    let Answer {
        probability, label, ..
    } = line.answer;
    let label = excerpt(label, label_columns);
    let start = format!("{probability:.4}  {label:label_columns$}  ");
    let text = excerpt(stripped(line.text), COLUMNS - start.chars().count());
    output.result(format!("{start}{text}").trim_end())
}

fn tell(output: Output, reader: &TextReader, texts: &Texts, answered: usize, spent: Duration) {
    for (count, what) in [
        (
            reader.empty_texts(),
            "empty, each read as one padding token",
        ),
        (
            texts.repaired,
            "not UTF-8, read with U+FFFD for what is not",
        ),
    ] {
        if count > 0 {
            output.field("Note", &format!("{} {what}", counted(count, "review")));
        }
    }
    let seconds = spent.as_secs_f64();
    output.say(&format!(
        "{} in {seconds:.2} s, {:.1} a second",
        counted(answered, "review"),
        answered as f64 / seconds.max(1e-9)
    ));
}

/// The reviews that were asked about, one after the other.
struct Texts {
    name: String,
    from: Origin,
    /// Texts that were not UTF-8.
    repaired: usize,
    /// Whether nothing was read yet, so that a byte order mark may come.
    at_start: bool,
}

enum Origin {
    Arguments(std::vec::IntoIter<String>),
    Lines(Box<dyn BufRead>),
}

impl Texts {
    fn open(args: &PredictArgs, output: Output) -> Result<Texts> {
        let (name, from) = if let Some(path) = &args.file {
            let file = File::open(path).map_err(Error::io(path))?;
            let lines = Box::new(BufReader::new(file));
            (path.display().to_string(), Origin::Lines(lines))
        } else if args.texts.is_empty() {
            if io::stdin().is_terminal() {
                output.say("Reading reviews from standard input, one a line.");
            }
            let lines = Box::new(io::stdin().lock());
            ("standard input".to_string(), Origin::Lines(lines))
        } else {
            let texts = args.texts.clone().into_iter();
            ("TEXT".to_string(), Origin::Arguments(texts))
        };
        Ok(Texts {
            name,
            from,
            repaired: 0,
            at_start: true,
        })
    }

    /// The next `count` texts, fewer at the end.
    fn take(&mut self, count: usize) -> Result<Vec<String>> {
        let lines = match &mut self.from {
            Origin::Arguments(texts) => return Ok(texts.take(count).collect()),
            Origin::Lines(lines) => lines,
        };
        let mut texts = Vec::new();
        let mut bytes = Vec::new();
        while texts.len() < count {
            bytes.clear();
            let read = lines.read_until(b'\n', &mut bytes);
            if read.map_err(Error::io(&self.name))? == 0 {
                break;
            }
            let line = match std::mem::take(&mut self.at_start) {
                true => without_byte_order_mark(&bytes)
                    .map_err(|problem| Error::Data(format!("{}: {problem}", self.name)))?,
                false => &bytes,
            };
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.repaired += usize::from(std::str::from_utf8(line).is_err());
            texts.push(String::from_utf8_lossy(line).into_owned());
        }
        Ok(texts)
    }
}
