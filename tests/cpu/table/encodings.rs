//! Text that is not UTF-8, and files that are no text.

use super::*;

/// A table of so many rows, each with a word that only `encode` can write.
fn encoded(rows: usize, encode: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut table = b"text,label\n".to_vec();
    for row in 0..rows {
        table.extend(encode(row));
        table.extend(format!(" {row},{}\n", row % 2).into_bytes());
    }
    table
}

const KOREAN: &[u8] = b"\xBF\xB5\xC8\xAD\xB0\xA1 \xC1\xA4\xB8\xBB \xC0\xE7\xB9\xCC\xC0\xD6\xB4\xD9";

#[test]
fn a_table_of_another_encoding_is_refused_with_the_likely_one() {
    for (word, likely) in [
        (KOREAN, "euc-kr"),
        (
            &b"the caf\xE9 was \x93d\xE9j\xE0 vu\x94"[..],
            "windows-1252",
        ),
        (
            b"\x89f\x89\xE6\x82\xCD\x82\xC6\x82\xC4\x82\xE0\x96\xCA\x94\x92\x82\xA2",
            "shift_jis",
        ),
    ] {
        let error = message(load_file("r.csv", encoded(40, |_| word.to_vec())));
        let words = format!(
            "r.csv: line 2: 40 of 41 lines are not UTF-8, this is the first; they look like {likely}: if they are, \
             give that as `Table::encoding`"
        );
        assert!(error.contains(&words), "{error}");
    }
    let json = b"{\"text\": \"caf\xE9\", \"label\": 1}\n".repeat(9);
    let error = message(load_file("r.jsonl", json));
    assert!(
        error.contains("r.jsonl: line 1: 9 of 9 lines are not UTF-8"),
        "{error}"
    );
    // Names of columns that cannot be read.
    let error = message(load_file(
        "r.csv",
        [b"text,\xC0\xE7\xB9\xCC\n".as_slice(), b"a,0\nb,1\nc,0\n"].concat(),
    ));
    assert!(
        error.contains("r.csv: line 1: 1 of 1 lines are not UTF-8"),
        "{error}"
    );
}

#[test]
fn a_few_rows_that_are_not_utf_8_are_mended_and_told() {
    let few = |wrong: usize| {
        encoded(400, |row| match row < wrong {
            true => b"caf\xE9".to_vec(),
            false => b"cafe".to_vec(),
        })
    };
    for wrong in [1, 3, 4] {
        let dataset = load_file("r.csv", few(wrong)).unwrap();
        let note = format!(
            "reviews that are not UTF-8, kept with U+FFFD for what could not be read: {wrong}"
        );
        assert!(dataset.notes.contains(&note), "{:?}", dataset.notes);
    }
    let error = message(load_file("r.csv", few(5)));
    assert!(error.contains("5 of 401 lines are not UTF-8"), "{error}");
    // Whoever names UTF-8 has all of them mended.
    let place = place();
    let path = place.path().join("r.csv");
    fs::write(&path, few(300)).unwrap();
    let mut table = Table {
        path,
        encoding: Some("UTF-8".to_owned()),
        ..Table::default()
    };
    let dataset = load(&Source::Table(table.clone()), None, ReviewLimits::default()).unwrap();
    assert!(
        dataset
            .notes
            .iter()
            .any(|note| note.ends_with("could not be read: 300"))
    );
    table.encoding = Some("shift_jis".to_owned());
    fs::write(&table.path, encoded(40, |_| b"\xFD\xFE".to_vec())).unwrap();
    let error = message(load(&Source::Table(table), None, ReviewLimits::default()));
    assert!(
        error.contains("line 2: 40 of 41 lines are not Shift_JIS"),
        "{error}"
    );
}

#[test]
fn names_of_encodings_and_marks_that_contradict_them() {
    let load_as = |encoding: &str, content: &[u8]| {
        let place = place();
        let path = place.path().join("r.csv");
        fs::write(&path, content).unwrap();
        let table = Table {
            path,
            encoding: Some(encoding.to_owned()),
            ..Table::default()
        };
        load(&Source::Table(table), None, ReviewLimits::default())
    };
    for name in [
        "cp949",
        "CP949",
        "uhc",
        "euc_kr",
        "EUC-KR",
        "ks_c_5601-1987",
    ] {
        let dataset = load_as(name, &encoded(9, |_| KOREAN.to_vec())).unwrap();
        let [train, _] = parts(&dataset);
        assert!(
            train[0].0.starts_with("영화가 정말 재미있다 "),
            "{name}: {train:?}"
        );
    }
    for name in ["utf-9", "", "replacement", "x-user-defined"] {
        let error = message(load_as(name, b"text,label\n"));
        assert!(
            error.starts_with("`Table::encoding`: no encoding is called "),
            "{error}"
        );
    }
    let error = message(load_as("cp949", b"\xFF\xFEt\0"));
    let words = "line 1: the byte order mark says that this is UTF-16LE, and not EUC-KR; leave out `Table::encoding`";
    assert!(error.contains(words), "{error}");
}

#[test]
fn what_is_no_text_is_named_without_its_bytes() {
    let table = "text,label\na film,0\n";
    let utf_16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_16_be: Vec<u8> = table.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (content, words) in [
        (
            gzip(table.as_bytes()),
            "a gzip file; have its name end in .gz",
        ),
        (
            b"PK\x03\x04\x14\0ok.csv".to_vec(),
            "a zip archive, or a spreadsheet; have its name end in .zip",
        ),
        (b"PAR1\x15\x04".to_vec(), "a Parquet file"),
        (
            b"BZh91AY".to_vec(),
            "a bzip2 file; have its name end in .bz2",
        ),
        (vec![0; 99], "no text: most of its bytes are 0"),
        (
            utf_16,
            "UTF-16 without a byte order mark; save it as UTF-8, or give utf-16le as `Table::encoding`",
        ),
        (
            utf_16_be,
            "UTF-16 without a byte order mark; save it as UTF-8, or give utf-16be as `Table::encoding`",
        ),
    ] {
        let error = message(load_file("r.csv", content));
        assert!(
            error.contains(&format!("r.csv: line 1: {words}")),
            "{error}"
        );
    }
    // Bytes that move the cursor are shown, not sent.
    for (name, content) in [
        ("r.csv", "text,label\na,\u{1b}[2J\u{9b}\u{7f}\n"),
        ("r.csv", "te\u{1b}[2J\u{9b}\u{7f}xt,label\n"),
        (
            "r.jsonl",
            "{\"text\": \"a\", \"label\": \"\\u001b[2J\\u009b\\u007f\"}\n",
        ),
    ] {
        let error = message(load_file(name, content));
        assert!(error.contains("\\u{1b}[2J\\u{9b}\\u{7f}"), "{error:?}");
        assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
    }
}
