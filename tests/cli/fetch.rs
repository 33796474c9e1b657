//! `gatefold data fetch`: against a server on this machine that behaves and misbehaves.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::program::{Outcome, Workplace};
use crate::server::{Answer, Server};

mod refusals;

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
fn a_weak_etag_does_not_name_the_bytes() {
    let (place, content) = (Workplace::new(), content());
    let date = "Mon, 01 Jan 2024 00:00:00 GMT";
    let modified = format!("Last-Modified: {date}");
    let answer = |status: &str, range: &str, body: &[u8], size: usize| {
        let length = format!("Content-Length: {size}");
        Answer::new(status, &[&length, range, "ETag: W/\"v1\"", &modified], body)
    };
    let size = content.len();
    let range = format!("Content-Range: bytes 70000-{}/{size}", size - 1);
    let rest = &content[70_000..];
    let server = Server::new(vec![
        answer("200 OK", "Accept-Ranges: bytes", &content[..70_000], size),
        answer("206 Partial Content", &range, rest, rest.len()),
    ]);
    fetch(&place, &server, &content, &[]).succeeds();
    let asked = format!("if-range: {}", date.to_ascii_lowercase());
    let request = &server.requests()[1];
    assert!(request.contains(&asked), "{request}");
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
