//! Reviews a row: CSV, TSV, JSON and Parquet, plain or packed; and a file, in a folder for each class.

mod ask;
mod class_folders;
mod csv;
mod encoding;
mod excerpt;
mod files;
mod first_look;
mod form;
mod header;
mod json_items;
mod jsonl;
mod labels;
mod lines;
mod listing;
mod names;
mod open;
#[cfg(feature = "parquet")]
mod parquet;
mod parts;
mod place;
mod reader;
mod reading;
mod records;
mod row;
mod survey;
mod unpack;
mod wanted;
mod write;
#[cfg(feature = "archives")]
mod zip_member;

use std::path::{Path, PathBuf};

pub use self::ask::{TextCells, TextForm, TextInput, TextOrigin, TextRequest, TextRow};
pub(super) use self::excerpt::shortened;
pub(super) use self::form::Packing;
pub use self::form::without_endings;
pub(super) use self::lines::{Lines, content};
pub(super) use self::open::{Input, open};
pub(super) use self::place::Place;
pub(super) use self::reading::{read, read_to_test};
pub(super) use self::write::{write_csv, write_json_lines};
use crate::error::{Error, Result};

/// Whether a file or folder is a table by its name or, of a folder, by what is in it.
pub(super) fn is_table(path: &Path) -> bool {
    match path.is_dir() {
        true => files::is_table_folder(path),
        false => form::Form::of(path).is_some(),
    }
}

/// A table of reviews, and what its columns are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// A file named `.csv`, `.tsv`, `.json`, `.jsonl`, `.ndjson`, `.parquet` or, with tabs, `.txt`, or one of these but
    /// Parquet and `.gz`, `.bz2`, `.xz`, `.zst` or `.zip`; a folder with such files that are called by their parts, `train.csv`,
    /// `test-00000-of-00002.parquet`; a folder with one for each class, `CLASS/*.txt` or `train/CLASS/*.txt`.
    pub path: PathBuf,
    /// Another one with the part to validate with; the first is the training part then.
    pub validation: Option<PathBuf>,
    /// Another one with the test part; the first is the training part then.
    pub test: Option<PathBuf>,
    /// The column with the review; `None` takes `text`, or the only one with a usual name, `review` say, or, where there is
    /// none, the ids in `ids`.
    pub text_column: Option<String>,
    /// The column with the label; `None` takes `label`, or the only one with a usual name, `sentiment` say.
    pub label_column: Option<String>,
    /// Whether the first row of a CSV or TSV file is a review as any other; columns have numbers then, from 1.
    pub no_header: bool,
    /// What labels are called, in their order, 2 to 256 names. Where empty, they are found: sentiments, if all are `0`,
    /// `neg` or `negative`, and `1`, `pos` or `positive`, or -1 and 1, or 0 and 4; else each label of the training part
    /// is a class, numbers in ascending, words in alphabetical order, as far as they are few.
    pub classes: Vec<String>,
    /// How the text is encoded, by a name of the Encoding Standard (`windows-1252`, `euc-kr`, `gb18030`, `shift_jis`,
    /// `utf-16`) or a usual one (`cp949`). `None` takes UTF-16 where a byte order mark says so, and else UTF-8; a file
    /// of which more than a few lines are not UTF-8 is refused then, unless `utf-8` is named.
    pub encoding: Option<String>,
}

impl Table {
    /// Checks what can be checked without looking at the files.
    ///
    /// # Errors
    /// [`Error::Argument`] for classes that cannot be, or an encoding of no such name.
    pub fn check(&self) -> Result<()> {
        self.check_classes()?;
        self.encoding.as_deref().map(encoding::named).transpose()?;
        Ok(())
    }

    /// A label is a byte, told by its name.
    fn check_classes(&self) -> Result<()> {
        let names = &self.classes;
        let problem = match names.len() {
            0 => return Ok(()),
            1 => "one class is nothing to tell apart; give 2 or more".to_owned(),
            2..=256 => {
                let twice = (1..names.len()).find(|&n| names[..n].contains(&names[n]));
                match (
                    twice,
                    names
                        .iter()
                        .any(|name| name.trim() != name || name.is_empty()),
                ) {
                    (Some(n), _) => format!("`{}` is there twice", names[n]),
                    (None, true) => "a name is empty, or has white space at its ends".to_owned(),
                    (None, false) => return Ok(()),
                }
            }
            count => format!("{count} classes; gatefold tells 256 apart at most"),
        };
        Err(Error::argument("Table::classes", problem))
    }
}
