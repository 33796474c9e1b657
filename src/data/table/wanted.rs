//! [`Wanted`]: what somebody looks for in the rows of a delimited file.

use csv::ByteRecord;

/// What somebody looks for in the rows of a file.
pub(super) trait Wanted {
    /// Where it stands.
    type Header;

    /// Finds it among the names of the columns.
    ///
    /// # Errors
    /// What is not there.
    fn header(&self, names: &ByteRecord) -> Result<Self::Header, String>;

    /// How many columns there are.
    fn width(header: &Self::Header) -> usize;

    /// What these fields are as a row.
    fn fit(&self, header: &Self::Header, fields: &ByteRecord) -> Fit;
}

/// Whether fields are a row: as many as there are columns, of which each holds what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Whole,
    /// One without a text or a label.
    Incomplete,
    None,
}
