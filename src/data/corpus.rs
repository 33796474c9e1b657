//! Corpora that have a public home: their names, files and checksums.

use std::path::PathBuf;

use super::cache_folder;
use super::digest::DIGITS;
use crate::error::{Error, Result};

/// A corpus that gatefold knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corpus {
    /// Its short name, in lower case.
    pub name: &'static str,
    /// Its title, as its authors give it.
    pub title: &'static str,
    /// The archive's name.
    pub file: &'static str,
    /// Where its authors keep the archive.
    pub url: &'static str,
    /// The archive's size in bytes.
    pub size: u64,
    /// SHA-256 of the archive, in hexadecimal.
    pub sha256: &'static str,
}

/// The Large Movie Review Dataset: 25,000 reviews to train on, 25,000 to test with, 50,000 unlabelled.
///
/// # Source
/// Maas et al., *Learning Word Vectors for Sentiment Analysis*, ACL 2011. Size and checksum are those that
/// tensorflow-datasets has for `imdb_reviews`.
pub const IMDB: Corpus = Corpus {
    name: "imdb",
    title: "Large Movie Review Dataset v1.0",
    file: "aclImdb_v1.tar.gz",
    url: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    size: 84_125_825,
    sha256: "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
};

impl Corpus {
    /// Every corpus that gatefold knows.
    pub const ALL: [Corpus; 1] = [IMDB];

    /// The corpus of that name.
    pub fn named(name: &str) -> Option<Corpus> {
        Corpus::ALL.into_iter().find(|corpus| corpus.name == name)
    }

    /// Where the archive is kept once fetched.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no [`cache_folder`].
    pub fn path(&self) -> Result<PathBuf> {
        Ok(cache_folder()?.join(self.file))
    }

    /// The archive at its authors' place.
    pub fn remote(&self) -> RemoteFile {
        RemoteFile {
            url: self.url.to_owned(),
            size: Some(self.size),
            sha256: self.sha256.to_owned(),
        }
    }
}

/// A file on a server, and how to tell that it is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    url: String,
    size: Option<u64>,
    sha256: String,
}

impl RemoteFile {
    /// The same content on another server.
    ///
    /// # Errors
    /// [`Error::Argument`] where `url` is not of HTTP.
    pub fn at(self, url: impl Into<String>) -> Result<RemoteFile> {
        let url = url.into();
        if !["http://", "https://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            let problem = format!("{url} is no address; it begins with https:// or http://");
            return Err(Error::argument("RemoteFile::url", problem));
        }
        Ok(RemoteFile { url, ..self })
    }

    /// Another content, of `size` bytes or, for `None`, any number.
    ///
    /// # Errors
    /// [`Error::Argument`] where `sha256` is not 64 hexadecimal digits.
    pub fn with_content(self, sha256: &str, size: Option<u64>) -> Result<RemoteFile> {
        if sha256.len() != DIGITS || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let problem = format!("{sha256} is no SHA-256; it has {DIGITS} hexadecimal digits");
            return Err(Error::argument("RemoteFile::sha256", problem));
        }
        Ok(RemoteFile {
            size,
            sha256: sha256.to_ascii_lowercase(),
            ..self
        })
    }

    /// Where the file is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Bytes, if known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// SHA-256 of the content: 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}
