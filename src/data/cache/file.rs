//! A file of encoded reviews, checked and mapped.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `gatefold` |
//! | 32 | SHA-256 of all that follows |
//! | 8 | bytes of the description, a multiple of 4 |
//! | | the description, JSON with spaces to its end |
//! | 4 a review | its number of ids × 256 + its label; the training reviews first, then those to validate with, then those held out |
//! | 4 an id | the ids, review after review |
//!
//! Numbers are in the byte order of the machine, which the name of the file depends on.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::token_file::TokenFile;
use crate::data::{Ids, Review};

const MAGIC: &[u8; 8] = b"gatefold";
/// Where the checksum ends.
const CHECKED: usize = 40;
/// Where the description begins.
const DESCRIPTION: usize = 48;
/// What a review's number of ids is multiplied with, to leave room for its label.
const LABELS: u32 = 256;

/// Encoded reviews, as the cache keeps them: all of a data set but its name and vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::data) struct EncodedReviews {
    pub train: Vec<Review>,
    pub test: Vec<Review>,
    pub held_out: Vec<Review>,
    pub classes: Vec<String>,
    pub synthetic: bool,
    pub notes: Vec<String>,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It could not be opened, or is not there.
    Unreadable(io::Error),
    /// It is not as it was written.
    Damaged(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Description {
    /// What the file was made for.
    key: String,
    synthetic: bool,
    notes: Vec<String>,
    classes: Vec<String>,
    train: usize,
    test: usize,
    held_out: usize,
}

/// The content of a file for `key`; `None` where a review is longer than the file can say.
pub(super) fn to_bytes(key: &str, encoded: &EncodedReviews) -> Option<Vec<u8>> {
    let description = Description {
        key: key.to_owned(),
        synthetic: encoded.synthetic,
        notes: encoded.notes.clone(),
        train: encoded.train.len(),
        test: encoded.test.len(),
        held_out: encoded.held_out.len(),
        classes: encoded.classes.clone(),
    };
    let mut description = serde_json::to_vec(&description).ok()?;
    description.resize(description.len().next_multiple_of(4), b' ');
    let reviews = || {
        let read = encoded.train.iter().chain(&encoded.test);
        read.chain(&encoded.held_out)
    };

    let mut bytes = [MAGIC.as_slice(), &[0; CHECKED - MAGIC.len()]].concat();
    bytes.extend((description.len() as u64).to_ne_bytes());
    bytes.extend(description);
    for review in reviews() {
        let length = u32::try_from(review.ids.len()).ok()?.checked_mul(LABELS)?;
        bytes.extend((length + u32::from(review.label)).to_ne_bytes());
    }
    for review in reviews() {
        bytes.extend(bytemuck::cast_slice::<u32, u8>(&review.ids));
    }
    let checksum = Sha256::digest(&bytes[CHECKED..]);
    bytes[MAGIC.len()..CHECKED].copy_from_slice(&checksum);
    Some(bytes)
}

/// Maps the file at `path`, which was written for `key`, and checks all of it.
pub(super) fn open(path: &Path, key: &str) -> Result<EncodedReviews, Unusable> {
    use Unusable::{Damaged, Unreadable};
    let file = File::open(path).map_err(Unreadable)?;
    let map = map(&file).map_err(Unreadable)?;
    if map.len() < DESCRIPTION || !map.starts_with(MAGIC) {
        return Err(Damaged("it does not begin as such a file does"));
    }
    if Sha256::digest(&map[CHECKED..]).as_slice() != &map[MAGIC.len()..CHECKED] {
        return Err(Damaged("its checksum is wrong"));
    }
    parse(map, key).ok_or(Damaged("its parts do not fit together"))
}

/// The reviews in a file whose checksum is right; `None` where it was written wrong.
fn parse(map: Mmap, key: &str) -> Option<EncodedReviews> {
    let length = u64::from_ne_bytes(map.get(CHECKED..DESCRIPTION)?.try_into().ok()?);
    let table = DESCRIPTION.checked_add(usize::try_from(length).ok()?)?;
    let description = serde_json::from_slice(map.get(DESCRIPTION..table)?).ok()?;
    let Description {
        key: own_key,
        synthetic,
        notes,
        classes,
        train,
        test,
        held_out,
    } = description;
    let start = train
        .checked_add(test)?
        .checked_add(held_out)?
        .checked_mul(size_of::<u32>())?
        .checked_add(table)?;
    let entries: Vec<u32> = bytemuck::try_cast_slice(map.get(table..start)?)
        .ok()?
        .to_vec();
    let tokens: &[u32] = bytemuck::try_cast_slice(map.get(start..)?).ok()?;
    let lengths = entries.iter().try_fold(0usize, |sum, entry| {
        sum.checked_add((entry / LABELS) as usize)
    })?;
    if own_key != key || lengths != tokens.len() {
        return None;
    }
    let file = Arc::new(TokenFile { map, start });
    let mut end = 0;
    let mut reviews = entries.iter().map(|entry| {
        let begin = end;
        end += (entry / LABELS) as usize;
        Review {
            ids: Ids::in_file(&file, begin..end),
            label: (entry % LABELS) as u8,
        }
    });
    Some(EncodedReviews {
        train: reviews.by_ref().take(train).collect(),
        test: reviews.by_ref().take(test).collect(),
        held_out: reviews.collect(),
        classes,
        synthetic,
        notes,
    })
}

/// Maps a file of the cache for reading.
#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: a mapping is sound as long as nobody changes the file's bytes or cuts it short. gatefold
    // writes a file of the cache under another name, and gives it this one when it is complete; from
    // then on it is at most replaced by a rename or removed, and either leaves the mapped bytes alone
    // until they are unmapped. The folder is gatefold's own: no other program has files to change in it.
    unsafe { Mmap::map(file) }
}
