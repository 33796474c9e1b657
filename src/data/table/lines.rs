//! The lines of a file, counted as an editor counts them: whatever ends them.

use std::io::{self, BufRead};

use super::place::LARGEST_ROW;

/// Bytes that streams read at a time.
pub(super) const BUFFER: usize = 1 << 16;

/// Reads line after line. A line ends in LF, CR LF or CR, whichever comes.
pub(in crate::data) struct Lines {
    reader: Box<dyn BufRead>,
    read: u64,
}

impl Lines {
    pub fn new(reader: Box<dyn BufRead>) -> Lines {
        Lines::after(reader, 0)
    }

    /// Lines that follow so many.
    pub fn after(reader: Box<dyn BufRead>, read: u64) -> Lines {
        Lines { reader, read }
    }

    /// The number of the next line, from 1.
    pub fn next_number(&self) -> u64 {
        self.read + 1
    }

    /// Appends the next line and what ends it to `bytes`; false where there is none.
    ///
    /// # Errors
    /// Of the stream; [`io::ErrorKind::FileTooLarge`] once `bytes` has more than [`LARGEST_ROW`].
    pub fn read(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let before = bytes.len();
        loop {
            let found = match self.reader.fill_buf() {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let place = found.iter().position(|&byte| matches!(byte, b'\n' | b'\r'));
            let end = place.map(|place| found[place]);
            let count = place.map_or(found.len(), |place| place + 1);
            bytes.extend_from_slice(&found[..count]);
            self.reader.consume(count);
            if bytes.len() as u64 > LARGEST_ROW {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            match end {
                None if count > 0 => continue,
                Some(b'\r') => self.take_line_feed(bytes)?,
                _ => {}
            }
            let any = bytes.len() > before;
            self.read += u64::from(any);
            return Ok(any);
        }
    }

    /// What may follow a CR.
    fn take_line_feed(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            match self.reader.fill_buf() {
                Ok([b'\n', ..]) => {
                    bytes.push(b'\n');
                    self.reader.consume(1);
                    return Ok(());
                }
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A line without what ends it.
pub(in crate::data) fn content(line: &[u8]) -> &[u8] {
    match line {
        [content @ .., b'\r', b'\n'] | [content @ .., b'\n' | b'\r'] => content,
        content => content,
    }
}
