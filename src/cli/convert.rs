//! `gatefold data encode` and `gatefold data decode`: text to ids and back, a JSON object a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Result;
use gatefold::Error;
use gatefold::data::{Encoder, Vocabulary, decode_lines, encode_lines};
use gatefold::report::write_atomically;

use super::args::ConvertArgs;
use super::output_file;
use super::standard_input;

type Convert = fn(&mut dyn BufRead, &mut dyn Write, &Encoder) -> gatefold::Result<()>;

/// Answers `{"text": …}` with `{"ids": […]}`.
pub fn encode(args: &ConvertArgs) -> Result<()> {
    run(args, |input, output, encoder| {
        encode_lines(input, output, encoder)
    })
}

/// Answers `{"ids": […]}` with `{"text": …}`.
pub fn decode(args: &ConvertArgs) -> Result<()> {
    run(args, |input, output, encoder| {
        decode_lines(input, output, encoder)
    })
}

fn run(args: &ConvertArgs, convert: Convert) -> Result<()> {
    if let Some(path) = &args.output {
        output_file::check("--output", path, args.overwrite)?;
    }
    let encoder = Encoder::new(&Vocabulary::load(&args.vocab)?);
    let named = args.input.as_deref();
    let named = named.filter(|path| !standard_input::is_meant(&path.to_string_lossy()));
    let (source, mut input): (_, Box<dyn BufRead>) = match named {
        Some(path) => (
            path,
            Box::new(BufReader::new(File::open(path).map_err(Error::io(path))?)),
        ),
        None => (
            Path::new(standard_input::NAME),
            Box::new(io::stdin().lock()),
        ),
    };
    let Some(path) = &args.output else {
        // Standard output is flushed a line at a time, so that a program can ask and wait.
        let mut output = io::stdout().lock();
        let target = Path::new("standard output");
        return Ok(convert(&mut input, &mut output, &encoder)
            .map_err(|error| told(error, source, target))?);
    };
    let mut output = Vec::new();
    convert(&mut input, &mut output, &encoder).map_err(|error| told(error, source, path))?;
    Ok(write_atomically(path, &output)?)
}

/// `error` with the names of the streams, which the library does not know.
fn told(error: Error, source: &Path, target: &Path) -> Error {
    match error {
        Error::Data(problem) => Error::Data(format!("{}: {problem}", source.display())),
        Error::Io {
            path,
            source: cause,
        } => {
            let path = if path == Path::new("input") {
                source
            } else {
                target
            };
            Error::io(path)(cause)
        }
        other => other,
    }
}
