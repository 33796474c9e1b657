//! `data encode` and `data decode`: a JSON object in, a JSON object out, a line each.

use std::io;

use gatefold::Error;
use gatefold::data::{Encoder, Vocabulary, decode_lines, encode_lines};

fn encoder() -> Encoder {
    let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
    Encoder::new(&Vocabulary::from_text("test", file).unwrap())
}

/// The answer lines, and the error's words if there was one.
fn answer(
    lines: fn(&[u8], &mut Vec<u8>, &Encoder) -> gatefold::Result<()>,
    input: &[u8],
) -> (String, Option<String>) {
    let mut output = Vec::new();
    let error = lines(input, &mut output, &encoder())
        .err()
        .map(|error| error.to_string());
    (String::from_utf8(output).unwrap(), error)
}

fn encode(input: &[u8]) -> (String, Option<String>) {
    answer(
        |input, output, encoder| encode_lines(input, output, encoder),
        input,
    )
}

fn decode(input: &[u8]) -> (String, Option<String>) {
    answer(
        |input, output, encoder| decode_lines(input, output, encoder),
        input,
    )
}

#[test]
fn each_line_is_answered_in_order_and_nothing_is_stripped() {
    let input = "{\"text\": \"good film\"}\n{\"text\": \" film \", \"label\": 1}\r\n\
                 {\"text\": \"\"}\n{\"text\": \"\\u00e9\\n\"}";
    let expected = "{\"ids\":[1,2]}\n{\"ids\":[35,2,35]}\n{\"ids\":[]}\n{\"ids\":[198,172,13]}\n";
    assert_eq!(encode(input.as_bytes()), (expected.to_owned(), None));
}

#[test]
fn decoding_is_the_reverse() {
    let (ids, error) =
        encode("{\"text\":\"good  film\\n\\\"é\\u0000\"}\n{\"text\":\"\"}\n".as_bytes());
    assert_eq!(error, None);
    let (text, error) = decode(ids.as_bytes());
    assert_eq!(error, None);
    assert_eq!(
        text,
        "{\"text\":\"good  film\\n\\\"é\\u0000\"}\n{\"text\":\"\"}\n"
    );
    assert_eq!(
        decode(b"{\"ids\": [0, 1, 2, 0, 0]}"),
        ("{\"text\":\"good film\"}\n".to_owned(), None)
    );
}

#[test]
fn no_input_has_no_answer() {
    assert_eq!(encode(b""), (String::new(), None));
    assert_eq!(decode(b""), (String::new(), None));
}

#[test]
fn a_bad_line_is_named_with_what_was_expected_after_the_answers_before_it() {
    let lines: [(&[u8], &str); 8] = [
        (b"good film", "expected value"),
        (b"", "EOF while parsing a value"),
        (b"{\"txt\": \"a\"}", "missing field `text`"),
        (
            b"{\"text\": 3}",
            "invalid type: integer `3`, expected a string",
        ),
        (b"{\"text\": \"a\"} x", "trailing characters"),
        (b"{\"text\": \"a", "control character"),
        (b"{\"text\": \"\\ud800\"}", "hex escape"),
        (b"{\"text\": \"\xFF\"}", "invalid unicode code point"),
    ];
    for (line, words) in lines {
        let input = [b"{\"text\": \"film\"}\n", line, b"\n{\"text\": \"film\"}\n"].concat();
        let (output, error) = encode(&input);
        let error = error.unwrap_or_default();
        assert_eq!(output, "{\"ids\":[2]}\n", "{line:?}");
        assert!(error.starts_with("line 2, column "), "{line:?}: {error}");
        assert!(
            error.contains("expected {\"text\": \"…\"}: "),
            "{line:?}: {error}"
        );
        assert!(error.contains(words), "{line:?}: {error}");
        assert!(!error.contains("line 1"), "{error}");
    }
    let (_, error) = decode(b"{\"ids\": \"1 2\"}\n");
    let error = error.unwrap();
    assert!(
        error.starts_with("line 1, column 13: expected {\"ids\": [1, 2, …]}: invalid type"),
        "{error}"
    );
}

#[test]
fn an_id_outside_the_vocabulary_is_named_with_the_line_and_the_size() {
    for id in ["259", "-1", "99999999999999999999", "1.5"] {
        let (output, error) =
            decode(format!("{{\"ids\": [1]}}\n{{\"ids\": [1, {id}]}}\n").as_bytes());
        assert_eq!(output, "{\"text\":\"good \"}\n");
        let error = error.unwrap();
        let shown = if id.len() > 12 { "1e+20" } else { id };
        let expected = format!("line 2: id {shown} is not in the vocabulary of 259 ids, 0 to 258");
        assert_eq!(error, expected);
    }
}

#[test]
fn a_stream_that_fails_is_an_error_of_that_stream() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = encode_lines(&b"{\"text\": \"film\"}\n"[..], Closed, &encoder()).unwrap_err();
    let Error::Io { path, source } = error else {
        panic!("{error}")
    };
    assert_eq!(
        (path.to_str(), source.kind()),
        (Some("output"), io::ErrorKind::BrokenPipe)
    );
}
