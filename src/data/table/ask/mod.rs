//! Texts that a trained model is asked about: a line each, or those of a table, whose rows are kept whole.

mod delimited;
mod form;
mod input;
mod json;
mod lines;
mod object;
mod origin;
mod request;
mod row;

pub use self::form::TextForm;
pub use self::input::TextInput;
pub use self::origin::TextOrigin;
pub use self::request::TextRequest;
pub use self::row::{TextCells, TextRow};
