//! Byte order marks: what some editors put before a text, and what is no part of it.

/// U+FEFF as UTF-8 has it.
pub(super) const UTF_8_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// What a byte order mark says of the bytes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The mark that bytes begin with.
pub(super) fn of(bytes: &[u8]) -> Option<Mark> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(Mark::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Mark::Utf16Be),
        bytes if bytes.starts_with(UTF_8_MARK) => Some(Mark::Utf8),
        _ => None,
    }
}

/// The first bytes of a text in UTF-8 without a byte order mark before them.
///
/// # Errors
/// What to do where the mark says that it is UTF-16.
///
/// # Examples
/// ```
/// use gatefold::data::without_byte_order_mark;
///
/// assert_eq!(without_byte_order_mark(b"\xEF\xBB\xBFa film"), Ok(&b"a film"[..]));
/// assert!(without_byte_order_mark(b"\xFF\xFEa\0").is_err());
/// ```
pub fn without_byte_order_mark(bytes: &[u8]) -> Result<&[u8], &'static str> {
    match of(bytes) {
        None => Ok(bytes),
        Some(Mark::Utf8) => Ok(&bytes[UTF_8_MARK.len()..]),
        Some(Mark::Utf16Le | Mark::Utf16Be) => {
            Err("UTF-16, as its byte order mark says; save it as UTF-8")
        }
    }
}
