//! Data sets in forms that other programs read, and that [`super::load`] reads again.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::raw::{Content, text_of};
use super::table::{write_csv, write_json_lines};
use super::{Dataset, Encoder, PADDING, Review, VocabularyKind, sentiment_classes, tfds};
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
/// [`Error::Data`] where TFDS has no such classes or vocabulary, or a text is asked for of n-grams; [`Error::Argument`] where `path` is there already, [`Error::Io`] where it cannot be written.
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
    if form == ExportForm::Tfds && dataset.vocabulary.kind() != VocabularyKind::Subwords {
        return Err(Error::Data(format!(
            "{}: ids of {}; those of a TFDS folder are of subwords: export these as a table",
            dataset.name,
            dataset.vocabulary.kind().name()
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
    let ngrams = dataset.vocabulary.ngrams();
    if cells == ExportCells::Text && ngrams.is_some_and(|ngrams| !ngrams.are_single()) {
        return Err(Error::Data(format!(
            "{}: ids of n-grams, which do not tell the text: export them with `ExportCells::Ids`",
            dataset.name
        )));
    }
    let encoder = Encoder::new(&dataset.vocabulary);
    let contents_of = |reviews: &Vec<Review>| {
        let contents = reviews.par_iter();
        let contents = contents.map(|review| content_of(review, cells, &encoder));
        let contents = contents.collect::<Result<Vec<_>>>()?;
        Ok::<(Vec<Content>, Vec<bool>), Error>(contents.into_iter().unzip())
    };
    let (train, test) = (contents_of(&dataset.train)?, contents_of(&dataset.test)?);
    let held_out = contents_of(&dataset.held_out)?;
    let exact = [&train.1, &test.1, &held_out.1].into_iter().flatten();
    let inexact = exact.filter(|exact| !**exact).count();
    let contents = [train.0, test.0, held_out.0];
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
fn content_of(review: &Review, cells: ExportCells, encoder: &Encoder) -> Result<(Content, bool)> {
    // Padding alone stands for an empty text.
    let ids = if review.ids == [PADDING] {
        &[]
    } else {
        &review.ids[..]
    };
    Ok(match cells {
        ExportCells::Ids => (Content::Ids(ids.to_vec()), true),
        ExportCells::Text => {
            let text = encoder.decode(ids);
            let again = encoder.encode(&text_of(text.as_bytes()).0)?;
            // A row without a text is none.
            let exact = again == ids && !ids.is_empty();
            (Content::Text(text), exact)
        }
    })
}
