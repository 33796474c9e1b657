//! The files of a tar archive, plain or compressed, one after another, without unpacking it.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::raw::FORMS;
use super::zstd::ZstdReader;
use crate::error::{Error, Result};

/// Enough of a file's beginning to tell its form: a tar header.
const HEAD: usize = 512;

/// Whether an entry has content of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A hard or symbolic link: its content is elsewhere.
    Link,
    /// A folder, device or the like.
    Other,
}

/// One entry of an archive, at its place in the stream.
pub(super) struct Entry<'a> {
    /// The path as the archive has it, not yet trusted.
    pub name: String,
    pub kind: Kind,
    /// Bytes, as the entry's header claims.
    size: u64,
    content: &'a mut dyn Read,
    place: Place<'a>,
}

impl Entry<'_> {
    /// Reads the content.
    ///
    /// # Errors
    /// [`Error::Malformed`] where there are more than `largest` bytes or the archive ends before them.
    pub fn read(&mut self, largest: u64) -> Result<Vec<u8>> {
        if self.size > largest {
            return Err(self.malformed(format!(
                "claims {} bytes; a review has {} MiB at most",
                self.size,
                largest >> 20
            )));
        }
        let mut bytes = Vec::new();
        let read = self.content.take(self.size).read_to_end(&mut bytes);
        match read.map_err(|error| self.place.failure(error))? as u64 {
            read if read < self.size => {
                Err(self.place.failure(io::ErrorKind::UnexpectedEof.into()))
            }
            _ => Ok(bytes),
        }
    }

    /// An error about this entry.
    pub fn malformed(&self, problem: impl Into<String>) -> Error {
        self.place.malformed(problem.into())
    }
}

/// Calls `visit` with every entry of the archive at `path`, in the archive's order.
///
/// The form is told by the first bytes: tar, or tar within gzip, xz or zstd.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] where it is no archive, corrupt or
/// cut short, and what `visit` returns.
pub(super) fn visit(path: &Path, mut visit: impl FnMut(Entry<'_>) -> Result<()>) -> Result<()> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut head = Vec::with_capacity(HEAD);
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(Error::io(path))?;
    let probe = Probe::default();
    let mut place = Place {
        path,
        probe: &probe,
        entry: None,
        inside: false,
    };
    let form = Form::of(&head).map_err(|problem| place.malformed(problem))?;
    let source = ProbedReader {
        inner: BufReader::with_capacity(1 << 16, io::Cursor::new(head).chain(file)),
        probe: probe.clone(),
    };
    let stream: Box<dyn Read> = match form {
        Form::Tar => Box::new(source),
        Form::Gzip => Box::new(MultiGzDecoder::new(source)),
        Form::Xz => Box::new(XzReader::new(WholeReads(source), true)),
        Form::Zstd => Box::new(ZstdReader::new(source)),
    };
    let unpacked = Probe::default();
    let mut archive = tar::Archive::new(ProbedReader {
        inner: stream,
        probe: unpacked.clone(),
    });
    let entries = archive.entries().map_err(|error| place.failure(error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| place.failure(error))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        place.entry = Some(name.clone());
        visit(Entry {
            name,
            kind: match kind {
                kind if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() => {
                    Kind::File
                }
                kind if kind.is_hard_link() || kind.is_symlink() => Kind::Link,
                _ => Kind::Other,
            },
            size: entry.size(),
            content: &mut entry,
            place: Place {
                inside: true,
                ..place.clone()
            },
        })?;
    }
    if unpacked.ended.get() {
        // No end marker came: whole entries may be missing, which tar itself does not notice.
        return Err(place.malformed(CUT_SHORT));
    }
    // What follows the end marker is padding, but the compressed stream's checksum comes after it.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| place.failure(error))?;
    Ok(())
}

const CUT_SHORT: &str = "the archive is cut short; copy or download it again";

enum Form {
    Tar,
    Gzip,
    Xz,
    Zstd,
}

impl Form {
    /// Tells an archive's form by its first bytes, or says what is wrong with them.
    fn of(head: &[u8]) -> Result<Form, String> {
        match head {
            [] => Err("the file is empty".to_owned()),
            [0x1F, 0x8B, ..] => Ok(Form::Gzip),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Ok(Form::Xz),
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Ok(Form::Zstd),
            head if is_tar_header(head) => Ok(Form::Tar),
            [b'P', b'K', 3, 4, ..] => Err(format!("a zip archive; unpack it and give {FORMS}")),
            [b'B', b'Z', b'h', ..] => Err(format!("a bzip2 file; unpack it and give {FORMS}")),
            _ => Err(format!("not an archive of reviews; give {FORMS}")),
        }
    }
}

/// Whether the header's checksum is right: older tars have no magic number. A tar that holds nothing
/// begins with its end marker.
fn is_tar_header(head: &[u8]) -> bool {
    let Ok(block) = <&[u8; HEAD]>::try_from(head) else {
        return false;
    };
    let header = tar::Header::from_byte_slice(block);
    let sum = block.iter().map(|&byte| u32::from(byte)).sum::<u32>()
        - block[148..156]
            .iter()
            .map(|&byte| u32::from(byte))
            .sum::<u32>()
        + 8 * u32::from(b' ');
    header.cksum().is_ok_and(|stated| stated == sum) || block.iter().all(|&byte| byte == 0)
}

/// What a [`ProbedReader`] saw, for the errors that come out of the layers above it.
#[derive(Debug, Clone, Default)]
struct Probe {
    consumed: Rc<Cell<u64>>,
    ended: Rc<Cell<bool>>,
    failure: Rc<RefCell<Option<io::Error>>>,
}

/// Counts bytes, and keeps an error of the system apart from those of the layers above.
struct ProbedReader<R> {
    inner: R,
    probe: Probe,
}

impl Probe {
    fn saw<T>(&self, result: io::Result<T>, is_end: impl FnOnce(&T) -> bool) -> io::Result<T> {
        match result {
            Ok(read) => {
                self.ended.set(is_end(&read));
                Ok(read)
            }
            // Read again by whoever asked.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let told = io::Error::new(error.kind(), error.to_string());
                self.failure.replace(Some(error));
                Err(told)
            }
        }
    }

    fn count(&self, bytes: usize) {
        self.consumed.set(self.consumed.get() + bytes as u64);
    }
}

impl<R: BufRead> BufRead for ProbedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.probe
            .saw(self.inner.fill_buf(), |bytes| bytes.is_empty())
    }

    fn consume(&mut self, count: usize) {
        self.probe.count(count);
        self.inner.consume(count);
    }
}

impl<R: Read> Read for ProbedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.probe.saw(self.inner.read(buffer), |&count| {
            count == 0 && !buffer.is_empty()
        })?;
        self.probe.count(count);
        Ok(count)
    }
}

/// Reads as much as is asked for wherever there is as much: lzma-rust2 takes a short read of a block's
/// padding for the end of the file.
pub(super) struct WholeReads<R>(pub R);

impl<R: Read> Read for WholeReads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// Where in an archive the reading is.
#[derive(Clone)]
struct Place<'a> {
    path: &'a Path,
    probe: &'a Probe,
    entry: Option<String>,
    /// Within `entry`, or after it.
    inside: bool,
}

impl Place<'_> {
    fn malformed(&self, problem: impl Into<String>) -> Error {
        let byte = self.probe.consumed.get();
        let place = match &self.entry {
            None => format!("byte {byte}"),
            Some(entry) if self.inside => format!("entry {entry}, byte {byte}"),
            Some(entry) => format!("after entry {entry}, byte {byte}"),
        };
        Error::Malformed {
            path: self.path.to_owned(),
            place,
            problem: problem.into(),
        }
    }

    /// What an error of the layers above the file means.
    fn failure(&self, error: io::Error) -> Error {
        if let Some(source) = self.probe.failure.take() {
            return Error::Io {
                path: self.path.to_owned(),
                source,
            };
        }
        if self.probe.ended.get() {
            return self.malformed(CUT_SHORT);
        }
        self.malformed(format!(
            "the archive is corrupt ({error}); copy or download it again"
        ))
    }
}
