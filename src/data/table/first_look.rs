//! A first look at the files of a table: their columns, and what their labels mean.

use std::path::Path;

use super::Table;
use super::class_folders;
use super::encoding;
use super::files::{Kind, TableFile};
use super::labels::{LabelTally, Labels};
use super::names::{Asked, Chosen};
use super::reader::TableReader;
use crate::data::sentiment_classes;
use crate::error::{Error, Result};

/// A file, and its columns.
pub(super) struct Looked {
    pub file: TableFile,
    /// `None` for class folders.
    pub rows: Option<(TableReader, Chosen)>,
}

/// What the first look at the files finds.
pub(super) struct FirstLook<'a> {
    table: &'a Table,
    tally: Option<LabelTally>,
    /// Names that the training files have for their classes, if each has the same.
    classes: Option<Vec<String>>,
    /// Training files that were looked at.
    counted: usize,
    pub notes: Vec<String>,
}

impl<'a> FirstLook<'a> {
    pub fn new(table: &'a Table) -> FirstLook<'a> {
        // Sentiments may be written with several scales.
        let finds = table.classes.is_empty() || table.classes == sentiment_classes();
        FirstLook {
            table,
            tally: finds.then(LabelTally::default),
            classes: None,
            counted: 0,
            notes: Vec::new(),
        }
    }

    /// Looks at a file; its labels count, if `counts`.
    pub fn file(&mut self, file: TableFile, counts: bool) -> Result<Looked> {
        let table = self.table;
        let Kind::Rows(form) = file.kind else {
            self.check_class_folders(&file.path)?;
            if counts {
                let names = class_folders::classes(&file.path)?;
                if let Some(tally) = &mut self.tally {
                    names.iter().for_each(|name| tally.add(name));
                }
                self.take_classes(Some(names));
            }
            return Ok(Looked { file, rows: None });
        };
        let asked = Asked {
            text: table.text_column.as_deref(),
            label: table.label_column.as_deref(),
        };
        let encoding = named_encoding(table)?;
        let reader = TableReader::new(&file.path, form, encoding, !table.no_header)?;
        self.notes.extend(reader.note());
        let looked = reader.look(asked, self.tally.as_mut().filter(|_| counts))?;
        if counts {
            self.take_classes(looked.classes);
        }
        if let Some(note) = looked.chosen.note(asked)
            && !self.notes.contains(&note)
        {
            let note = match self.notes.is_empty() {
                true => note,
                false => format!("{note}, in {}", file_name(&file.path)),
            };
            self.notes.push(note);
        }
        let rows = Some((reader, looked.chosen));
        Ok(Looked { file, rows })
    }

    /// Files in class folders have no columns.
    fn check_class_folders(&self, path: &Path) -> Result<()> {
        let table = self.table;
        let given = [
            ("Table::text_column", table.text_column.is_some()),
            ("Table::label_column", table.label_column.is_some()),
            ("Table::no_header", table.no_header),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((field, _)) => {
                let problem = format!(
                    "{} has a folder for each class, and no columns; leave this out",
                    path.display()
                );
                Err(Error::argument(field, problem))
            }
        }
    }

    fn take_classes(&mut self, classes: Option<Vec<String>>) {
        if self.counted == 0 {
            self.classes = classes;
        } else if self.classes != classes {
            self.classes = None;
        }
        self.counted += 1;
    }

    /// What the labels mean.
    pub fn labels(&mut self) -> Result<Labels> {
        let named = self
            .classes
            .take()
            .filter(|_| self.table.classes.is_empty());
        if let Some(names) = named {
            let labels = Labels::named(&names);
            if labels.names() != sentiment_classes() {
                self.notes
                    .push(format!("{} classes, as the data name them", names.len()));
            }
            // One that could not have been given by name.
            let table = Table {
                classes: names,
                ..Table::default()
            };
            table.check()?;
            return Ok(labels);
        }
        let tally = self.tally.take().unwrap_or_default();
        let (labels, note) = Labels::of(&self.table.classes, &tally)
            .map_err(|problem| Error::Data(format!("{}: {problem}", self.table.path.display())))?;
        self.notes.extend(note);
        Ok(labels)
    }
}

/// The encoding that was named for a table, if one was.
pub(super) fn named_encoding(table: &Table) -> Result<Option<&'static encoding_rs::Encoding>> {
    table.encoding.as_deref().map(encoding::named).transpose()
}

/// A file's own name.
pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
