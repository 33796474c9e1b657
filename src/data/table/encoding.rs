//! Text that is not UTF-8: encodings by their names, what bytes are likely to be, lines that cannot be read.

use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, DecoderResult, EUC_KR, Encoding, GB18030, REPLACEMENT, SHIFT_JIS, UTF_8, X_USER_DEFINED,
};

use super::lines::BUFFER;
use super::place::Place;
use crate::error::{Error, Result};

/// The encoding of that name.
///
/// # Errors
/// [`Error::Argument`] where there is none.
pub(super) fn named(name: &str) -> Result<&'static Encoding> {
    let plain = name.trim().to_ascii_lowercase();
    // What is usual beside the names of the Encoding Standard.
    let alias = match plain.as_str() {
        "cp949" | "ms949" | "uhc" => Some(EUC_KR),
        "cp932" | "ms932" => Some(SHIFT_JIS),
        "cp936" => Some(GB18030),
        "cp950" => Some(BIG5),
        _ => None,
    };
    let found = alias
        .or_else(|| Encoding::for_label(plain.as_bytes()))
        .or_else(|| Encoding::for_label(plain.replace('_', "-").as_bytes()))
        .filter(|&encoding| encoding != REPLACEMENT && encoding != X_USER_DEFINED);
    found.ok_or_else(|| {
        let problem = format!(
            "no encoding is called {name}; give one such as utf-8, windows-1252, euc-kr, gb18030, shift_jis \
             or utf-16"
        );
        Error::argument("Table::encoding", problem)
    })
}

/// A byte that UTF-8 never has: it stands for what could not be decoded.
const NO_TEXT: u8 = 0xFF;

/// A stream of one encoding as UTF-8.
pub(super) struct Decoded<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    decoded: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    pub fn new(inner: R, encoding: &'static Encoding) -> Decoded<R> {
        Decoded {
            inner,
            decoder: encoding.new_decoder_without_bom_handling(),
            decoded: Vec::new(),
            taken: 0,
            ended: false,
        }
    }

    /// Decodes what the stream has next.
    fn decode_more(&mut self) -> io::Result<()> {
        let bytes = self.inner.fill_buf()?;
        let (count, last) = (bytes.len(), bytes.is_empty());
        self.decoded.resize(BUFFER, 0);
        let (mut read, mut written) = (0, 0);
        loop {
            let (result, more_read, more_written) =
                self.decoder.decode_to_utf8_without_replacement(
                    &bytes[read..],
                    &mut self.decoded[written..],
                    last,
                );
            read += more_read;
            written += more_written;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => self.decoded.resize(self.decoded.len() + BUFFER, 0),
                DecoderResult::Malformed(..) => {
                    self.decoded
                        .resize(self.decoded.len().max(written + BUFFER), 0);
                    self.decoded[written] = NO_TEXT;
                    written += 1;
                }
            }
        }
        self.inner.consume(count);
        self.decoded.truncate(written);
        self.taken = 0;
        self.ended = last;
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.decoded.len() && !self.ended {
            self.decode_more()?;
        }
        let left = &self.decoded[self.taken..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Bytes of lines that are no UTF-8 which are looked at.
const SAMPLE: usize = 1 << 16;

/// Counts the lines of a file that are not text, to tell a few that are damaged from a file of another encoding.
pub(super) struct LineCheck {
    /// The encoding that was named.
    named: Option<&'static Encoding>,
    lines: u64,
    wrong: u64,
    first: u64,
    sample: Vec<u8>,
}

impl LineCheck {
    pub fn new(named: Option<&'static Encoding>) -> LineCheck {
        LineCheck {
            named,
            lines: 0,
            wrong: 0,
            first: 0,
            sample: Vec::new(),
        }
    }

    /// Looks at a line.
    pub fn add(&mut self, number: u64, line: &[u8]) {
        self.lines += u64::from(!line.is_empty());
        if std::str::from_utf8(line).is_ok() {
            return;
        }
        self.wrong += 1;
        if self.wrong == 1 {
            self.first = number;
        }
        let room = SAMPLE.saturating_sub(self.sample.len());
        self.sample.extend(line.iter().take(room));
        self.sample.push(b'\n');
    }

    /// Says that the names of the columns are not text, if they are not.
    pub fn finish_header(&self, place: &Place) -> Result<()> {
        match self.wrong {
            0 => Ok(()),
            _ => self.refuse(place),
        }
    }

    /// Says that too many lines are not text, where mending them would lose what they say: more than three, and more
    /// than one of a hundred.
    pub fn finish(&self, place: &Place) -> Result<()> {
        const FEW: u64 = 3;
        let is_few = self.wrong <= FEW && 2 * self.wrong < self.lines;
        match is_few || 100 * self.wrong <= self.lines {
            true => Ok(()),
            false => self.refuse(place),
        }
    }

    fn refuse(&self, place: &Place) -> Result<()> {
        let lines = format!("{} of {} lines", self.wrong, self.lines);
        let problem = match self.named {
            // Whoever says so wants it read as well as can be.
            Some(encoding) if encoding == UTF_8 => return Ok(()),
            Some(encoding) => format!(
                "{lines} are not {}, this is the first; give another `Table::encoding`, or none",
                encoding.name()
            ),
            None => format!(
                "{lines} are not UTF-8, this is the first; they look like {}: if they are, give that as \
                 `Table::encoding`",
                likely(&self.sample)
            ),
        };
        Err(place.malformed(self.first, problem))
    }
}

/// What bytes that are not UTF-8 are likely to be.
fn likely(bytes: &[u8]) -> String {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let name = detector.guess(None, Utf8Detection::Deny).name();
    name.to_ascii_lowercase()
}
