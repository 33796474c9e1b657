//! Word vectors of GloVe's, fastText's and word2vec's text files: which rows they give, and what is refused.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gatefold::Error;
use gatefold::data::{Review, Vocabulary, WordVectors};
use tempfile::TempDir;

const WORDS: &str = r#"{"class_name": "TextVectorization", "config": {"standardize": "none",
    "split": "whitespace", "vocabulary": ["", "[UNK]", "the", "The", "Paris", "film", "rare"]}}"#;

fn words() -> Vocabulary {
    Vocabulary::from_text("words", WORDS).unwrap()
}

fn kept(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn load(path: &Path, vocabulary: &Vocabulary) -> gatefold::Result<WordVectors> {
    WordVectors::load(path, vocabulary, &AtomicBool::new(false))
}

/// What a file with this content gives for [`words`].
fn of(content: impl AsRef<[u8]>) -> gatefold::Result<WordVectors> {
    let folder = tempfile::tempdir().unwrap();
    load(&kept(&folder, "vectors.txt", content), &words())
}

fn row(vectors: &WordVectors, id: u32) -> Vec<f32> {
    vectors.row(id).unwrap_or_default().to_vec()
}

#[test]
fn entries_are_looked_up_as_they_are_then_in_lower_case() {
    let vectors = of("the 1 2\nparis 3 4\nother 9 9\nfilm -5e-1 .25\n").unwrap();
    assert_eq!(
        (vectors.width(), vectors.entries(), vectors.found()),
        (2, 5, 4)
    );
    assert_eq!(row(&vectors, 2), [1.0, 2.0]);
    assert_eq!(row(&vectors, 3), [1.0, 2.0]); // The
    assert_eq!(row(&vectors, 4), [3.0, 4.0]); // Paris
    assert_eq!(row(&vectors, 5), [-0.5, 0.25]);
    assert_eq!([0, 1, 6].map(|id| vectors.row(id)), [None; 3]);
    // As it is wins, wherever it stands.
    for text in ["the 1 2\nThe 7 8\n", "The 7 8\nthe 1 2\n"] {
        assert_eq!(row(&of(text).unwrap(), 3), [7.0, 8.0]);
    }
    let mut table = vec![0.5; 7 * 2];
    vectors.put_into(&mut table).unwrap();
    let expected = [
        0.5, 0.5, 0.5, 0.5, 1.0, 2.0, 1.0, 2.0, 3.0, 4.0, -0.5, 0.25, 0.5, 0.5,
    ];
    assert_eq!(table, expected);
    assert!(matches!(
        vectors.put_into(&mut table[..9]),
        Err(Error::Shape { .. })
    ));
    let review = |ids: Vec<u32>| Review {
        ids: ids.into(),
        label: 0,
    };
    assert_eq!(
        vectors.share(&[review(vec![2, 2, 6]), review(vec![1])]),
        0.5
    );
    assert_eq!(vectors.share(&[]), 0.0);
}

#[test]
fn every_form_of_the_text_gives_the_same_rows() {
    let glove = "the 1 2\n. . . 5 6\nfilm 3 4\n";
    let expected = of(glove).unwrap();
    for text in [
        "3 2\nthe 1 2\n. . . 5 6\nfilm 3 4\n",
        "3 2\r\nthe 1 2 \r\n. . . 5 6 \r\nfilm 3 4 \r\n\r\n",
        "\u{FEFF}the 1 2\n. . . 5 6\nfilm 3 4",
        "the\t1\t2\n. . .\t5\t6\nfilm\t3\t4\n",
        "the  1  2\n. . .  5 6\nfilm 3   4\n",
    ] {
        let found = of(text).unwrap();
        assert_eq!(
            (row(&found, 2), row(&found, 5)),
            (vec![1.0, 2.0], vec![3.0, 4.0])
        );
        assert_eq!(
            (found.found(), found.notes()),
            (3, expected.notes()),
            "{text:?}"
        );
    }
    // Plain or packed, it is the same text.
    let folder = tempfile::tempdir().unwrap();
    let packed = {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(glove.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let packed = load(&kept(&folder, "vectors.txt.GZ", packed), &words()).unwrap();
    assert_eq!(packed.sha256(), expected.sha256());
    assert_eq!(
        expected.sha256(),
        "b48d02dd492738ca843a259c48d83d92273a456c20e6c954c7e70f339e08ae01"
    );
    assert_eq!(row(&packed, 5), [3.0, 4.0]);
}

#[test]
fn what_is_usual_in_such_files_is_told() {
    let vectors = of("the 1 2\nthe 3 4\nThe 1 1\nfilm 5 6\nfilm 7 8\n").unwrap();
    assert_eq!(
        (row(&vectors, 2), row(&vectors, 5)),
        (vec![1.0, 2.0], vec![5.0, 6.0])
    );
    assert!(
        vectors.notes()[0].contains("have one already, left out: 2"),
        "{:?}",
        vectors.notes()
    );
    let vectors = of(b"the 1 2\nfil\xFFm 3 4\n\xA0 3 4\n").unwrap();
    assert!(
        vectors.notes()[0].contains("not UTF-8, left out: 2"),
        "{:?}",
        vectors.notes()
    );
    let vectors = of("9 2\nthe 1 2\nfilm 3 4\n").unwrap();
    assert!(
        vectors.notes()[0].contains("line 1 tells of 9 vectors, but there are 2"),
        "{:?}",
        vectors.notes()
    );
    // Words that nobody asked for need no vector that is right.
    assert!(of("the 1 2\nodd x nan\n").unwrap().notes().is_empty());
}

#[test]
fn subwords_are_looked_up_as_the_words_they_end() {
    let file =
        "### SubwordTextEncoder\n### Metadata: {}\n'the_'\n'film'\n'a\\&undscb_'\n', '\n'x'\n";
    let vocabulary = Vocabulary::from_text("subwords", file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = kept(&folder, "v.txt", "the 1\nfilm 2\na_b 3\n, 4\ny 5\n");
    let vectors = load(&path, &vocabulary).unwrap();
    assert_eq!((vectors.entries(), vectors.found()), (5, 4));
    let rows: Vec<_> = (0..7).map(|id| row(&vectors, id)).collect();
    assert_eq!(
        rows,
        [
            vec![],
            vec![1.0],
            vec![2.0],
            vec![3.0],
            vec![4.0],
            vec![],
            vec![]
        ]
    );
}

#[test]
fn characters_are_looked_up_as_they_are() {
    let (start, _) = WORDS.split_once("\"the\"").unwrap();
    let start = start.replace("whitespace", "character");
    let file = format!("{start}\"영\", \"A\"]}}}}");
    let vocabulary = Vocabulary::from_text("characters", &file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let vectors = load(&kept(&folder, "v.txt", "영 1\na 2\n"), &vocabulary).unwrap();
    assert_eq!((row(&vectors, 2), row(&vectors, 3)), (vec![1.0], vec![2.0]));
}

#[cfg(feature = "tokenizers")]
#[test]
fn tokens_are_looked_up_without_the_mark_of_their_place() {
    for (model, unknown, tokens) in [
        (
            "WordPiece",
            "\"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\", \"max_input_chars_per_word\": 9",
            ["film", "##s"],
        ),
        ("BPE", "\"merges\": []", ["\u{120}film", "s"]),
    ] {
        let [first, second] = tokens;
        let text = format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{{"id": 0, "content": "[PAD]",
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}}],
                "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null,
                "model": {{"type": "{model}", {unknown}, "vocab": {{"[PAD]": 0, "[UNK]": 1, "{first}": 2, "{second}": 3}}}}}}"#
        );
        let vocabulary = Vocabulary::from_text("tokenizer", &text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let vectors = load(&kept(&folder, "v.txt", "film 1\ns 2\n"), &vocabulary).unwrap();
        assert_eq!(
            (row(&vectors, 2), row(&vectors, 3)),
            (vec![1.0], vec![2.0]),
            "{model}"
        );
        assert_eq!(vectors.row(0), None);
    }
}

#[test]
fn what_is_no_file_of_vectors_is_refused_with_its_line() {
    let long = format!("the{}\n", " 1".repeat((1 << 16) + 1));
    for (content, words) in [
        (&b""[..], &["line 1: the file is empty", "GloVe"][..]),
        (b"\n", &["line 1", "a word and its numbers"]),
        (
            b"text,label\na film,1\n",
            &["line 1", "a word and its numbers"],
        ),
        (b"3 0\n", &["line 1", "a word and its numbers"]),
        (
            b"the 1 2\nfilm 3\n",
            &["line 2: numbers: 1 here, 2 in each", "download it again"],
        ),
        (
            b"the 1 2\nfilm 3 4 5\n",
            &["line 2: numbers: 3 here, 2 in each"],
        ),
        (
            b"2 2\r\nthe 1 2\r\nfilm 3 4 5\r\n",
            &["line 3: numbers: 3 here, 2 in each"],
        ),
        (b"2 3\nthe 1 2\n", &["line 2: numbers: 2 here, 3 in each"]),
        (b"the 1 2\n\nfilm\n", &["line 3: numbers: 0 here"]),
        (b"film 3 4\nthe 1 x\n", &["line 2: x is no finite number"]),
        (b"film 3 4\nthe 1 nan\n", &["line 2: nan is no finite"]),
        (b"film 3 4\nthe -inf 1\n", &["line 2: -inf is no finite"]),
        (b"film 3 4\nthe 1 1e39\n", &["line 2: 1e39 is no finite"]),
        (
            b"chat 3 4\nchien 1 2\n",
            &["2 vectors", "among the 5 words", "language"],
        ),
        (b"chat 3\n", &["1 vector: no word"]),
        (b"9 4\n", &["0 vectors", "no word"]),
        (b"\x1F\x8B\x08\0", &["a gzip file", ".gz"]),
        (b"\xFF\xFEt\0h\0e\0", &["a word and its numbers"]),
        (b"t\0h\0e\0 \x001\0\n\0", &["UTF-16", "save it as UTF-8"]),
        (b"2 2\nthe \x01\xF5\x80\x3F\0\0\x40\n", &["line 2"]),
        (long.as_bytes(), &["vectors of 65537 numbers"]),
        (b"1 4000000000\nthe 1\n", &["vectors of 4000000000 numbers"]),
    ] {
        let error = of(content).unwrap_err().to_string();
        let shown = String::from_utf8_lossy(&content[..content.len().min(60)]);
        for word in words {
            assert!(error.contains(word), "{shown:?}: {error}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = load(&folder.path().join("none.txt"), &words());
    assert!(matches!(missing, Err(Error::Io { .. })));
    let cut = kept(&folder, "cut.txt.gz", b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x2B");
    let error = load(&cut, &words()).unwrap_err().to_string();
    assert!(error.contains("cut short"), "{error}");
    let path = kept(&folder, "v.txt", "the 1\n");
    let stopped = WordVectors::load(&path, &words(), &AtomicBool::new(true));
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert_eq!(WordVectors::width_of(&path).unwrap(), 1);
}
