//! `gatefold data fetch`: against a server on this machine that behaves and misbehaves.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::program::{Outcome, Workplace, assert_80_columns};
use crate::server::{Answer, Server};

const ARCHIVE: &str = "aclImdb_v1.tar.gz";
const PART: &str = "aclImdb_v1.tar.gz.part";
const LOCK: &str = "aclImdb_v1.tar.gz.lock";

/// Some chunks of bytes in which no stretch looks like another.
fn content() -> Vec<u8> {
    (0..200_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The options for `content` at `url`.
fn options(url: &str, content: &[u8]) -> Vec<String> {
    let mut options = unsized_options(url, content);
    options.extend(["--size".to_string(), content.len().to_string()]);
    options
}

fn unsized_options(url: &str, content: &[u8]) -> Vec<String> {
    let sha256 = sha256(content);
    ["data", "fetch", "imdb", "--url", url, "--sha256", &sha256]
        .map(str::to_string)
        .to_vec()
}

/// The program in `place`, which reaches the server whatever proxies the tests run behind.
fn command(place: &Workplace, options: &[String], more: &[&str]) -> assert_cmd::Command {
    let mut command = place.command();
    for proxy in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command
            .env_remove(proxy)
            .env_remove(proxy.to_ascii_lowercase());
    }
    command.args(options).args(more);
    command
}

fn fetch(place: &Workplace, server: &Server, content: &[u8], more: &[&str]) -> Outcome {
    let options = options(&server.url(ARCHIVE), content);
    Outcome::of(&mut command(place, &options, more))
}

/// Fails unless the archive is there, whole, and nothing else but the lock.
#[track_caller]
fn assert_whole(place: &Workplace, content: &[u8]) {
    let files = place.cached_files();
    assert!(files.keys().eq([ARCHIVE, LOCK]), "{:?}", files.keys());
    assert!(files[ARCHIVE] == content, "other bytes");
}

/// Fails unless nothing of a download is there.
#[track_caller]
fn assert_nothing(place: &Workplace) {
    let files = place.cached_files();
    assert!(files.keys().eq([LOCK]), "{:?}", files.keys());
}

#[test]
fn fetches_once_and_says_that_it_is_there() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![Answer::whole(&content), Answer::whole(&content)]);
    let first = fetch(&place, &server, &content, &[]);
    assert!(
        first.succeeds().stdout.contains("imdb      fetched"),
        "{first:#?}"
    );
    assert!(first.stderr.contains("200,000 bytes"), "{first:#?}");
    assert_whole(&place, &content);

    let second = fetch(&place, &server, &content, &["--json"]);
    let [line] = &second.json()[..] else {
        panic!("{second:#?}");
    };
    assert_eq!(line["event"], "fetched");
    assert_eq!(line["already_there"], true);
    assert_eq!(line["bytes"], 200_000);
    assert_eq!(line["sha256"], sha256(&content));
    assert_eq!(server.requests().len(), 1);

    let forced = fetch(&place, &server, &content, &["--force", "--json", "--quiet"]);
    assert_eq!(forced.json()[0]["already_there"], false);
    assert_eq!(forced.stderr, "");
    assert_eq!(server.requests().len(), 2);
    assert_whole(&place, &content);
}

#[test]
fn a_cut_connection_is_taken_up_where_it_ended() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![
        Answer::cut(&content, 70_000),
        Answer::rest(&content, 70_000),
    ]);
    let outcome = fetch(&place, &server, &content, &[]);
    assert!(outcome.succeeds().stderr.contains("cut"), "{outcome:#?}");
    assert_whole(&place, &content);
    let [first, second] = &server.requests()[..] else {
        panic!("{:?}", server.requests());
    };
    assert!(!first.contains("range"), "{first}");
    assert!(second.contains("\nrange: bytes=70000-\n"), "{second}");
    assert!(second.contains("\nif-range: \"v1\"\n"), "{second}");
}

#[test]
fn a_later_call_takes_up_what_an_earlier_one_left() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![
        Answer::cut(&content, 70_000),
        Answer::rest(&content, 70_000),
    ]);
    fetch(&place, &server, &content, &["--retries", "0"])
        .fails(1, &["70000 bytes are kept", "--url"]);
    assert!(!place.cached(ARCHIVE).exists());
    assert_eq!(fs::read(place.cached(PART)).unwrap(), content[..70_000]);
    let outcome = fetch(&place, &server, &content, &["--json"]);
    assert_eq!(outcome.json()[0]["resumed_from"], 70_000);
    assert_whole(&place, &content);
}

#[test]
fn a_killed_download_is_taken_up() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![
        Answer::cut(&content, 70_000).then_silence(),
        Answer::rest(&content, 70_000),
    ]);
    let mut process = spawn(&place, &server, &content);
    wait_until(|| fs::metadata(place.cached(PART)).is_ok_and(|part| part.len() == 70_000));
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(!place.cached(ARCHIVE).exists());
    let outcome = fetch(&place, &server, &content, &["--json"]);
    assert_eq!(outcome.json()[0]["resumed_from"], 70_000);
    assert_whole(&place, &content);
}

#[test]
fn what_is_left_of_another_file_is_of_no_use() {
    let (place, content) = (Workplace::new(), content());
    let other = vec![7; 200_000];
    let server = Server::new(vec![
        Answer::cut(&other, 70_000),
        Answer::whole(&content),
        Answer::cut(&content, 70_000),
        Answer::whole(&content),
    ]);
    let once = ["--retries", "0"];
    fetch(&place, &server, &other, &once).fails(1, &["70000 bytes are kept"]);
    fetch(&place, &server, &content, &once).succeeds();
    assert_whole(&place, &content);
    // Nor is what nobody knows the origin of.
    let forced = ["--retries", "0", "--force"];
    fetch(&place, &server, &content, &forced).fails(1, &["70000 bytes are kept"]);
    fs::write(place.cached("aclImdb_v1.tar.gz.part.json"), "{\"sha").unwrap();
    fetch(&place, &server, &content, &forced).succeeds();
    assert_whole(&place, &content);
    assert!(server.requests().iter().all(|head| !head.contains("range")));
}

#[test]
fn a_server_that_sends_no_parts_sends_the_whole() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![Answer::cut(&content, 70_000), Answer::whole(&content)]);
    fetch(&place, &server, &content, &[]).succeeds();
    assert!(server.requests()[1].contains("range: bytes=70000-"));
    assert_whole(&place, &content);
}

#[test]
fn a_range_that_is_not_to_be_had_begins_anew() {
    for refusal in [
        Answer::status("416 Range Not Satisfiable"),
        Answer::rest(&content(), 60_000),
        Answer::new("206 Partial Content", &["Content-Length: 1"], b"x"),
    ] {
        let (place, content) = (Workplace::new(), content());
        let server = Server::new(vec![
            Answer::cut(&content, 70_000),
            refusal,
            Answer::whole(&content),
        ]);
        fetch(&place, &server, &content, &[]).succeeds();
        assert!(!server.requests()[2].contains("range"));
        assert_whole(&place, &content);
    }
}

#[test]
fn a_file_that_changes_between_two_attempts() {
    let (place, content) = (Workplace::new(), content());
    let other = vec![7; 200_000];
    // Told by the ETag, so that the server sends all of the other file.
    let server = Server::new(vec![Answer::cut(&content, 70_000), Answer::whole(&other)]);
    fetch(&place, &server, &content, &[]).fails(1, &["SHA-256", &sha256(&other), "--url"]);
    assert_nothing(&place);

    // Not told: the parts do not fit together, and the file is fetched anew.
    let length = "Content-Length: 200000";
    let server = Server::new(vec![
        Answer::new("200 OK", &[length], &other[..70_000]),
        Answer::rest(&content, 70_000),
        Answer::whole(&content),
    ]);
    let outcome = fetch(&place, &server, &content, &[]);
    assert!(
        outcome
            .succeeds()
            .stderr
            .contains("do not make up the file"),
        "{outcome:#?}"
    );
    assert!(!server.requests()[1].contains("if-range"));
    assert_whole(&place, &content);
}

#[test]
fn redirects_are_followed_but_not_in_a_circle() {
    let (place, content) = (Workplace::new(), content());
    let server = Server::new(vec![Answer::redirect("/there"), Answer::whole(&content)]);
    fetch(&place, &server, &content, &[]).succeeds();
    assert!(server.requests()[1].starts_with("get /there "));
    assert_whole(&place, &content);

    let place = Workplace::new();
    let circle = (0..20).map(|_| Answer::redirect("/here")).collect();
    let server = Server::new(circle);
    fetch(&place, &server, &content, &[]).fails(1, &["redirects", "--url"]);
    assert!(server.requests().len() < 10);
    assert_nothing(&place);
}

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
            "--data FILE",
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
        fetch(&place, &server, &content, &[]).fails(1, &[status, "--url URL", "--data FILE"]);
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

#[test]
fn proxies_are_heeded() {
    let (place, content) = (Workplace::new(), content());
    let elsewhere = options("http://example.invalid/file", &content);
    for variable in ["HTTP_PROXY", "ALL_PROXY"] {
        let proxy = Server::new(vec![Answer::whole(&content)]);
        let mut through = command(&place, &elsewhere, &["--force"]);
        Outcome::of(through.env(variable, proxy.url(""))).succeeds();
        let [first, second] = &proxy.requests()[..] else {
            panic!("{:?}", proxy.requests());
        };
        assert!(first.starts_with("connect example.invalid:80 "), "{first}");
        assert!(second.starts_with("get /file "), "{second}");
        assert_whole(&place, &content);
    }
    let proxy = Server::new(Vec::new());
    let server = Server::new(vec![Answer::whole(&content)]);
    let options = options(&server.url(ARCHIVE), &content);
    let mut direct = command(&place, &options, &["--force"]);
    direct
        .env("HTTP_PROXY", proxy.url(""))
        .env("NO_PROXY", "127.0.0.1");
    Outcome::of(&mut direct).succeeds();
    assert!(proxy.requests().is_empty());
}

#[test]
fn two_at_once_fetch_once() {
    let (place, content) = (Workplace::new(), content());
    let (tell, told) = mpsc::channel();
    let server = Server::new(vec![
        Answer::cut(&content, 70_000).then(told, &content[70_000..]),
    ]);
    let mut first = spawn(&place, &server, &content);
    wait_until(|| server.requests().len() == 1);
    let mut second = spawn(&place, &server, &content);
    let words = BufReader::new(second.stderr.take().unwrap())
        .lines()
        .next()
        .unwrap()
        .unwrap();
    assert!(words.starts_with("Waiting"), "{words}");
    tell.send(()).unwrap();
    for process in [&mut first, &mut second] {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(server.requests().len(), 1);
    assert_whole(&place, &content);
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

fn spawn(place: &Workplace, server: &Server, content: &[u8]) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_gatefold"))
        .args(options(&server.url(ARCHIVE), content))
        .env("GATEFOLD_HOME", place.cached(""))
        .env("NO_PROXY", "127.0.0.1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for what another process does.
#[track_caller]
fn wait_until(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came");
        thread::sleep(Duration::from_millis(5));
    }
}
