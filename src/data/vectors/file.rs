//! A file of word vectors as text, line by line: GloVe's, fastText's and word2vec's.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::data::digest::hexadecimal;
use crate::data::table::{Input, Lines, Packing, Place, content, open, shortened};
use crate::error::Result;

/// Most numbers of a vector; those that people share have some hundreds.
const LARGEST_WIDTH: usize = 1 << 16;

const REMEDY: &str =
    "give a text file of GloVe, fastText or word2vec, a word and its numbers a line";

/// Such a file, the line that is read next.
pub(super) struct VectorFile {
    pub place: Place,
    lines: Lines,
    /// Numbers of each vector.
    pub width: usize,
    /// How many vectors the first line says that there are, where it says so.
    pub stated: Option<u64>,
    /// A line that was read to tell what the file is.
    first: Option<Vec<u8>>,
    line: Vec<u8>,
    digest: Sha256,
}

/// A line: its number as an editor has it, its word, and the text of its numbers.
pub(super) struct VectorLine<'a> {
    pub number: u64,
    pub word: &'a [u8],
    numbers: &'a [u8],
}

impl VectorFile {
    /// Opens a file, plain or packed as its name says, and reads what tells the width: a first line with the number of
    /// vectors and their width, or the first vector.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] for what is no such file, [`crate::Error::Io`].
    pub fn open(path: &Path) -> Result<VectorFile> {
        let Input { place, reader } = open(path, Packing::of(path), None)?;
        let mut file = VectorFile {
            place,
            lines: Lines::new(reader),
            width: 0,
            stated: None,
            first: None,
            line: Vec::new(),
            digest: Sha256::new(),
        };
        if !file.read_line()? {
            let problem = format!("the file is empty; {REMEDY}");
            return Err(file.place.malformed(1, problem));
        }
        match header(content(&file.line)) {
            Some((count, width)) => {
                file.stated = Some(count);
                file.width = width;
            }
            None => {
                file.width = trailing_numbers(content(&file.line));
                file.first = Some(file.line.clone());
            }
        }
        match file.width {
            0 => {
                let problem = format!("a word and its numbers are expected; {REMEDY}");
                Err(file.place.malformed(1, problem))
            }
            1..=LARGEST_WIDTH => Ok(file),
            width => {
                let problem =
                    format!("vectors of {width} numbers, more than {LARGEST_WIDTH}; {REMEDY}");
                Err(file.place.malformed(1, problem))
            }
        }
    }

    /// Reads the next line; false at the end of the file.
    fn read_line(&mut self) -> Result<bool> {
        self.line.clear();
        let number = self.lines.next_number();
        let any = self.lines.read(&mut self.line).map_err(|error| {
            self.place
                .row_failure(number, error, "it is no file of word vectors")
        })?;
        self.digest.update(&self.line);
        Ok(any)
    }

    /// The next vector; none at the end of the file.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] for a line with another number of numbers; else as [`VectorFile::open`].
    pub fn next(&mut self) -> Result<Option<VectorLine<'_>>> {
        match self.first.take() {
            Some(first) => self.line = first,
            None => loop {
                if !self.read_line()? {
                    return Ok(None);
                }
                // An empty line at the end is no vector that went wrong.
                if !self.line.iter().all(u8::is_ascii_whitespace) {
                    break;
                }
            },
        }
        let number = self.lines.next_number() - 1;
        match split(content(&self.line), self.width) {
            Ok((word, numbers)) => Ok(Some(VectorLine {
                number,
                word,
                numbers,
            })),
            Err(found) => {
                let problem = format!(
                    "numbers: {found} here, {} in each vector before; the file is damaged or cut short, copy or download it \
                     again",
                    self.width
                );
                Err(self.place.malformed(number, problem))
            }
        }
    }

    /// SHA-256 of the lines that were read, in hexadecimal: of the unpacked text, once all were.
    pub fn sha256(self) -> String {
        hexadecimal(self.digest.finalize())
    }
}

impl VectorLine<'_> {
    /// The numbers, or what is wrong with one of them.
    pub fn vector(&self) -> Result<Box<[f32]>, String> {
        let pieces = self.numbers.split(|&byte| is_separator(byte));
        let pieces = pieces.filter(|piece| !piece.is_empty());
        pieces
            .map(|piece| {
                let number = number_of(piece).filter(|number| number.is_finite());
                number.ok_or_else(|| {
                    let shown = shortened(&String::from_utf8_lossy(piece));
                    format!(
                        "{shown} is no finite number of 32 bits; the file is damaged, copy or download it again"
                    )
                })
            })
            .collect()
    }
}

/// The number of vectors and their width, where a first line says just these.
fn header(line: &[u8]) -> Option<(u64, usize)> {
    let mut pieces = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let (count, width) = (pieces.next()?, pieces.next()?);
    match pieces.next() {
        None => Some((count.parse().ok()?, width.parse().ok()?)),
        Some(_) => None,
    }
}

/// How many numbers a line ends with, the word before them not counted.
fn trailing_numbers(line: &[u8]) -> usize {
    let pieces = line.split(|&byte| is_separator(byte));
    let pieces: Vec<&[u8]> = pieces.filter(|piece| !piece.is_empty()).collect();
    let numbers = pieces
        .iter()
        .rev()
        .take_while(|piece| number_of(piece).is_some());
    numbers.count().min(pieces.len().saturating_sub(1))
}

/// The word of a line and the text of its `width` numbers, or how many numbers it has where these are others. A word may
/// have spaces in it, so the numbers are counted from the right.
fn split(line: &[u8], width: usize) -> Result<(&[u8], &[u8]), usize> {
    let line = line.trim_ascii_end();
    let mut at = line.len();
    for found in 0..width {
        let Some(separator) = line[..at].iter().rposition(|&byte| is_separator(byte)) else {
            return Err(found);
        };
        at = line[..separator].trim_ascii_end().len();
    }
    let (word, numbers) = (&line[..at], &line[at..]);
    // A further number before these is not the end of a word.
    let last = word.iter().rposition(|&byte| is_separator(byte));
    match last.is_some_and(|space| number_of(&word[space + 1..]).is_some()) {
        true => Err(trailing_numbers(line)),
        false => Ok((word, numbers)),
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn number_of(piece: &[u8]) -> Option<f32> {
    std::str::from_utf8(piece).ok()?.parse().ok()
}
