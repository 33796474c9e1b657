//! Every reader of files under damage: it reads what it gets or refuses it, and never panics.
//!
//! The ordinary suite takes some hundred files a reader. `cargo test --test cpu damage -- --ignored` takes 100,000 a reader;
//! after `ulimit -v 6000000` a length that is believed before it is checked ends the program. Archives of aclImdb, TFDS
//! records and files of subwords have tests of that size in their own places.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gatefold::Result;
use gatefold::data::{ReviewLimits, Source, Vocabulary, WordVectors, load};
use gatefold::exchange::{load_model, load_parameters, to_safetensors};
use gatefold::model::{Model, initialise};
use gatefold::run::RunSpec;
use gatefold::train::{Checkpoint, Weights};
use proptest::prelude::*;

use crate::imdb::{gzip, xz, zstd};
use crate::support::damage::{check, mutation};

const CSV: &str = "text,label,split\n\"a good, long film\",pos,train\n\"so \"\"bad\"\"\r\nit is\",neg,train\nfine,1,test\nb,0,test\n";
const TSV: &str =
    "id\tdocument\tlabel\n1\t영화 \"좋다\"\t1\n2\tbad film\t0\n3\tso so\t1\n4\tno\t0\n";
const JSON: &str = "[{\"text\": \"good \\u00e9\\ud83d\\ude00\", \"label\": 1}, {\"text\": \"bad\", \"label\": 0},\n \
                    {\"text\": \"x\", \"label\": true}]";
const JSON_LINES: &str = "{\"review\": \"good\", \"sentiment\": \"positive\", \"n\": [1, {\"a\": null}]}\n\
                          {\"review\": \"b\\u0061d\", \"sentiment\": \"negative\"}\n\
                          {\"review\": \"fine\", \"sentiment\": \"positive\"}\n\
                          {\"review\": \"poor\", \"sentiment\": \"negative\"}\n";
const MODEL: &str = "name = \"m\"\n[[layer]]\ntype = \"embedding\"\nvocabulary = 30\nwidth = 4\nmask_zero = true\n\
                     [[layer]]\ntype = \"bidirectional\"\ncell = \"gru\"\nunits = 3\n[[layer]]\ntype = \"dense\"\nunits = 3\n\
                     activation = \"softmax\"\n";
const WORDS: &str = r#"{"class_name": "TextVectorization", "config": {"standardize": "lower", "split": "whitespace",
    "vocabulary": ["", "[UNK]", "good", "film"]}}"#;
const VECTORS: &str = "3 2\ngood 0.5 -1\n. . 1 2\nfilm 1e-3 4\n";

/// What is damaged: files that a reader takes, by name and content, and bytes that mean something in them.
struct Reader {
    name: &'static str,
    files: Vec<(String, Vec<u8>)>,
    telling: &'static [u8],
    read: fn(&Path) -> Result<()>,
}

fn reader(
    name: &'static str,
    files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>,
    telling: &'static [u8],
    read: fn(&Path) -> Result<()>,
) -> Reader {
    let files = files.into_iter();
    Reader {
        name,
        files: files
            .map(|(name, file)| (name.into(), file.into()))
            .collect(),
        telling,
        read,
    }
}

fn table(path: &Path) -> Result<()> {
    load(
        &Source::Path(path.to_owned()),
        None,
        ReviewLimits::default(),
    )
    .map(|_| ())
}

/// The folder above the file is the data.
fn classes(path: &Path) -> Result<()> {
    let folder = path.parent().and_then(Path::parent).unwrap_or(path);
    let vocabulary = folder.join("imdb_reviews.subwords");
    if !vocabulary.exists() {
        for (class, file) in [
            ("good", "1.txt"),
            ("good", "2.txt"),
            ("bad", "2.txt"),
            ("bad", "3.txt"),
        ] {
            fs::create_dir_all(folder.join(class)).unwrap();
            fs::write(folder.join(class).join(file), format!("a film {file}")).unwrap();
        }
        fs::write(&vocabulary, SUBWORDS).unwrap();
    }
    load(
        &Source::Path(folder.to_owned()),
        None,
        ReviewLimits::default(),
    )
    .map(|_| ())
}

const SUBWORDS: &str = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";

fn vectors(path: &Path) -> Result<()> {
    let vocabulary = Vocabulary::from_text("subwords", SUBWORDS)?;
    WordVectors::load(path, &vocabulary, &AtomicBool::new(false)).map(|_| ())
}

fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

fn exchanged(path: &Path) -> Result<()> {
    let model = match (load_model(path)?, path.ends_with("weights.h5")) {
        (Some(model), _) => model,
        (None, false) => small()?,
        // Keras 2's weights without their model.
        (None, true) => load_model(&fixtures().join("models/whole.h5"))?.unwrap(),
    };
    load_parameters(path, &model).map(|_| ())
}

fn small() -> Result<Model> {
    Model::from_toml(Path::new("model.toml"), MODEL, 30)
}

fn weights() -> Weights {
    let model = small().unwrap();
    let parameters = initialise(&model, 3);
    let vocabulary = Vocabulary::from_text("subwords", SUBWORDS).unwrap();
    Weights::new(model, parameters, &vocabulary)
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures().join(name)).unwrap()
}

fn readers() -> Vec<Reader> {
    let mut readers = vec![
        reader(
            "tables with delimiters",
            [("r.csv", CSV), ("r.tsv", TSV), ("r.txt", TSV)],
            b"\",\t\n\r\0\xFF0",
            table,
        ),
        reader(
            "tables of JSON",
            [("r.json", JSON), ("r.jsonl", JSON_LINES)],
            b"\"\\,\n\r{}[]:\0\xFF0e",
            table,
        ),
        reader(
            "gzip",
            [("r.csv.gz", gzip(CSV.as_bytes()))],
            b"\0\x08\x1F",
            table,
        ),
        reader(
            "xz",
            [("r.csv.xz", xz(CSV.as_bytes()))],
            b"\0\x21\xFD",
            table,
        ),
        reader(
            "zstd",
            [("r.csv.zst", zstd(CSV.as_bytes()))],
            b"\0\x28\xFD",
            table,
        ),
        reader(
            "class folders",
            [("1.txt", "a bad\u{A0}film\n")],
            b"\0\xFF\xEF\xBB",
            classes,
        ),
        reader(
            "vocabularies of words",
            [
                ("v.json", WORDS),
                (
                    "c.json",
                    &WORDS
                        .replace("whitespace", "character")
                        .replace("good", "g")
                        .replace("film", "f"),
                ),
            ],
            b"\"\\,{}[]:0",
            |path| Vocabulary::load(path).map(|_| ()),
        ),
        reader(
            "word vectors",
            [("v.txt", VECTORS)],
            b" \t\n\r.-e0\0\xFF",
            vectors,
        ),
        reader(
            "model files",
            [("m.toml", MODEL)],
            b"[]=\"\n#.-0'",
            |path| Model::from_toml(path, &text_of(path), 30).map(|_| ()),
        ),
        reader(
            "config.toml",
            [(
                "config.toml",
                RunSpec::new(&Source::Demo).to_toml().unwrap(),
            )],
            b"[]=\"\n#.-0'",
            |path| RunSpec::from_toml(path, &text_of(path)).and_then(|spec| spec.check()),
        ),
        reader(
            "safetensors of a run",
            [("model.safetensors", weights().to_bytes().unwrap())],
            b"\0\xFF{}\"",
            |path| Weights::load(path).map(|_| ()),
        ),
        reader(
            "safetensors under Keras's names",
            [("w.safetensors", to_safetensors(&weights()).unwrap())],
            b"\0\xFF{}\"",
            exchanged,
        ),
        reader(
            "checkpoints",
            [(
                "checkpoint.safetensors",
                crate::checkpoint::checkpoint(3).to_bytes().unwrap(),
            )],
            b"\0\xFF{}\"",
            |path| Checkpoint::load(path).map(|_| ()),
        ),
    ];
    #[cfg(feature = "archives")]
    {
        use crate::table::containers::{bzip2, zip};
        let zipped = zip(&[("r.csv", CSV.as_bytes())]);
        readers.push(reader(
            "bzip2",
            [("r.csv.bz2", bzip2(CSV.as_bytes()))],
            b"\0BZh1",
            table,
        ));
        readers.push(reader(
            "zip",
            [("r.zip", zipped)],
            b"\0PK\x01\x02\x08",
            table,
        ));
    }
    #[cfg(feature = "parquet")]
    {
        let names = [
            "none",
            "snappy",
            "gzip",
            "zstd",
            "lz4",
            "delta",
            "delta_length",
            "pages2",
            "groups",
            "category",
        ];
        let files = names.map(|name| {
            let name = format!("{name}.parquet");
            let content = fixture(&format!("parquet/{name}"));
            (name, content)
        });
        readers.push(reader("Parquet", files, b"\0\x01\x15\x7F\xFF", table));
    }
    #[cfg(feature = "keras")]
    {
        let archives = ["archive/all.keras", "models/functional.keras"];
        let files = ["models/weights.h5", "models/whole.h5"];
        let ours = gatefold::exchange::to_keras_weights(&weights()).unwrap();
        let named = |name: &&str| {
            (
                name.split('/').next_back().unwrap_or(name).to_string(),
                fixture(name),
            )
        };
        let telling = b"\0\x08\xFFPK\"{";
        readers.push(reader(
            "Keras's archives",
            archives.iter().map(named),
            telling,
            exchanged,
        ));
        readers.push(reader(
            "Keras's HDF5",
            files
                .iter()
                .map(named)
                .chain([("w.weights.h5".to_owned(), ours)]),
            telling,
            exchanged,
        ));
    }
    #[cfg(feature = "tokenizers")]
    {
        let files = ["bpe.json", "unigram.json", "wordpiece.json"];
        let files = files.map(|name| (name, fixture(&format!("vocabularies/{name}"))));
        readers.push(reader("tokenizer.json", files, b"\"\\,{}[]:0-", |path| {
            let vocabulary = Vocabulary::load(path)?;
            gatefold::data::Encoder::new(&vocabulary)
                .encode("a good film")
                .map(|_| ())
        }));
    }
    readers
}

/// Reads so many damaged files of each reader.
fn damaged_files(cases: u32) {
    let place = tempfile::tempdir().unwrap();
    for reader in readers() {
        let folder = place.path().join(reader.name).join("bad");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("imdb_reviews.subwords"), SUBWORDS).unwrap();
        // Whole, they are read.
        for (name, content) in &reader.files {
            let path = folder.join(name);
            fs::write(&path, content).unwrap();
            (reader.read)(&path).unwrap_or_else(|error| panic!("{}: {error}", reader.name));
            fs::remove_file(path).unwrap();
        }
        let begun = std::time::Instant::now();
        let strategy = (0..reader.files.len(), mutation(reader.telling));
        check(cases, strategy, |(file, mutation)| {
            let (name, content) = &reader.files[file];
            let path = folder.join(name);
            fs::write(&path, mutation.apply(content)).unwrap();
            let read = (reader.read)(&path);
            fs::remove_file(&path).unwrap();
            if let Err(error) = read {
                prop_assert!(!error.to_string().is_empty());
            }
            Ok(())
        });
        eprintln!("{}: {cases} files in {:?}", reader.name, begun.elapsed());
    }
}

#[test]
fn some_damaged_files_of_every_reader() {
    damaged_files(300);
}

#[test]
#[ignore = "takes many minutes"]
fn a_hundred_thousand_damaged_files_of_every_reader() {
    damaged_files(100_000);
}
