//! What was compressed, as a stream.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::form::{Form, Notation, Packing};
use super::lines::BUFFER;
#[cfg(feature = "archives")]
use super::zip_member;
use crate::data::archive::WholeReads;
use crate::data::zstd::ZstdReader;
use crate::error::{Error, Result};

/// The content of a table's file, unpacked.
///
/// # Errors
/// [`Error::Io`], and [`Error::Malformed`] for an archive that cannot be read.
pub(super) fn unpacked(path: &Path, packing: Packing) -> Result<Box<dyn BufRead>> {
    let file = || {
        let file = File::open(path).map_err(Error::io(path))?;
        Ok(BufReader::with_capacity(BUFFER, file))
    };
    Ok(match packing {
        Packing::None => Box::new(file()?),
        Packing::Gzip => Box::new(BufReader::with_capacity(
            BUFFER,
            MultiGzDecoder::new(file()?),
        )),
        Packing::Xz => Box::new(BufReader::with_capacity(
            BUFFER,
            XzReader::new(WholeReads(file()?), true),
        )),
        Packing::Zstd => Box::new(BufReader::with_capacity(BUFFER, ZstdReader::new(file()?))),
        #[cfg(feature = "archives")]
        Packing::Bzip2 => Box::new(BufReader::with_capacity(
            BUFFER,
            bzip2::bufread::MultiBzDecoder::new(file()?),
        )),
        #[cfg(feature = "archives")]
        Packing::Zip => zip_member::open(path)?,
        #[cfg(not(feature = "archives"))]
        Packing::Bzip2 | Packing::Zip => return Err(without_archives(path)),
    })
}

/// How the rows are written in a file of this form: an archive's member tells it by its own name.
///
/// # Errors
/// As [`unpacked`]; [`Error::Malformed`] where the member is no table by its name.
pub(super) fn notation_of(path: &Path, form: Form) -> Result<Notation> {
    match (form.packing, form.notation) {
        #[cfg(feature = "archives")]
        (Packing::Zip, outer) => zip_member::notation(path, outer),
        #[cfg(not(feature = "archives"))]
        (Packing::Zip, _) => Err(without_archives(path)),
        (_, Some(notation)) => Ok(notation),
        (_, None) => Err(Error::Internal {
            place: "telling a table's form",
            problem: format!("{} has none", path.display()),
        }),
    }
}

#[cfg(not(feature = "archives"))]
fn without_archives(path: &Path) -> Error {
    Error::Data(format!(
        "{}: gatefold was built without the feature archives; unpack it, or pack it as .gz",
        path.display()
    ))
}
