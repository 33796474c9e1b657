//! Where texts are from: a file, or a stream that can be read once.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::UTF_8;
use flate2::bufread::MultiGzDecoder;

use super::form::TextForm;
use super::request::Named;
use crate::data::table::form::Packing;
use crate::data::table::lines::BUFFER;
use crate::data::table::open::{Input, of_stream};
use crate::data::table::place::Place;
use crate::data::table::unpack::unpacked;
use crate::error::{Error, Result};

/// Bytes that tell what a file is.
const HEAD: u64 = 1 << 16;

/// A file or a stream of texts.
pub struct TextOrigin {
    name: PathBuf,
    stream: Option<Box<dyn BufRead>>,
}

impl TextOrigin {
    /// A file, plain or packed as its name says or, within gzip, its first bytes.
    pub fn file(path: impl Into<PathBuf>) -> TextOrigin {
        TextOrigin {
            name: path.into(),
            stream: None,
        }
    }

    /// A stream that is called so.
    pub fn stream(name: impl Into<PathBuf>, stream: impl BufRead + 'static) -> TextOrigin {
        TextOrigin {
            name: name.into(),
            stream: Some(Box::new(stream)),
        }
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    pub(super) fn open(self) -> Result<Opened> {
        let TextOrigin { name, stream } = self;
        // A pipe can be read once, whatever it is called.
        let again = stream.is_none() && fs::metadata(&name).is_ok_and(|there| there.is_file());
        let mut packing = match stream {
            // Whatever it is called, it comes as it is.
            Some(_) => Packing::None,
            None => Packing::of(&name),
        };
        let mut rest = match (stream, packing) {
            (Some(stream), _) => stream,
            // A file is within gzip that begins so.
            (None, Packing::None | Packing::Gzip) => plain(&name)?,
            (None, packing) => unpacked(&name, packing)?,
        };
        let mut head = Vec::new();
        let read = rest.by_ref().take(HEAD).read_to_end(&mut head);
        let place = Place::new(&name, packing != Packing::None);
        read.map_err(|error| place.failure(1, error))?;
        if matches!(packing, Packing::None | Packing::Gzip) {
            packing = match head.starts_with(&[0x1F, 0x8B]) {
                true => Packing::Gzip,
                false => Packing::None,
            };
        }
        Ok(Opened {
            name,
            packing,
            again,
            head,
            rest,
        })
    }
}

/// A file or a stream of which the first bytes were read.
pub(super) struct Opened {
    name: PathBuf,
    packing: Packing,
    /// Whether it can be opened again.
    again: bool,
    /// Unpacked, but within gzip.
    head: Vec<u8>,
    rest: Box<dyn BufRead>,
}

impl Opened {
    /// Whether nothing comes behind the head.
    pub fn is_whole(&self) -> bool {
        (self.head.len() as u64) < HEAD
    }

    pub fn form_by_name(&self) -> Result<Option<TextForm>, String> {
        TextForm::of_name(&self.name)
    }

    /// What it begins with, as far as that can be read.
    pub fn head_text(&self, named: Named) -> String {
        let mut unpacked = Vec::new();
        let bytes = if self.packing == Packing::Gzip {
            // The head of a gzip file ends where it is cut; what is wrong with the file shows when it is read.
            let mut stream = MultiGzDecoder::new(&self.head[..]).take(HEAD);
            let _ = stream.read_to_end(&mut unpacked);
            &unpacked
        } else {
            &self.head
        };
        let (text, ..) = named.unwrap_or(UTF_8).decode(bytes);
        text.into_owned()
    }

    /// All of it, to be read once.
    pub fn stream(self, named: Named) -> Result<Input> {
        let place = Place::new(&self.name, self.packing != Packing::None);
        let stream = Box::new(Cursor::new(self.head).chain(self.rest));
        of_stream(place, out_of_gzip(stream, self.packing), named)
    }

    /// All of it, to be read more than once.
    pub fn keep(mut self) -> Result<Content> {
        let bytes = match self.again {
            true => None,
            false => {
                let place = Place::new(&self.name, self.packing != Packing::None);
                let read = self.rest.read_to_end(&mut self.head);
                read.map_err(|error| place.failure(1, error))?;
                Some(self.head.into())
            }
        };
        Ok(Content {
            name: self.name,
            packing: self.packing,
            bytes,
        })
    }
}

/// A file as it is.
fn plain(name: &Path) -> Result<Box<dyn BufRead>> {
    let file = File::open(name).map_err(Error::io(name))?;
    Ok(Box::new(BufReader::new(file)))
}

/// What a stream holds that is unpacked but for gzip.
fn out_of_gzip(stream: Box<dyn BufRead>, packing: Packing) -> Box<dyn BufRead> {
    match packing {
        Packing::Gzip => Box::new(BufReader::with_capacity(
            BUFFER,
            MultiGzDecoder::new(stream),
        )),
        _ => stream,
    }
}

/// What can be read more than once.
pub(super) struct Content {
    name: PathBuf,
    packing: Packing,
    /// What came as a stream, unpacked but within gzip.
    bytes: Option<Arc<[u8]>>,
}

impl Content {
    pub fn open(&self, named: Named) -> Result<Input> {
        let stream: Box<dyn BufRead> = match &self.bytes {
            Some(bytes) => Box::new(Cursor::new(bytes.clone())),
            None if matches!(self.packing, Packing::None | Packing::Gzip) => plain(&self.name)?,
            None => unpacked(&self.name, self.packing)?,
        };
        let place = Place::new(&self.name, self.packing != Packing::None);
        of_stream(place, out_of_gzip(stream, self.packing), named)
    }

    pub fn name(&self) -> &Path {
        &self.name
    }
}
