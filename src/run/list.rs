//! Lists of names as one word of a command line: divided by commas, a name that has one in double quotes, as in CSV.

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

/// The names as one word.
///
/// # Examples
/// ```
/// use gatefold::run::{join_names, split_names};
///
/// let names = ["fine, or so", "bad"].map(str::to_owned);
/// assert_eq!(join_names(&names), "\"fine, or so\",bad");
/// assert_eq!(split_names("\"fine, or so\",bad"), names);
/// ```
pub fn join_names(names: &[impl AsRef<str>]) -> String {
    let names = names.iter().map(AsRef::as_ref);
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let written = writer
        .write_record(names.clone())
        .map_err(|error| error.to_string())
        .and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
    let line = written.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match line {
        Some(line) => line.trim_end_matches('\n').to_owned(),
        // What is in memory can be written; and if not, this is as much as can be said.
        None => names.collect::<Vec<_>>().join(","),
    }
}

/// The names that one word lists; a quote that nothing closes takes in all that follows.
pub fn split_names(word: &str) -> Vec<String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .from_reader(word.as_bytes());
    let mut names = StringRecord::new();
    match reader.read_record(&mut names) {
        Ok(true) => names.iter().map(str::to_owned).collect(),
        Ok(false) | Err(_) => vec![word.to_owned()],
    }
}
