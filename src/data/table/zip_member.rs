//! The one member of a zip archive.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::CompressionMethod;
use zip::read::ZipArchive;
use zip::result::ZipError;

use super::excerpt::shortened;
use super::form::{Form, NAMES, Notation, Packing};
use super::lines::BUFFER;
use crate::error::{Error, Result};

/// What the archive's directory says of a member.
struct Member {
    name: String,
    start: u64,
    packed: u64,
    size: u64,
    crc: u32,
    is_deflated: bool,
}

/// The content of the one member, whose checksum is compared at its end.
///
/// # Errors
/// [`Error::Malformed`] for an archive of several members, or one that is encrypted or packed in another way than
/// deflate; [`Error::Io`].
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let member = only_member(path)?;
    let mut file = File::open(path).map_err(Error::io(path))?;
    file.seek(SeekFrom::Start(member.start))
        .map_err(Error::io(path))?;
    let packed = BufReader::with_capacity(BUFFER, file.take(member.packed));
    let inner: Box<dyn Read> = match member.is_deflated {
        true => Box::new(DeflateDecoder::new(packed)),
        false => Box::new(packed),
    };
    let checked = Checked {
        inner,
        crc: Crc::new(),
        read: 0,
        member,
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, checked)))
}

/// How the rows of the one member are written, by its name or, where that does not tell, `outer`.
///
/// # Errors
/// As [`open`]; [`Error::Malformed`] where neither name is one of a table.
pub(super) fn notation(path: &Path, outer: Option<Notation>) -> Result<Notation> {
    let member = only_member(path)?;
    let own = match Form::of(Path::new(&member.name)) {
        Some(Form {
            notation: Some(Notation::Parquet),
            ..
        }) => {
            let problem = "a Parquet file within a zip archive; unpack it";
            return Err(malformed(path, &member.name, problem));
        }
        Some(Form {
            notation,
            packing: Packing::None,
        }) => notation,
        Some(_) => {
            let problem = "it is packed once more; unpack the archive";
            return Err(malformed(path, &member.name, problem));
        }
        None => None,
    };
    own.or(outer).ok_or_else(|| {
        let problem = format!("it is not named {NAMES}; unpack the archive, and name it so");
        malformed(path, &member.name, problem)
    })
}

fn only_member(path: &Path) -> Result<Member> {
    let file = File::open(path).map_err(Error::io(path))?;
    let failure = |error: ZipError| match error {
        ZipError::Io(source) if source.raw_os_error().is_some() => Error::io(path)(source),
        error => Error::Malformed {
            path: path.to_owned(),
            place: "the archive".to_owned(),
            problem: format!(
                "no zip archive that can be read ({error}); copy or download it again"
            ),
        },
    };
    let mut archive = ZipArchive::new(BufReader::with_capacity(BUFFER, file)).map_err(failure)?;
    let mut names = Vec::new();
    for place in 0..archive.len() {
        let member = archive.by_index_raw(place).map_err(failure)?;
        let name = member.name().map_err(failure)?.into_owned();
        // macOS keeps what it knows of each file beside it.
        if !member.is_dir() && !name.starts_with("__MACOSX/") {
            names.push((place, name));
        }
    }
    let (place, name) = match &names[..] {
        [] => return Err(malformed(path, "", "the archive holds no file")),
        [(place, name)] => (*place, name.clone()),
        _ => {
            const SHOWN: usize = 5;
            let shown = names.iter().take(SHOWN).map(|(_, name)| shortened(name));
            let more = if names.len() > SHOWN { ", …" } else { "" };
            let problem = format!(
                "{} files are in the archive: {}{more}; unpack it, and give one of them",
                names.len(),
                shown.collect::<Vec<_>>().join(", ")
            );
            return Err(malformed(path, "", problem));
        }
    };
    let member = archive.by_index_raw(place).map_err(failure)?;
    if member.encrypted() {
        return Err(malformed(
            path,
            &name,
            "it is encrypted; unpack the archive",
        ));
    }
    let is_deflated = match member.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::DEFLATE => true,
        other => {
            let problem = format!("it is packed by {other}, not by deflate; unpack the archive");
            return Err(malformed(path, &name, problem));
        }
    };
    let start = member.data_start().ok_or_else(|| {
        malformed(
            path,
            &name,
            "its place in the archive is not known; copy or download the archive again",
        )
    })?;
    Ok(Member {
        start,
        packed: member.compressed_size(),
        size: member.size(),
        crc: member.crc32(),
        name,
        is_deflated,
    })
}

fn malformed(path: &Path, member: &str, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: match member {
            "" => "the archive".to_owned(),
            member => format!("member {}", shortened(member)),
        },
        problem: problem.into(),
    }
}

/// Compares size and checksum where the member ends.
struct Checked {
    inner: Box<dyn Read>,
    crc: Crc,
    read: u64,
    member: Member,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.read += count as u64;
        let is_wrong = self.read > self.member.size
            || count == 0
                && !buffer.is_empty()
                && (self.read < self.member.size || self.crc.sum() != self.member.crc);
        match is_wrong {
            true => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "size and checksum are not those that the archive has",
            )),
            false => Ok(count),
        }
    }
}
