//! Where texts are from: a file, or a stream that can be read once.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::UTF_8;
use flate2::bufread::MultiGzDecoder;

use super::form::TextForm;
use super::request::Named;
use crate::data::table::lines::BUFFER;
use crate::data::table::open::{Input, of_stream};
use crate::data::table::place::Place;
use crate::error::{Error, Result};

/// Bytes that tell what a file is.
const HEAD: u64 = 1 << 16;

/// A file or a stream of texts.
pub struct TextOrigin {
    name: PathBuf,
    stream: Option<Box<dyn BufRead>>,
}

impl TextOrigin {
    /// A file, plain or within gzip.
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
        let mut rest = match stream {
            Some(stream) => stream,
            None => Box::new(BufReader::new(File::open(&name).map_err(Error::io(&name))?)),
        };
        let mut head = Vec::new();
        let read = rest.by_ref().take(HEAD).read_to_end(&mut head);
        read.map_err(Error::io(&name))?;
        Ok(Opened {
            name,
            again,
            head,
            rest,
        })
    }
}

/// A file or a stream of which the first bytes were read.
pub(super) struct Opened {
    name: PathBuf,
    /// Whether it can be opened again.
    again: bool,
    head: Vec<u8>,
    rest: Box<dyn BufRead>,
}

impl Opened {
    fn is_gzip(&self) -> bool {
        self.head.starts_with(&[0x1F, 0x8B])
    }

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
        let bytes = if self.is_gzip() {
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
        let gzip = self.is_gzip();
        let place = Place::new(&self.name, gzip);
        let stream = Box::new(Cursor::new(self.head).chain(self.rest));
        of_stream(place, unpacked(stream, gzip), named)
    }

    /// All of it, to be read more than once.
    pub fn keep(mut self) -> Result<Content> {
        let gzip = self.is_gzip();
        let bytes = match self.again {
            true => None,
            false => {
                let read = self.rest.read_to_end(&mut self.head);
                read.map_err(Error::io(&self.name))?;
                Some(self.head.into())
            }
        };
        Ok(Content {
            name: self.name,
            gzip,
            bytes,
        })
    }
}

fn unpacked(stream: Box<dyn BufRead>, gzip: bool) -> Box<dyn BufRead> {
    match gzip {
        true => Box::new(BufReader::with_capacity(
            BUFFER,
            MultiGzDecoder::new(stream),
        )),
        false => stream,
    }
}

/// What can be read more than once.
pub(super) struct Content {
    name: PathBuf,
    gzip: bool,
    /// What came as a stream.
    bytes: Option<Arc<[u8]>>,
}

impl Content {
    pub fn open(&self, named: Named) -> Result<Input> {
        let stream: Box<dyn BufRead> = match &self.bytes {
            Some(bytes) => Box::new(Cursor::new(bytes.clone())),
            None => {
                let file = File::open(&self.name).map_err(Error::io(&self.name))?;
                Box::new(BufReader::new(file))
            }
        };
        let place = Place::new(&self.name, self.gzip);
        of_stream(place, unpacked(stream, self.gzip), named)
    }

    pub fn name(&self) -> &Path {
        &self.name
    }
}
