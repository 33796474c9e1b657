//! Data sets in forms that other programs read, and that [`super::load`] reads again.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::raw::{Content, text_of};
use super::table::{write_csv, write_json_lines};
use super::{Dataset, PADDING, Review, SubwordEncoder, sentiment_classes, tfds};
use crate::atomic::{check_absent, create_folder_atomically, write_atomically};
use crate::error::{Error, Result};

/// A form to export to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// A folder of TFRecord files with their description and the vocabulary, for tensorflow-datasets.
    Tfds,
    /// A JSON object a line, with `text` or `ids`, `label` and `split`.
    JsonLines(ExportCells),
    /// Comma-separated fields, with the same columns; ids have spaces between them.
    Csv(ExportCells),
}

/// What a table has of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportCells {
    /// The text, as the vocabulary decodes it.
    Text,
    /// The ids.
    Ids,
}

/// What an export left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedData {
    /// The file, or the folder of the data set's version.
    pub path: PathBuf,
    /// Reviews whose text, read again, has other ids, or is left out for being empty: text cannot say all that ids can.
    pub inexact: usize,
}

/// Writes a data set to the file or, for TFDS, the folder `path`, whole or not at all.
///
/// Neither may be there yet. [`super::load`] gives the same reviews again, ids for ids but where
/// [`ExportedData::inexact`] counts others; tables need the same vocabulary for that.
///
/// # Errors
/// [`Error::Data`] where TFDS has no such classes, [`Error::Argument`] where `path` is there already, [`Error::Io`] where it cannot be written.
///
/// # Examples
/// ```
/// use gatefold::data::{ExportCells, ExportForm, demo, export};
///
/// # let path = std::env::temp_dir().join(format!("gatefold-export-{}.csv", std::process::id()));
/// let exported = export(&demo()?, ExportForm::Csv(ExportCells::Text), &path)?;
/// assert_eq!(exported.inexact, 0);
/// # std::fs::remove_file(&path).map_err(gatefold::Error::io(&path))?;
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn export(dataset: &Dataset, form: ExportForm, path: &Path) -> Result<ExportedData> {
    check_absent("`ExportedData::path`", path)?;
    if form == ExportForm::Tfds && !dataset.held_out.is_empty() {
        return Err(Error::Data(format!(
            "{}: of three parts; a TFDS folder of reviews has two, train and test: export these as a table",
            dataset.name
        )));
    }
    if form == ExportForm::Tfds && dataset.classes != sentiment_classes() {
        return Err(Error::Data(format!(
            "{}: of the classes {}; a TFDS folder of reviews has negative and positive ones: export these as a \
             table",
            dataset.name,
            dataset.classes.join(", ")
        )));
    }
    let cells = match form {
        ExportForm::Tfds => {
            create_folder_atomically(path, |folder| tfds::write(dataset, folder))?;
            let names = tfds::folder_name(dataset);
            return Ok(ExportedData {
                path: names
                    .iter()
                    .fold(path.to_owned(), |path, name| path.join(name)),
                inexact: 0,
            });
        }
        ExportForm::JsonLines(cells) | ExportForm::Csv(cells) => cells,
    };
    let encoder = SubwordEncoder::new(&dataset.vocabulary);
    let parts = [&dataset.train, &dataset.test, &dataset.held_out].map(|reviews| {
        let reviews = reviews.par_iter();
        reviews
            .map(|review| content_of(review, cells, &encoder))
            .unzip::<Content, bool, Vec<_>, Vec<_>>()
    });
    let exact = parts.iter().flat_map(|(_, exact)| exact);
    let inexact = exact.filter(|exact| !**exact).count();
    let contents = parts.map(|(contents, _)| contents);
    let bytes = match form {
        ExportForm::Csv(_) => write_csv(dataset, &contents)?,
        _ => write_json_lines(dataset, &contents)?,
    };
    write_atomically(path, &bytes)?;
    Ok(ExportedData {
        path: path.to_owned(),
        inexact,
    })
}

/// What a table has of a review, and whether that has the review's ids again when it is read.
fn content_of(review: &Review, cells: ExportCells, encoder: &SubwordEncoder) -> (Content, bool) {
    // Padding alone stands for an empty text.
    let ids = if review.ids == [PADDING] {
        &[]
    } else {
        &review.ids[..]
    };
    match cells {
        ExportCells::Ids => (Content::Ids(ids.to_vec()), true),
        ExportCells::Text => {
            let text = encoder.decode(ids);
            let again = encoder.encode(&text_of(text.as_bytes()).0);
            // A row without a text is none.
            (Content::Text(text), again == ids && !ids.is_empty())
        }
    }
}
