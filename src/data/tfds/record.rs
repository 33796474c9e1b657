//! The framing of TFRecord files: length, checksum, payload, checksum.

use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;

use crate::data::raw::LARGEST_REVIEW;
use crate::error::{Error, Result};

/// Bytes of a payload at most: a review of the largest size, three bytes an id.
const LARGEST_PAYLOAD: u64 = 3 * LARGEST_REVIEW;
/// A length and its checksum.
const HEADER: usize = 12;
/// A payload's checksum.
const FOOTER: usize = 4;
const REMEDY: &str = "copy the file again";

/// Reads the records of a TFRecord file one after another, every checksum checked.
///
/// Memory grows with what is read, never with what a length claims.
///
/// # Source
/// TensorFlow's `tfrecord` format: the payload's length as u64, the masked CRC-32C of those eight
/// bytes, the payload, its masked CRC-32C; all little-endian.
///
/// # Examples
/// ```
/// use gatefold::data::tfds::{RecordReader, RecordWriter};
///
/// let mut file = Vec::new();
/// RecordWriter::new("example", &mut file).write(b"payload")?;
/// let mut reader = RecordReader::new("example", &file[..]);
/// assert_eq!(reader.read()?, Some(&b"payload"[..]));
/// assert_eq!(reader.read()?, None);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug)]
pub struct RecordReader<R> {
    path: PathBuf,
    input: R,
    /// Records begun.
    records: u64,
    /// Where the record at hand begins, in bytes.
    start: u64,
    /// Where the reading is, in bytes.
    at: u64,
    payload: Vec<u8>,
}

impl<R: Read> RecordReader<R> {
    /// Reads from `input`, which should be buffered; `path` stands for it in errors.
    pub fn new(path: impl Into<PathBuf>, input: R) -> RecordReader<R> {
        RecordReader {
            path: path.into(),
            input,
            records: 0,
            start: 0,
            at: 0,
            payload: Vec::new(),
        }
    }

    /// The next record's payload, or `None` at the end of the file.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the record, counted from 1, and the byte where it begins, if a
    /// checksum is wrong, the file ends within the record, or it claims more than 48 MiB; [`Error::Io`]
    /// where the system fails.
    pub fn read(&mut self) -> Result<Option<&[u8]>> {
        self.start = self.at;
        let mut header = [0; HEADER];
        let read = self.fill(&mut header)?;
        if read == 0 {
            return Ok(None);
        }
        self.records += 1;
        if read < HEADER {
            return Err(self.malformed(format!(
                "the file is cut short, {read} of the {HEADER} bytes of the record's length are there; {REMEDY}"
            )));
        }
        let (length, checksum) = header.split_at(8);
        let sum = masked_crc32c(length);
        if checksum != sum.to_le_bytes() {
            return Err(self.malformed(format!(
                "the checksum of the record's length is wrong; the file is damaged or no TFRecord, {REMEDY}"
            )));
        }
        let length = length
            .iter()
            .rev()
            .fold(0u64, |length, &byte| length << 8 | u64::from(byte));
        if length > LARGEST_PAYLOAD {
            return Err(self.malformed(format!(
                "claims {length} bytes; a record has {} MiB at most",
                LARGEST_PAYLOAD >> 20
            )));
        }
        self.payload.clear();
        let read = self
            .input
            .by_ref()
            .take(length)
            .read_to_end(&mut self.payload)
            .map_err(Error::io(&self.path))? as u64;
        self.at += read;
        let mut checksum = [0; FOOTER];
        let footer = self.fill(&mut checksum)? as u64;
        if footer < FOOTER as u64 {
            return Err(self.malformed(format!(
                "the file is cut short, the record claims {length} bytes and {read} are there; {REMEDY}"
            )));
        }
        if checksum != masked_crc32c(&self.payload).to_le_bytes() {
            return Err(self.malformed(format!(
                "the checksum of the record's {length} bytes is wrong; the file is damaged, {REMEDY}"
            )));
        }
        Ok(Some(&self.payload))
    }

    /// Records read so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// An error about the record that was read last.
    pub fn malformed(&self, problem: impl Into<String>) -> Error {
        Error::Malformed {
            path: self.path.clone(),
            place: format!("record {}, byte {}", self.records, self.start),
            problem: problem.into(),
        }
    }

    /// Fills `buffer` as far as the file goes, and says how far that is.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&self.path)(error)),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }
}

/// Writes the records of a TFRecord file.
///
/// # Source
/// As [`RecordReader`].
#[derive(Debug)]
pub struct RecordWriter<W> {
    path: PathBuf,
    output: W,
}

impl<W: Write> RecordWriter<W> {
    /// Writes to `output`, which should be buffered; `path` stands for it in errors.
    pub fn new(path: impl Into<PathBuf>, output: W) -> RecordWriter<W> {
        RecordWriter {
            path: path.into(),
            output,
        }
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`Error::Io`] where the system fails.
    pub fn write(&mut self, payload: &[u8]) -> Result<()> {
        let length = (payload.len() as u64).to_le_bytes();
        [
            &length[..],
            &masked_crc32c(&length).to_le_bytes(),
            payload,
            &masked_crc32c(payload).to_le_bytes(),
        ]
        .into_iter()
        .try_for_each(|part| self.output.write_all(part))
        .map_err(Error::io(&self.path))
    }
}

/// CRC-32C rotated and moved, so that a checksum of bytes which hold checksums is none of its own.
fn masked_crc32c(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xA282_EAD8)
}
