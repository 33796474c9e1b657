//! The page: what the server answers, and what it refuses.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use gatefold::data::Source;
use gatefold::report::write_history;
use gatefold::run::{ComparisonSpec, HeldFolder, ProgressEvent, RunSpec};
use gatefold::train::History;
use gatefold::watch::Page;
use tempfile::TempDir;

use super::{begin, end, held, steps, write_progress};

/// A run under way whose name wants to be markup, and its page.
pub(super) fn served() -> (Served, Page) {
    let folder = tempfile::tempdir().unwrap();
    let mut first = begin(1.0, 1, 0);
    if let ProgressEvent::Begin { variant, .. } = &mut first.event {
        *variant = "</script><script>alert(1)</script>".into();
    }
    write_progress(folder.path(), &[first, steps(2.0, 1, 12, 0.5)]);
    let mut spec = RunSpec::new(&Source::Demo);
    spec.data.name = "secret".to_string();
    fs::write(folder.path().join("config.toml"), spec.to_toml().unwrap()).unwrap();
    let page = Page::serve(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let held = held(folder.path());
    (
        Served {
            folder,
            _held: held,
        },
        page,
    )
}

/// A folder that a process holds.
pub(super) struct Served {
    _held: HeldFolder,
    folder: TempDir,
}

impl Served {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn host(page: &Page) -> String {
    let url = page.url();
    url.trim_start_matches("http://")
        .trim_end_matches('/')
        .to_string()
}

/// Sends a request as it stands, and returns head and body of the answer.
fn asked(page: &Page, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(host(page)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_string())
}

fn request(method: &str, path: &str, host: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

pub(super) fn get(page: &Page, path: &str) -> (String, String) {
    asked(page, &request("GET", path, &host(page)))
}

#[test]
fn the_page_loads_nothing_but_its_own_files() {
    let (_folder, page) = served();
    for (path, kind) in [
        ("/", "text/html"),
        ("/base.css", "text/css"),
        ("/chart.css", "text/css"),
        ("/chart.js", "text/javascript"),
        ("/watch.css", "text/css"),
        ("/watch.js", "text/javascript"),
    ] {
        let (head, body) = get(&page, path);
        assert!(head.starts_with("http/1.1 200"), "{head}");
        for line in [
            &format!("content-type: {kind}; charset=utf-8"),
            "content-security-policy: default-src 'none'; script-src 'self'",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
        ] {
            assert!(head.contains(line), "no `{line}` in {head}");
        }
        assert!(!head.contains("access-control"), "{head}");
        let foreign = body.replace("http://www.w3.org/2000/svg", "");
        for words in ["http:", "https:", "//cdn", "innerHTML", "eval("] {
            assert!(!foreign.contains(words), "{path} has {words}");
        }
    }
}

#[test]
fn the_state_is_that_of_the_run_now() {
    let (folder, page) = served();
    let state = || -> serde_json::Value {
        let (head, body) = get(&page, "/state.json");
        assert!(head.contains("content-type: application/json"), "{head}");
        serde_json::from_str(&body).unwrap()
    };
    let first = state();
    assert_eq!(first["data"], "secret");
    let run = &first["runs"][0];
    assert_eq!(run["name"], "</script><script>alert(1)</script>");
    assert_eq!(
        (&run["status"], &run["done"]),
        (&"training".into(), &12.into())
    );
    assert_eq!(run["training"][0]["loss"], 0.5);
    write_progress(folder.path(), &[begin(1.0, 1, 0), steps(3.0, 1, 30, 0.25)]);
    assert_eq!(state()["runs"][0]["done"], 30);
    fs::write(folder.path().join("progress.jsonl"), "nonsense\n").unwrap();
    let broken = state();
    assert!(
        broken["problem"].as_str().unwrap().contains("line 1"),
        "{broken}"
    );
    assert_eq!(broken["runs"], serde_json::json!([]));
}

#[test]
fn without_scripts_the_page_has_words_and_pictures() {
    let (folder, page) = served();
    let (head, body) = get(&page, "/");
    assert!(head.contains("img-src 'self'"), "{head}");
    let still = body.split("<noscript>").nth(2).unwrap();
    for words in [
        "&lt;&#x2f;script&gt;&lt;script&gt;alert(1)",
        "epoch 1&#x2f;",
        "src=\"accuracy.svg\"",
    ] {
        assert!(still.contains(words), "no {words} in {still}");
    }
    assert!(body.contains("http-equiv=\"refresh\""), "{body}");
    for (path, title) in [("/accuracy.svg", "accuracy"), ("/loss.svg", "loss")] {
        let (head, body) = get(&page, path);
        assert!(head.contains("content-type: image/svg+xml"), "{head}");
        assert!(body.contains(&format!("Training and Validation {title}")));
    }
    fs::write(folder.path().join("progress.jsonl"), "nonsense\n").unwrap();
    let (_, body) = get(&page, "/");
    assert!(body.contains("<p class=\"problem\">") && body.contains("line 1"));
    let (head, body) = get(&page, "/loss.svg");
    assert!(head.starts_with("http/1.1 500") && body.contains("line 1"));
}

#[test]
fn the_report_is_there_once_it_is_written() {
    let (folder, page) = served();
    let has_report = || {
        let (_, body) = get(&page, "/state.json");
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["has_report"].clone()
    };
    assert_eq!(has_report(), false);
    assert!(get(&page, "/report.html").0.starts_with("http/1.1 404"));
    fs::write(folder.path().join("report.html"), "<p>how it went</p>").unwrap();
    assert_eq!(has_report(), true);
    let (head, body) = get(&page, "/report.html");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("script-src 'unsafe-inline'") && !head.contains("connect-src"));
    assert_eq!(body, "<p>how it went</p>");
}

/// A comparison of two models with long names, both over, and its page.
pub(super) fn comparison() -> (TempDir, Page) {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = RunSpec::new(&Source::Demo);
    spec.comparison = Some(ComparisonSpec {
        variants: LONG_NAMES.map(String::from).to_vec(),
        models: Vec::new(),
    });
    fs::write(folder.path().join("config.toml"), spec.to_toml().unwrap()).unwrap();
    for name in LONG_NAMES {
        let run = folder.path().join(name);
        fs::create_dir(&run).unwrap();
        let mut first = begin(1.0, 1, 0);
        if let ProgressEvent::Begin { variant, .. } = &mut first.event {
            *variant = name.into();
        }
        write_progress(&run, &[first, steps(2.0, 1, 12, 0.5), end(3.0, None)]);
        let history = History {
            epochs: vec![super::record(1, 0.5), super::record(2, 0.75)],
            ..History::new(name, 1)
        };
        write_history(&run, &history).unwrap();
    }
    let page = Page::serve(folder.path(), SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    (folder, page)
}

const LONG_NAMES: [&str; 2] = [
    "layer.bidirectional_lstm.units=128,learning_rate=0.00123456789,mask_padding=true,seed=0",
    "100 % of \"mine\"",
];

#[test]
fn the_report_of_each_of_several_runs_is_reached() {
    let (folder, page) = comparison();
    let reports = || -> Vec<serde_json::Value> {
        let state: serde_json::Value = serde_json::from_str(&get(&page, "/state.json").1).unwrap();
        let runs = state["runs"].as_array().unwrap().iter();
        runs.map(|run| run["report"].clone()).collect()
    };
    assert_eq!(
        reports(),
        [serde_json::Value::Null, serde_json::Value::Null]
    );
    let link = "100%20%25%20of%20%22mine%22/report.html";
    assert!(
        get(&page, &format!("/{link}"))
            .0
            .starts_with("http/1.1 404")
    );
    fs::write(
        folder.path().join(LONG_NAMES[1]).join("report.html"),
        "its own",
    )
    .unwrap();
    assert_eq!(reports(), [serde_json::Value::Null, link.into()]);
    let (head, body) = get(&page, &format!("/{link}"));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, "its own");
    assert!(
        get(&page, "/")
            .1
            .contains("<a href=\"100%20%25%20of%20%22mine%22&#x2f;report.html\">")
    );
    // A folder that is no run of the comparison, inside and outside.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("report.html"), "secret").unwrap();
    fs::write(folder.path().join("report.html"), "of all").unwrap();
    for path in [
        "/other/report.html",
        "/./report.html",
        "/%2e/report.html",
        "/x/../other/report.html",
    ] {
        let (head, body) = get(&page, path);
        assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        assert_eq!(body, "not here", "{path}");
    }
}

#[test]
fn a_dead_run_is_told_with_the_command_that_goes_on() {
    let (folder, page) = served();
    let state = |page: &Page| -> serde_json::Value {
        serde_json::from_str(&get(page, "/state.json").1).unwrap()
    };
    assert_eq!(state(&page)["resume"], serde_json::Value::Null);
    let Served { _held, folder } = folder;
    drop(_held);
    let dead = state(&page);
    assert_eq!(dead["runs"][0]["status"], "dead");
    let told = dead["resume"].as_str().unwrap();
    let command = format!(
        "Go on with: gatefold train --resume {}",
        folder.path().display()
    );
    assert!(told.ends_with(&command), "{told}");
}

#[test]
fn a_list_of_runs_leads_to_each_and_to_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a & b/one=1,x", "secret"];
    for name in names {
        let run = folder.path().join("runs").join(name);
        fs::create_dir_all(&run).unwrap();
        write_progress(&run, &[begin(1.0, 1, 0), end(2.0, None)]);
    }
    fs::rename(
        folder.path().join("runs/secret"),
        folder.path().join("secret"),
    )
    .unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let page = Page::serve_list(&folder.path().join("runs"), address).unwrap();
    let state = |query: &str| -> serde_json::Value {
        serde_json::from_str(&get(&page, &format!("/state.json{query}")).1).unwrap()
    };
    let all = state("");
    assert_eq!(all["list"].as_array().unwrap().len(), 1);
    assert_eq!(all["list"][0]["name"], names[0]);
    assert_eq!(all["list"][0]["status"]["status"], "finished");
    let one = state("?run=a%20%26%20b%2Fone%3D1%2Cx");
    assert_eq!(one["runs"][0]["status"], "finished");
    for other in ["..%2Fsecret", "", "%FF", "%2Fetc"] {
        let (head, body) = get(&page, &format!("/state.json?run={other}"));
        assert!(head.starts_with("http/1.1 404"), "{other}: {head}");
        assert!(body.contains("no run is called"), "{other}: {body}");
    }
}

#[test]
fn a_folder_that_is_not_there_yet_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let to_come = folder.path().join("run");
    let page = Page::serve(&to_come, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let (_, body) = get(&page, "/state.json");
    let state: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(state["runs"][0]["status"], "waiting");
    assert!(!to_come.exists());
}

#[test]
fn nothing_else_is_answered() {
    let (_folder, page) = served();
    for path in [
        "/config.toml",
        "/progress.jsonl",
        "/../config.toml",
        "/..%2fconfig.toml",
        "/state.json/../config.toml",
        "//etc/passwd",
        "/watch.js/",
    ] {
        let (head, body) = get(&page, path);
        assert!(head.starts_with("http/1.1 404"), "{path}: {head}");
        assert!(!body.contains("secret"), "{path}: {body}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"] {
        let (head, _) = asked(&page, &request(method, "/state.json", &host(&page)));
        assert!(head.starts_with("http/1.1 405"), "{method}: {head}");
        assert!(head.contains("allow: get"), "{method}: {head}");
    }
}

#[test]
fn a_foreign_name_for_this_machine_is_refused() {
    let (_folder, page) = served();
    let own = host(&page);
    let port = own.rsplit_once(':').unwrap().1;
    for name in [
        "attacker.example".to_string(),
        format!("attacker.example:{port}"),
        "127.0.0.1.attacker.example".to_string(),
        "localhost.attacker.example".to_string(),
        "localhost@attacker.example".to_string(),
        String::new(),
    ] {
        let (head, body) = asked(&page, &request("GET", "/state.json", &name));
        assert!(!head.starts_with("http/1.1 200"), "{name}: {head}");
        assert!(!body.contains("secret"), "{name}: {body}");
    }
    // Two hosts, and none.
    let two = format!(
        "GET /state.json HTTP/1.1\r\nHost: {own}\r\nHost: attacker.example\r\nConnection: close\r\n\r\n"
    );
    for request in [two.as_str(), "GET /state.json HTTP/1.0\r\n\r\n"] {
        let (head, _) = asked(&page, request);
        assert!(!head.contains(" 200 "), "{head}");
    }
    for name in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "[::1]",
        "192.168.0.7",
    ] {
        for name in [name.to_string(), format!("{name}:{port}")] {
            let (head, _) = asked(&page, &request("GET", "/state.json", &name));
            assert!(head.starts_with("http/1.1 200"), "{name}: {head}");
        }
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = Page::serve(folder.path(), taken.local_addr().unwrap()).unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("`Page::serve`") && told.contains("another port"),
        "{told}"
    );
}

#[test]
fn the_port_is_free_once_the_page_is_gone() {
    let (_folder, page) = served();
    let address = host(&page);
    get(&page, "/");
    drop(page);
    assert!(TcpStream::connect(address).is_err());
}
