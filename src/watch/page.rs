//! [`Page`]: a run as a page for a browser, which asks every second how it goes.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use tracing::{debug, warn};

use super::folder::{WatchedFolder, look};
use super::run::RunState;
use crate::error::{Error, Result};
use crate::http::{self, TEXT, has_own_host};

/// The files of the page: path, type, content.
const FILES: [(&str, &str, &str); 5] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../../assets/watch/index.html"),
    ),
    (
        "/chart.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/chart/chart.css"),
    ),
    (
        "/chart.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/chart/chart.js"),
    ),
    (
        "/watch.css",
        "text/css; charset=utf-8",
        include_str!("../../assets/watch/watch.css"),
    ),
    (
        "/watch.js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/watch/watch.js"),
    ),
];

/// Where the page asks how the run goes.
const STATE: &str = "/state.json";

/// No script, style or request but the page's own; no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A browser that asked within this time is waited for at the end.
const LOOKING: Duration = Duration::from_secs(3);

/// How long it is waited for.
const LAST_LOOK: Duration = Duration::from_millis(2500);

/// A server for one folder, until it is dropped.
///
/// It answers `GET` requests for the page's files and for the state of the runs, and nothing else: it
/// writes nothing, and the path of a request names no file. Requests whose `Host` is a name other than
/// `localhost` are refused, for that is how a page from elsewhere would get at it (DNS rebinding).
#[derive(Debug)]
pub struct Page {
    address: SocketAddr,
    shared: Arc<PageState>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct PageState {
    folder: PathBuf,
    polls: Mutex<Polls>,
    polled: Condvar,
}

/// Requests for the state.
#[derive(Debug, Default)]
struct Polls {
    count: u64,
    last: Option<Instant>,
}

impl PageState {
    fn polls(&self) -> MutexGuard<'_, Polls> {
        // Two numbers cannot be left half changed.
        self.polls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`STATE`] answers.
#[derive(Serialize)]
struct Answer {
    /// What cannot be read, and why.
    problem: Option<String>,
    folder: String,
    data: Option<String>,
    runs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    words: Vec<String>,
    #[serde(flatten)]
    run: RunState,
}

impl Page {
    /// Serves the run or comparison in `folder`, which need not be there yet, at `address`; port 0 takes a free
    /// one.
    ///
    /// # Errors
    /// [`Error::Argument`] where the address cannot be had.
    pub fn serve(folder: &Path, address: SocketAddr) -> Result<Page> {
        let refused = |error: io::Error| {
            let problem = format!("{address}: {error}; give another port, 0 for one that is free");
            Error::argument("Page::serve", problem)
        };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(refused)?;
        let shared = Arc::new(PageState {
            folder: folder.to_path_buf(),
            polls: Mutex::default(),
            polled: Condvar::new(),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let serve = axum::serve(listener, router).with_graceful_shutdown(async {
                // A sender that is gone says the same.
                let _ = stopped.await;
            });
            serve.await
        };
        let thread = thread::Builder::new()
            .name("page".to_string())
            .spawn(move || {
                if let Err(error) = runtime.block_on(serve) {
                    warn!("the page is gone: {error}");
                }
            })
            .map_err(refused)?;
        Ok(Page {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The page's address, `http://127.0.0.1:8080/` say.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Page {
    /// Lets browsers that are looking see how it ended, then stops.
    fn drop(&mut self) {
        let polls = self.shared.polls();
        let count = polls.count;
        if polls.last.is_some_and(|last| last.elapsed() < LOOKING) {
            let waited = self
                .shared
                .polled
                .wait_timeout_while(polls, LAST_LOOK, |polls| polls.count == count);
            drop(waited);
        } else {
            drop(polls);
        }
        if let Some(stop) = self.stop.take() {
            // Fails where the server is gone already.
            let _ = stop.send(());
        }
        // Answers under way are finished; a client that takes its time over one is not waited for.
        let start = Instant::now();
        if let Some(thread) = self.thread.take() {
            while !thread.is_finished() && start.elapsed() < Duration::from_millis(500) {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

async fn answer(State(shared): State<Arc<PageState>>, request: Request) -> Response {
    let path = request.uri().path();
    debug!("{} {path}", request.method());
    if !has_own_host(request.headers()) {
        let words = "open this page by the address that gatefold told";
        return response(StatusCode::MISDIRECTED_REQUEST, TEXT, words.to_string());
    }
    if request.method() != Method::GET {
        let mut refused = response(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "GET alone".to_string(),
        );
        let allowed = header::HeaderValue::from_static("GET");
        refused.headers_mut().insert(header::ALLOW, allowed);
        return refused;
    }
    if path == STATE {
        return state(&shared);
    }
    match FILES.iter().find(|file| file.0 == path) {
        Some((_, kind, content)) => response(StatusCode::OK, kind, (*content).to_string()),
        None => response(StatusCode::NOT_FOUND, TEXT, "not here".to_string()),
    }
}

fn state(shared: &PageState) -> Response {
    let (watched, problem) = match look(&shared.folder) {
        Ok(watched) => (Some(watched), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (data, runs) = watched.map_or(
        (None, Vec::new()),
        |WatchedFolder { data, runs, .. }| (data, runs),
    );
    let runs = runs.into_iter().map(|run| Row {
        words: run.words(),
        run,
    });
    let body = serde_json::to_string(&Answer {
        problem,
        folder: shared.folder.display().to_string(),
        data,
        runs: runs.collect(),
    });
    let mut polls = shared.polls();
    polls.count += 1;
    polls.last = Some(Instant::now());
    drop(polls);
    shared.polled.notify_all();
    match body {
        Ok(body) => response(StatusCode::OK, "application/json", body),
        // No value here refuses to become JSON.
        Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.to_string()),
    }
}

fn response(status: StatusCode, kind: &str, body: String) -> Response {
    http::response(status, kind, POLICY, body)
}
