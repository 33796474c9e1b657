//! `gatefold data build-vocab`.

use std::fs;

use gatefold::data::Vocabulary;

use crate::program::{Outcome, Workplace, assert_80_columns};

fn build(place: &Workplace, options: &[&str]) -> Outcome {
    place.run([&["data", "build-vocab", "--output", "v"], options].concat())
}

#[test]
fn builds_from_the_demo_corpus() {
    let place = Workplace::new();
    let outcome = build(&place, &["--target-size", "500"]);
    assert_80_columns(&outcome.succeeds().stdout);
    assert_80_columns(&outcome.stderr);
    let vocabulary = Vocabulary::load(&place.path("v")).unwrap();
    let told = outcome.stdout.split_whitespace().collect::<Vec<_>>();
    let told = told.join(" ");
    for words in [
        "demo (synthetic): 3,000 training reviews".to_owned(),
        format!("v: {} ids", vocabulary.size()),
        format!("{} subwords", vocabulary.subwords().len()),
        "target of 500".to_owned(),
        vocabulary.sha256().to_owned(),
    ] {
        assert!(told.contains(&words), "no `{words}` in {told}");
    }
    assert!(outcome.stderr.contains("synthetic"), "{}", outcome.stderr);
    // Near to the target, and every one of the 500 embeddings is worth having.
    assert!((450..=550).contains(&vocabulary.size()), "{told}");

    let mut encode = place.command();
    encode
        .args(["data", "encode", "--vocab", "v"])
        .write_stdin("{\"text\": \"the film \"}\n");
    let [first, second] = ["the_", "film_"].map(|subword| {
        let subwords = vocabulary.subwords();
        1 + subwords.iter().position(|known| known == subword).unwrap()
    });
    let ids = format!("{{\"ids\":[{first},{second}]}}\n");
    assert_eq!(Outcome::of(&mut encode).succeeds().stdout, ids);
}

#[test]
fn json_is_one_object_and_quiet_is_quiet() {
    let place = Workplace::new();
    let outcome = build(&place, &["--json", "--quiet", "--limit-train", "100"]);
    assert_eq!(outcome.stderr, "");
    let objects = outcome.json();
    assert_eq!(objects.len(), 1);
    let vocabulary = Vocabulary::load(&place.path("v")).unwrap();
    let expected = serde_json::json!({
        "output": "v",
        "corpus": "demo (synthetic)",
        "synthetic": true,
        "reviews": 100,
        "kind": "subwords",
        "target_size": 8192,
        "size": vocabulary.size(),
        "subwords": vocabulary.subwords().len(),
        // A hundred reviews have no 8,192 subwords, so all that occurs is taken.
        "least_count": 1,
        "sha256": vocabulary.sha256(),
    });
    assert_eq!(objects[0], expected);
}

#[test]
fn builds_from_reviews_without_a_vocabulary() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    fs::remove_file(place.path("reviews/imdb_reviews.subwords")).unwrap();
    build(&place, &["--data", "reviews", "--target-size", "260"]).succeeds();
    // Of "a bad film, long long long" and the like: twelve times long, eight times film.
    let vocabulary = Vocabulary::load(&place.path("v")).unwrap();
    assert_eq!(vocabulary.subwords()[..2], ["long", "film"]);
    let inspect = [
        "data",
        "inspect",
        "--data",
        "reviews",
        "--vocab",
        "v",
        "--batch-size",
        "2",
    ];
    let inspected = place.run(inspect);
    let sha256 = vocabulary.sha256();
    assert!(
        inspected.succeeds().stdout.contains(sha256),
        "{inspected:?}"
    );
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told() {
    let place = Workplace::new();
    place.write("v", "mine");
    build(&place, &[]).fails(2, &["--output", "v is there already", "--overwrite"]);
    assert_eq!(place.files()["v"], b"mine");
    build(&place, &["--overwrite"]).succeeds();
    assert!(Vocabulary::load(&place.path("v")).is_ok());
    assert_eq!(place.names(), ["v"]);
}

#[test]
fn where_nothing_can_be_written_is_found_before_any_work() {
    let place = Workplace::new();
    place.write("folder/file", "mine");
    // With data that is not there, so that reading it would show as another error.
    for (output, code, words) in [
        ("folder", 2, &["--output", "folder is a folder"][..]),
        ("no/v", 1, &["no/v", "cannot be written", "--output FILE"]),
        ("folder/file/v", 1, &["file/v", "cannot be written"]),
    ] {
        let options = ["--output", output, "--data", "none"];
        place
            .run([&["data", "build-vocab"][..], &options].concat())
            .fails(code, words);
    }
    assert_eq!(place.names(), ["folder/file"]);
}

#[test]
fn what_fails_leaves_no_file() {
    let place = Workplace::new();
    build(&place, &["--data", "none"]).fails(1, &["none: no such file or folder"]);
    for (class, rating) in [("neg", 1), ("pos", 9)] {
        for part in ["train", "test"] {
            place.write(&format!("empty/{part}/{class}/0_{rating}.txt"), "\n");
        }
    }
    build(&place, &["--data", "empty"]).fails(1, &["empty", "nothing to build"]);
    assert!(!place.path("v").exists());
}

#[test]
fn the_published_vocabulary_comes_of_the_real_reviews() {
    let Some(folder) = crate::support::data_dir() else {
        return;
    };
    let place = Workplace::new();
    let data = folder.join("aclImdb.tar.zst");
    let outcome = build(&place, &["--json", "--data", data.to_str().unwrap()]);
    let object = &outcome.json()[0];
    assert_eq!(object["size"], 8185);
    assert_eq!(object["subwords"], 7928);
    assert_eq!(object["least_count"], 186);
    let published = fs::read(folder.join("imdb_reviews.subwords")).unwrap();
    assert!(place.files()["v"] == published, "{object}");
}

/// The archive is a pipe, so that Ctrl-C comes while it is read, however fast that is.
#[cfg(unix)]
#[test]
fn an_interrupted_build_leaves_no_file() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let place = Workplace::new();
    place.write_imdb("reviews");
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all(".", place.path("reviews")).unwrap();
    let archive = archive.into_inner().unwrap();
    let pipe = place.path("pipe.tar");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());

    let mut program = Command::new(env!("CARGO_BIN_EXE_gatefold"))
        .args(["data", "build-vocab", "--data", "pipe.tar", "--output", "v"])
        .current_dir(place.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(program.stderr.take().unwrap());
    let mut line = String::new();
    let mut read = |told: &mut BufReader<_>| {
        line.clear();
        told.read_line(&mut line).unwrap();
        line.clone()
    };
    assert!(read(&mut told).starts_with("Reading"));
    let sent = Command::new("kill")
        .args(["-INT", &program.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    // The blank line, and then what the handler says, after it set the flag.
    read(&mut told);
    assert!(read(&mut told).starts_with("Stopping"));
    fs::write(&pipe, archive).unwrap();
    assert_eq!(read(&mut told), "error: interrupted\n");
    let output = program.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(130), vec![]));
    fs::remove_file(&pipe).unwrap();
    assert!(
        place
            .names()
            .iter()
            .all(|name| name.starts_with("reviews/"))
    );
}
