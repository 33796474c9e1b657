//! Text to ids and back, a JSON object a line.

use std::io::{BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Encoder;
use super::byte_order_mark::without_byte_order_mark;
use super::json_problem::problem_of;
use super::raw::outside_vocabulary;
use crate::error::{Error, Result};

#[derive(Deserialize, Serialize)]
struct Text {
    text: String,
}

/// Ids as they were read: any number, so that a wrong one can be named.
#[derive(Deserialize)]
struct Numbers {
    ids: Vec<Number>,
}

#[derive(Serialize)]
struct Ids {
    ids: Vec<u32>,
}

/// Answers each line `{"text": …}` with a line `{"ids": […]}`, in order.
///
/// The text is encoded as it stands, white space at its ends included. Other keys are ignored.
///
/// # Errors
/// [`Error::Data`] names the first line that is not such an object; the lines before it are answered.
/// [`Error::Io`] for the streams.
pub fn encode_lines(input: impl BufRead, output: impl Write, encoder: &Encoder) -> Result<()> {
    answer(input, output, r#"{"text": "…"}"#, |Text { text }, _| {
        Ok(Ids {
            ids: encoder.encode(&text)?,
        })
    })
}

/// Answers each line `{"ids": […]}` with a line `{"text": …}`, in order.
///
/// Padding is skipped, so empty ids give an empty text. Other keys are ignored.
///
/// # Errors
/// [`Error::Data`] names the first line that is not such an object or has an id outside the
/// vocabulary; the lines before it are answered. [`Error::Io`] for the streams.
pub fn decode_lines(input: impl BufRead, output: impl Write, encoder: &Encoder) -> Result<()> {
    let size = encoder.size();
    answer(
        input,
        output,
        r#"{"ids": [1, 2, …]}"#,
        |Numbers { ids }, line| {
            let known = |number: &Number| {
                let id = number.as_u64().and_then(|id| u32::try_from(id).ok());
                id.filter(|&id| (id as usize) < size).ok_or_else(|| {
                    let problem = outside_vocabulary(number, size);
                    Error::Data(format!("line {line}: {problem}"))
                })
            };
            let ids = ids.iter().map(known).collect::<Result<Vec<_>>>()?;
            Ok(Text {
                text: encoder.decode(&ids),
            })
        },
    )
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    mut input: impl BufRead,
    mut output: impl Write,
    expected: &str,
    mut reply: impl FnMut(Q, usize) -> Result<A>,
) -> Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input
            .read_until(b'\n', &mut bytes)
            .map_err(Error::io("input"))?
            == 0
        {
            break;
        }
        let text = match line {
            1 => without_byte_order_mark(&bytes)
                .map_err(|problem| Error::Data(format!("line 1: {problem}")))?,
            _ => &bytes,
        };
        let question =
            serde_json::from_slice(text).map_err(|error| unexpected(line, expected, &error))?;
        let mut text = serde_json::to_vec(&reply(question, line)?)
            .map_err(std::io::Error::from)
            .map_err(Error::io("output"))?;
        text.push(b'\n');
        output.write_all(&text).map_err(Error::io("output"))?;
    }
    output.flush().map_err(Error::io("output"))
}

fn unexpected(line: usize, expected: &str, error: &serde_json::Error) -> Error {
    let (column, problem) = (error.column(), problem_of(error));
    Error::Data(format!(
        "line {line}, column {column}: expected {expected}: {problem}"
    ))
}
