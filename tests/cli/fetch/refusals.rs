//! Downloads that come to nothing: other bytes, servers in trouble, folders and disks that take no file, wrong usage.

use std::fs;
use std::process::Command;

use super::{
    ARCHIVE, PART, assert_nothing, assert_whole, command, content, fetch, options, sha256,
    unsized_options,
};
use crate::program::{Outcome, Workplace, assert_80_columns};
use crate::server::{Answer, Server};

#[test]
fn a_length_that_is_not_the_archives_is_refused_at_once() {
    let (place, content) = (Workplace::new(), content());
    for stated in [199_999, 200_001] {
        let header = format!("Content-Length: {stated}");
        let server = Server::new(vec![Answer::new("200 OK", &[&header], &content)]);
        let words = [
            &stated.to_string(),
            "200000 are expected",
            "--url URL",
            "--data",
        ];
        fetch(&place, &server, &content, &[]).fails(1, &words);
        assert_eq!(server.requests().len(), 1);
        assert_nothing(&place);
    }
}

#[test]
fn a_length_that_is_not_true() {
    let (place, content) = (Workplace::new(), content());
    let once = ["--retries", "0"];
    let run = |server: &Server| {
        let options = unsized_options(&server.url(ARCHIVE), &content);
        Outcome::of(&mut command(&place, &options, &once))
    };
    // Longer than what comes: as if cut off.
    let server = Server::new(vec![Answer::new(
        "200 OK",
        &["Content-Length: 200001"],
        &content,
    )]);
    run(&server).fails(1, &["cut", "200000 bytes are kept"]);
    assert!(!place.cached(ARCHIVE).exists());
    // What was kept is whole by chance, but the server does not think so.
    let server = Server::new(vec![Answer::status("416 Range Not Satisfiable")]);
    run(&server).fails(1, &["416"]);
    assert!(!place.cached(ARCHIVE).exists());

    // Shorter: the bytes are not the archive's.
    let place = Workplace::new();
    let run = |server: &Server| {
        let options = unsized_options(&server.url(ARCHIVE), &content);
        Outcome::of(&mut command(&place, &options, &once))
    };
    let server = Server::new(vec![Answer::new(
        "200 OK",
        &["Content-Length: 199999"],
        &content,
    )]);
    run(&server).fails(1, &["SHA-256", &sha256(&content[..199_999])]);
    assert_nothing(&place);
    // Not stated, and more than the size that is known.
    let size = format!("{:x}\r\n", content.len() + 1);
    let chunks = [size.as_bytes(), &content, b"+\r\n0\r\n\r\n"];
    let chunked = Answer::new("200 OK", &["Transfer-Encoding: chunked"], &chunks.concat());
    let server = Server::new(vec![chunked]);
    fetch(&place, &server, &content, &once).fails(1, &["more than the 200000 bytes"]);
    assert_nothing(&place);
    // Not stated, by anyone, but right.
    let server = Server::new(vec![Answer::new("200 OK", &[], &content)]);
    run(&server).succeeds();
    assert_whole(&place, &content);
}

#[test]
fn other_bytes_replace_nothing() {
    let (place, content) = (Workplace::new(), content());
    let other = vec![7; 200_000];
    fs::write(place.cached(ARCHIVE), "mine").unwrap();
    let server = Server::new(vec![Answer::whole(&other), Answer::whole(&content)]);
    let outcome = fetch(&place, &server, &content, &[]);
    outcome.fails(1, &["SHA-256", &sha256(&other), &sha256(&content), "--url"]);
    assert!(outcome.stderr.contains("Note"), "{outcome:#?}");
    assert_whole(&place, b"mine");
    fetch(&place, &server, &content, &[]).succeeds();
    assert_whole(&place, &content);
}

#[test]
fn a_server_without_the_file_is_asked_once() {
    let (place, content) = (Workplace::new(), content());
    for status in ["404 Not Found", "403 Forbidden"] {
        let server = Server::new(vec![Answer::status(status)]);
        fetch(&place, &server, &content, &[]).fails(1, &[status, "--url URL", "--data"]);
        assert_eq!(server.requests().len(), 1);
        assert_nothing(&place);
    }
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let (place, content) = (Workplace::new(), content());
    let trouble = || Answer::status("500 Internal Server Error");
    let server = Server::new(vec![trouble(), trouble(), Answer::whole(&content)]);
    let outcome = fetch(&place, &server, &content, &[]);
    assert_eq!(outcome.succeeds().stderr.matches("Retrying").count(), 2);
    assert_80_columns(&outcome.stderr.replace(&server.url(ARCHIVE), "URL"));
    assert_whole(&place, &content);

    let place = Workplace::new();
    let server = Server::new(vec![trouble(), trouble(), trouble()]);
    fetch(&place, &server, &content, &["--retries", "1"]).fails(1, &["500", "try again later"]);
    assert_eq!(server.requests().len(), 2);
    assert_nothing(&place);
}

#[test]
fn silence_has_a_time_limit() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![
        Answer::none(),
        Answer::cut(&content, 70_000).then_silence(),
        Answer::rest(&content, 70_000),
    ]);
    let outcome = fetch(&place, &server, &content, &["--timeout", "1"]);
    let told = &outcome.succeeds().stderr;
    assert_eq!(told.matches("nothing came for 1 s").count(), 2, "{told}");
    assert!(server.requests()[2].contains("range: bytes=70000-"));
    assert_whole(&place, &content);
}

#[test]
fn nobody_listens() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(Vec::new());
    let url = server.url(ARCHIVE);
    drop(server);
    let options = options(&url, &content);
    let outcome = Outcome::of(&mut command(&place, &options, &["--retries", "0"]));
    outcome.fails(1, &[&url, "refused", "--url"]);
    assert_nothing(&place);
}

/// The limit on the size of a file stands for a full disk: both fail a write in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![
        Answer::whole(&content),
        Answer::rest(&content, 51_200),
    ]);
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_gatefold"))
        .args(options(&server.url(ARCHIVE), &content))
        .env("GATEFOLD_HOME", place.cached(""))
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let told = String::from_utf8(limited.stderr).unwrap();
    assert_eq!(limited.status.code(), Some(1), "{told}");
    for word in [PART, "cannot be written", "make room", "GATEFOLD_HOME"] {
        assert!(told.contains(word), "no {word} in {told}");
    }
    assert!(!place.cached(ARCHIVE).exists());
    assert_eq!(server.requests().len(), 1);
    fetch(&place, &server, &content, &[]).succeeds();
    assert_whole(&place, &content);
}

#[test]
fn a_cache_folder_that_cannot_be() {
    let (place, content) = (Workplace::new(), content());
    let file = place.write("file", "");
    let server = Server::new(Vec::new());
    let options = options(&server.url(ARCHIVE), &content);
    for folder in [file.clone(), file.join("below")] {
        let mut command = command(&place, &options, &[]);
        let outcome = Outcome::of(command.env("GATEFOLD_HOME", folder));
        outcome.fails(1, &["file", "cannot be written", "GATEFOLD_HOME"]);
    }
    assert!(server.requests().is_empty());
    assert_eq!(fs::read(file).unwrap(), b"");
}

#[test]
fn nonsense_is_wrong_usage() {
    let place = Workplace::new();
    let cases: [(&[&str], &str); 7] = [
        (&[], "CORPUS"),
        (&["imbd"], "imdb"),
        (&["imdb", "--url", "ftp://server/file"], "https://"),
        (&["imdb", "--sha256", "12"], "64 hexadecimal digits"),
        (&["imdb", "--size", "1"], "--sha256"),
        (&["imdb", "--timeout", "0"], "--timeout"),
        (&["imdb", "--retries", "-1"], "--retries"),
    ];
    for (arguments, word) in cases {
        let outcome = place.run([&["data", "fetch"], arguments].concat());
        assert_eq!(outcome.code, 2, "{outcome:#?}");
        assert!(outcome.stderr.contains(word), "{outcome:#?}");
        assert!(place.cached_files().is_empty());
    }
}
