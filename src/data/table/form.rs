//! How a table is written and packed, as the end of its name tells.

use std::path::Path;

/// How the rows of a table are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// Fields between delimiters, names in the first row.
    Delimited(u8),
    /// A JSON object a line, or an array of them.
    Json,
    /// Columns in pages, as Apache Parquet has them.
    Parquet,
}

/// What a file was compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Packing {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    /// An archive whose one member is the file.
    Zip,
}

/// What the name of a file tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// `None` where the member of a zip archive tells it.
    pub notation: Option<Notation>,
    pub packing: Packing,
}

/// The ending of texts of any kind, of which tables have tabs.
pub(super) const TEXT_ENDING: &str = ".txt";

/// Endings of the names of files, in lower case.
const NOTATIONS: [(&str, Notation); 7] = [
    (".csv", Notation::Delimited(b',')),
    (".tsv", Notation::Delimited(b'\t')),
    (".jsonl", Notation::Json),
    (".ndjson", Notation::Json),
    (".json", Notation::Json),
    (".parquet", Notation::Parquet),
    // As the films' reviews of NSMC are called.
    (TEXT_ENDING, Notation::Delimited(b'\t')),
];

const ZIP_ENDING: &str = ".zip";

const PACKINGS: [(&str, Packing); 5] = [
    (".gz", Packing::Gzip),
    (".bz2", Packing::Bzip2),
    (".xz", Packing::Xz),
    (".zst", Packing::Zstd),
    (ZIP_ENDING, Packing::Zip),
];

/// What a table's file may be called.
pub(super) const NAMES: &str = ".csv, .tsv, .json, .jsonl, .ndjson, .parquet or, with tabs, .txt, or one of these and .gz, \
                                .bz2, .xz, .zst or .zip";

impl Form {
    /// Tells a table by the end of its name, in any case.
    pub fn of(path: &Path) -> Option<Form> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let (plain, packing) = unpacked_name(&name);
        let notation = NOTATIONS.iter().find(|(ending, _)| plain.ends_with(ending));
        let notation = notation.map(|(_, notation)| *notation);
        // A Parquet file's pages are compressed, and are read from any place.
        let is_known = match notation {
            Some(Notation::Parquet) => packing == Packing::None,
            Some(_) => true,
            None => packing == Packing::Zip,
        };
        is_known.then_some(Form { notation, packing })
    }
}

/// What divides the columns of a file called `.csv` that has this first row: semicolons, as spreadsheets write it where the comma
/// is in numbers, if it has some, no comma, and ends within no quotes.
pub(super) fn csv_delimiter(row: &[u8]) -> u8 {
    let count = |wanted: u8| row.iter().filter(|&&byte| byte == wanted).count();
    match count(b';') > 0 && count(b',') == 0 && count(b'"').is_multiple_of(2) {
        true => b';',
        false => b',',
    }
}

impl Packing {
    /// Tells it by the end of a file's name, in any case.
    pub fn of(path: &Path) -> Packing {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        unpacked_name(&name.to_lowercase()).1
    }
}

/// The ending of an archive of reviews that is no table.
const ARCHIVE_ENDING: &str = ".tar";

/// The name of a file of reviews without the endings that tell its form and its packing.
///
/// # Examples
/// ```
/// use gatefold::data::without_endings;
///
/// assert_eq!(without_endings("reviews.csv.gz"), "reviews");
/// assert_eq!(without_endings("aclImdb.tar.xz"), "aclImdb");
/// assert_eq!(without_endings("v1.2"), "v1.2");
/// ```
pub fn without_endings(name: &str) -> &str {
    let packings = || PACKINGS.iter().map(|(ending, _)| *ending);
    let notations = NOTATIONS.iter().map(|(ending, _)| *ending);
    let mut forms = notations.chain([ARCHIVE_ENDING]);
    let unpacked = packings().find_map(|ending| name.strip_suffix(ending));
    let plain = unpacked.unwrap_or(name);
    let stem = forms.find_map(|ending| plain.strip_suffix(ending));
    // An archive need not say what is in it.
    stem.or_else(|| name.strip_suffix(ZIP_ENDING))
        .unwrap_or(name)
}

/// A name, in lower case, without the ending that tells the packing, and what it tells.
pub(super) fn unpacked_name(name: &str) -> (&str, Packing) {
    PACKINGS
        .iter()
        .find_map(|(ending, packing)| Some((name.strip_suffix(ending)?, *packing)))
        .unwrap_or((name, Packing::None))
}
