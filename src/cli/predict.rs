//! `gatefold predict`: which class each of some texts is of, and how probable that is.

use std::io::{self, BufReader, IsTerminal};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use gatefold::Error;
use gatefold::data::{TextCells, TextForm, TextInput, TextOrigin, TextRequest, TextRow};
use gatefold::run::{TextReader, TrainedRun};
use gatefold::train::check_batch_size;

use super::answers::Answers;
use super::args::{AnswerFormat, PredictArgs};
use super::screen::{Output, counted, grouped};
use super::standard_input;
use super::test_data::{open_told, session_told};
use super::usage::option;

/// Reviews that are read, sorted by length and answered together.
const WINDOW: usize = 4096;

/// Answers every review with a line, in order.
pub fn run(args: &PredictArgs, quiet: bool) -> Result<()> {
    check_batch_size(args.batch_size)?;
    let format = args.format.or(args.json.then_some(AnswerFormat::Jsonl));
    let output = Output {
        json: !matches!(format, Some(AnswerFormat::Text)) && format.is_some(),
        quiet,
    };
    let run = open_told(&args.run, output)?;
    let mut reader = run.reader(args.vocab.as_deref())?;
    let mut texts = Texts::open(args, &run, output)?;
    let answers = Answers::new(
        &run.classes,
        format.unwrap_or(texts.format()),
        texts.columns(),
    );
    if let Some(note) = answers.note() {
        output.field("Note", &note);
    }
    let mut session = session_told(&run, &args.device, output)?;

    let mut answered = 0;
    let mut spent = Duration::ZERO;
    loop {
        let window = texts.take(WINDOW)?;
        if window.is_empty() {
            break;
        }
        let start = Instant::now();
        let asked: Vec<&str> = window.iter().map(|row| row.text.as_str()).collect();
        let predictions = run.predict_with(&mut session, &mut reader, &asked, args.batch_size)?;
        spent += start.elapsed();
        answers.print(&window, &predictions, answered == 0)?;
        answered += window.len();
    }
    if answered == 0 {
        return Err(Error::Data(format!("{}: no reviews", texts.name)).into());
    }
    tell(output, &reader, &texts, answered, spent);
    Ok(())
}

fn tell(output: Output, reader: &TextReader, texts: &Texts, answered: usize, spent: Duration) {
    for (count, what) in [
        (
            reader.empty_texts(),
            "empty, each read as one padding token",
        ),
        (
            texts.repaired(),
            "not UTF-8, read with U+FFFD for what is not",
        ),
    ] {
        if count > 0 {
            output.field("Note", &format!("{} {what}", counted(count, "review")));
        }
    }
    let seconds = spent.as_secs_f64();
    let rate = match answered as f64 / seconds.max(1e-9) {
        rate @ 100.0.. => grouped(rate.round() as usize),
        rate => format!("{rate:.1}"),
    };
    output.say(&format!(
        "{} in {seconds:.2} s, {rate} a second",
        counted(answered, "review")
    ));
}

/// The reviews that were asked about, one after the other.
struct Texts {
    name: String,
    from: Origin,
}

enum Origin {
    Arguments(std::vec::IntoIter<String>),
    Input(Box<TextInput>),
}

impl Texts {
    fn open(args: &PredictArgs, run: &TrainedRun, output: Output) -> Result<Texts> {
        let file = args
            .file
            .as_deref()
            .filter(|file| !standard_input::is_meant(&file.to_string_lossy()));
        let no_text = args.texts.is_empty()
            || matches!(&args.texts[..], [one] if standard_input::is_meant(one));
        if !no_text {
            return Texts::of_arguments(args);
        }
        let origin = match file {
            Some(path) => TextOrigin::file(path),
            None => {
                if io::stdin().is_terminal() {
                    output.say("Reading reviews from standard input, one a line.");
                }
                TextOrigin::stream(standard_input::NAME, BufReader::new(io::stdin()))
            }
        };
        let name = file.map_or(standard_input::NAME.to_owned(), |path| {
            path.display().to_string()
        });
        let asked = TextRequest {
            form: args.input_format.map(TextForm::from),
            text_column: args.text_column.clone(),
            usual_column: run.spec.data.text_column.clone(),
            encoding: args.encoding.clone(),
        };
        let input = TextInput::open(origin, &asked)?;
        for note in input.notes() {
            output.field("Note", note);
        }
        Ok(Texts {
            name,
            from: Origin::Input(Box::new(input)),
        })
    }

    fn of_arguments(args: &PredictArgs) -> Result<Texts> {
        let of_files = [
            ("--input-format", args.input_format.is_some()),
            ("--text-column", args.text_column.is_some()),
            ("--encoding", args.encoding.is_some()),
        ];
        if let Some((name, _)) = of_files.into_iter().find(|(_, given)| *given) {
            return Err(option(name, "only a file has that; name it with --file FILE").into());
        }
        let is_file = |text: &&String| Path::new(text.as_str()).is_file();
        if let Some(file) = args.texts.iter().find(is_file) {
            let problem = format!(
                "{file} is a file; give --file {file} for the reviews in it, or pipe the words themselves to the program"
            );
            return Err(option("TEXT", problem).into());
        }
        Ok(Texts {
            name: "TEXT".to_owned(),
            from: Origin::Arguments(args.texts.clone().into_iter()),
        })
    }

    /// How to answer, unless that was said.
    fn format(&self) -> AnswerFormat {
        match &self.from {
            Origin::Arguments(_) => AnswerFormat::Text,
            Origin::Input(input) => match input.form() {
                TextForm::Lines => AnswerFormat::Text,
                TextForm::Csv | TextForm::Tsv => AnswerFormat::Csv,
                TextForm::JsonLines => AnswerFormat::Jsonl,
            },
        }
    }

    /// The columns of a table.
    fn columns(&self) -> Option<&[String]> {
        match &self.from {
            Origin::Input(input) if input.form() != TextForm::Lines => Some(input.columns()),
            _ => None,
        }
    }

    /// Texts that could not be decoded as a whole.
    fn repaired(&self) -> usize {
        match &self.from {
            Origin::Arguments(_) => 0,
            Origin::Input(input) => input.repaired(),
        }
    }

    /// The next `count` texts, fewer at the end.
    fn take(&mut self, count: usize) -> Result<Vec<TextRow>> {
        match &mut self.from {
            Origin::Arguments(texts) => Ok(texts
                .take(count)
                .map(|text| TextRow {
                    text,
                    cells: TextCells::None,
                })
                .collect()),
            Origin::Input(input) => Ok(input.take(count)?),
        }
    }
}
