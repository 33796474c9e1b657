//! The page: what the server answers, and what it refuses.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use gatefold::run::HeldFolder;
use gatefold::watch::Page;
use tempfile::TempDir;

use super::{begin, end, held, steps, write_progress};

/// A run under way whose name wants to be markup, and its page.
fn served() -> (Served, Page) {
    let folder = tempfile::tempdir().unwrap();
    let mut first = begin(1.0, 1, 0);
    if let gatefold::run::ProgressEvent::Begin { variant, .. } = &mut first.event {
        *variant = "</script><script>alert(1)</script>".into();
    }
    write_progress(folder.path(), &[first, steps(2.0, 1, 12, 0.5)]);
    let mut spec = gatefold::run::RunSpec::new(&gatefold::data::Source::Demo);
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
struct Served {
    _held: HeldFolder,
    folder: TempDir,
}

impl Served {
    fn path(&self) -> &Path {
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

fn get(page: &Page, path: &str) -> (String, String) {
    asked(page, &request("GET", path, &host(page)))
}

#[test]
fn the_page_loads_nothing_but_its_own_files() {
    let (_folder, page) = served();
    for (path, kind) in [
        ("/", "text/html"),
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
