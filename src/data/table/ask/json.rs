//! The objects of a JSON Lines file, whole.

use std::collections::HashSet;

use serde_json::Value;

use super::object::Pairs;
use super::origin::Content;
use super::request::{Named, TextRequest};
use super::row::{Checked, TextCells, TextRow};
use crate::data::raw::LARGEST_REVIEW;
use crate::data::table::encoding::LineCheck;
use crate::data::table::jsonl::{no_object, wrong_kind};
use crate::data::table::lines::Lines;
use crate::data::table::open::Input;
use crate::data::table::place::Place;
use crate::error::Result;

const REMEDY: &str = "put each object on a line of its own";

/// Reads object after object.
pub(super) struct JsonRows {
    input: Reader,
    asked: TextRequest,
}

struct Reader {
    lines: Lines,
    place: Place,
    bytes: Vec<u8>,
}

impl Reader {
    fn new(Input { place, reader }: Input) -> Reader {
        Reader {
            lines: Lines::new(reader),
            place,
            bytes: Vec::new(),
        }
    }

    /// The number of the next line that is not blank; its bytes are there then.
    fn next(&mut self) -> Result<Option<u64>> {
        loop {
            self.bytes.clear();
            let number = self.lines.next_number();
            let more = self.lines.read(&mut self.bytes);
            if !more.map_err(|error| self.place.row_failure(number, error, REMEDY))? {
                return Ok(None);
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Ok(Some(number));
            }
        }
    }
}

impl JsonRows {
    /// The rows, and the keys of all of them.
    pub fn open(
        content: &Content,
        asked: &TextRequest,
        named: Named,
    ) -> Result<(JsonRows, Vec<String>)> {
        let mut reader = Reader::new(content.open(named)?);
        let mut check = LineCheck::new(named);
        let mut columns = Vec::new();
        let mut seen = HashSet::new();
        while let Some(number) = reader.next()? {
            check.add(number, reader.bytes.trim_ascii_end());
            let line = String::from_utf8_lossy(&reader.bytes);
            let (pairs, _) =
                row(&line, asked).map_err(|problem| reader.place.malformed(number, problem))?;
            for (name, _) in pairs {
                if seen.insert(name.clone()) {
                    columns.push(name);
                }
            }
        }
        check.finish(&reader.place)?;
        let rows = JsonRows {
            input: Reader::new(content.open(named)?),
            asked: asked.clone(),
        };
        Ok((rows, columns))
    }

    pub fn next(&mut self) -> Result<Checked> {
        let Some(number) = self.input.next()? else {
            return Ok(None);
        };
        let line = String::from_utf8_lossy(&self.input.bytes);
        let valid = matches!(line, std::borrow::Cow::Borrowed(_));
        let (_, text) = row(&line, &self.asked)
            .map_err(|problem| self.input.place.malformed(number, problem))?;
        let row = TextRow {
            text,
            cells: TextCells::Object(line.trim().to_owned()),
        };
        Ok(Some((row, valid)))
    }
}

/// An object's keys with their values, and its text, which is empty where it is null.
fn row(line: &str, asked: &TextRequest) -> Result<(Vec<(String, Value)>, String), String> {
    let Pairs(pairs) =
        serde_json::from_str(line).map_err(|error| no_object(&error, line, "{\"text\": \"…\"}"))?;
    let names: Vec<String> = pairs.iter().map(|(name, _)| name.clone()).collect();
    let (name, value) = &pairs[asked.column(&names)?];
    let text = match value {
        Value::String(text) if text.len() as u64 > LARGEST_REVIEW => {
            let most = LARGEST_REVIEW >> 20;
            return Err(format!(
                "a text of {} bytes; a review has {most} MiB at most",
                text.len()
            ));
        }
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => return Err(wrong_kind(name, other, "a string")),
    };
    Ok((pairs, text))
}
