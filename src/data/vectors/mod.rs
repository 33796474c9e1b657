//! [`WordVectors`]: vectors that others trained, for the entries of a vocabulary.

mod entries;
mod file;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use self::file::VectorFile;
use super::{Review, Vocabulary};
use crate::error::{Error, Result};

/// Vectors of words, of a text file of GloVe, fastText or word2vec, for the entries of a vocabulary.
///
/// A line has a word and its numbers, divided by spaces or tabs; the first line may have the number of vectors and their width
/// instead. An entry is looked up as it is, then in lower case: a subword without the underscore at its end, a token without
/// the mark of its place in a word. Of words that stand twice the first is taken.
///
/// # Examples
/// ```
/// use std::sync::atomic::AtomicBool;
/// use gatefold::data::{Vocabulary, WordVectors};
///
/// # let folder = std::env::temp_dir().join(format!("gatefold-vectors-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).map_err(gatefold::Error::io(&folder))?;
/// # let path = folder.join("vectors.txt");
/// std::fs::write(&path, "good 0.5 -1\nfilm 0.25 2\nother 1 1\n").map_err(gatefold::Error::io(&path))?;
///
/// let vocabulary = Vocabulary::from_subwords(["good_", "film", "s_"])?;
/// let vectors = WordVectors::load(&path, &vocabulary, &AtomicBool::new(false))?;
/// assert_eq!((vectors.found(), vectors.entries(), vectors.width()), (2, 3, 2));
/// assert_eq!(vectors.row(1), Some(&[0.5, -1.0][..]));
/// assert_eq!(vectors.row(3), None);
/// # std::fs::remove_dir_all(&folder).map_err(gatefold::Error::io(&folder))?;
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WordVectors {
    width: usize,
    entries: usize,
    /// For each id with a vector, which of `vectors` it is.
    rows: HashMap<u32, usize>,
    vectors: Vec<Box<[f32]>>,
    sha256: String,
    notes: Vec<String>,
}

/// The entries that a word of the file is for.
#[derive(Default)]
struct Wanted {
    exact: Vec<u32>,
    /// Those that are it in lower case.
    lower: Vec<u32>,
    was_seen: bool,
}

impl WordVectors {
    /// Reads a file, plain or packed as `.gz`, `.bz2`, `.xz`, `.zst` or `.zip`, and keeps the vectors of the vocabulary's
    /// entries alone. Once `stop` is set, reading ends.
    ///
    /// Every line must have as many numbers as the first; the numbers themselves are read where a word is wanted.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line that is no word with its vector; where no entry has a vector.
    /// [`Error::Io`], [`Error::Interrupted`].
    pub fn load(path: &Path, vocabulary: &Vocabulary, stop: &AtomicBool) -> Result<WordVectors> {
        let words = entries::words(vocabulary);
        let mut wanted: HashMap<&str, Wanted> = HashMap::new();
        let lowered: Vec<(u32, String)> = words
            .iter()
            .map(|(id, word)| (*id, word.to_lowercase()))
            .collect();
        for (id, word) in &words {
            wanted.entry(word).or_default().exact.push(*id);
        }
        for ((id, word), (_, as_is)) in lowered.iter().zip(&words) {
            if word != as_is {
                wanted.entry(word).or_default().lower.push(*id);
            }
        }
        let mut file = VectorFile::open(path)?;
        let mut exact = HashMap::new();
        let mut lower = HashMap::new();
        let mut vectors = Vec::new();
        let (mut lines, mut twice, mut not_utf_8) = (0u64, 0u64, 0u64);
        while let Some(line) = file.next()? {
            if lines.is_multiple_of(1 << 12) && stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            lines += 1;
            let Ok(word) = std::str::from_utf8(line.word) else {
                not_utf_8 += 1;
                continue;
            };
            let Some(wanted) = wanted.get_mut(word) else {
                continue;
            };
            if std::mem::replace(&mut wanted.was_seen, true) {
                twice += 1;
                continue;
            }
            let number = line.number;
            let vector = line.vector();
            vectors.push(vector.map_err(|problem| file.place.malformed(number, problem))?);
            let of_them = |ids: &[u32]| {
                let ids = ids.iter().copied();
                ids.map(|id| (id, vectors.len() - 1)).collect::<Vec<_>>()
            };
            exact.extend(of_them(&wanted.exact));
            lower.extend(of_them(&wanted.lower));
        }
        let mut rows: HashMap<u32, usize> = lower;
        rows.extend(exact);
        if rows.is_empty() {
            let problem = format!(
                "no word of it is among the {} {} of the vocabulary; give vectors of the language that the reviews are in",
                words.len(),
                vocabulary.kind().name()
            );
            return Err(Error::Malformed {
                path: path.to_owned(),
                place: match lines {
                    1 => "1 vector".to_owned(),
                    lines => format!("{lines} vectors"),
                },
                problem,
            });
        }
        let mut notes = Vec::new();
        let name = path.display();
        if twice > 0 {
            notes.push(format!(
                "{name}: vectors of words that have one already, left out: {twice}"
            ));
        }
        if not_utf_8 > 0 {
            notes.push(format!(
                "{name}: vectors of words that are not UTF-8, left out: {not_utf_8}"
            ));
        }
        if let Some(stated) = file.stated.filter(|stated| *stated != lines) {
            notes.push(format!(
                "{name}: line 1 tells of {stated} vectors, but there are {lines}; if that is fewer than there should be, \
                 download it again"
            ));
        }
        Ok(WordVectors {
            width: file.width,
            entries: words.len(),
            rows,
            vectors,
            sha256: file.sha256(),
            notes,
        })
    }

    /// Numbers of a vector in such a file, of which the beginning is read alone.
    ///
    /// # Errors
    /// As [`WordVectors::load`], as far as the beginning shows it.
    pub fn width_of(path: &Path) -> Result<usize> {
        Ok(VectorFile::open(path)?.width)
    }

    /// Numbers of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Entries of the vocabulary that stand for words or parts of them.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// How many of these have a vector.
    pub fn found(&self) -> usize {
        self.rows.len()
    }

    /// The vector of an id, where it has one.
    pub fn row(&self, id: u32) -> Option<&[f32]> {
        let vector = self.vectors.get(*self.rows.get(&id)?)?;
        Some(vector)
    }

    /// The share of the tokens of these reviews that have a vector; 0 where there are no tokens.
    pub fn share(&self, reviews: &[Review]) -> f64 {
        let ids = || reviews.iter().flat_map(|review| review.ids.iter());
        let found = ids().filter(|id| self.rows.contains_key(id)).count();
        found as f64 / ids().count().max(1) as f64
    }

    /// Puts the vectors into the rows of a table `[ids, width]`; other rows stay as they are.
    ///
    /// # Errors
    /// [`Error::Shape`] for a table of another width, or with too few rows.
    pub fn put_into(&self, table: &mut [f32]) -> Result<()> {
        for (&id, &vector) in &self.rows {
            let first = id as usize * self.width;
            let vector = &self.vectors[vector];
            let length = table.len();
            let row = table.get_mut(first..first + self.width);
            let row = row.ok_or_else(|| Error::Shape {
                tensor: "embedding".to_owned(),
                expected: format!("a row of {} numbers for id {id}", self.width),
                found: format!("{length} numbers"),
            })?;
            row.copy_from_slice(vector);
        }
        Ok(())
    }

    /// SHA-256 of the file's text, unpacked, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What the user should be told once: words that stand twice, words that are not UTF-8, a count that is another.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
