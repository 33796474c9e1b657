//! [`Page`]: a run as a page for a browser, which asks every second how it goes.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracing::{debug, warn};

use super::folder::{WatchedFolder, look};
use super::page_list::{ListRow, PageList};
use super::run::RunState;
use super::still::{Still, index, list_index, picture, report_in};
use crate::error::{Error, Result};
use crate::http::{self, Listening, TEXT, has_own_host, listen, refused};
use crate::run::files;
use crate::template::{BASE_CSS, CHART_CSS};

/// The files of the page: path, type, content.
const FILES: [(&str, &str, &str); 5] = [
    ("/base.css", "text/css; charset=utf-8", BASE_CSS),
    ("/chart.css", "text/css; charset=utf-8", CHART_CSS),
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

/// Where the report is, once there is one.
const REPORT: &str = "/report.html";

/// No script, style, picture or request but the page's own; no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The report has its scripts and styles within, and asks for nothing.
const REPORT_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                             base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A browser that asked within this time is waited for at the end.
const LOOKING: Duration = Duration::from_secs(3);

/// How long it is waited for.
const LAST_LOOK: Duration = Duration::from_millis(2500);

/// A server for one folder, until it is dropped.
///
/// It answers `GET` requests for the page's files, the state and pictures of the runs, and their reports, and nothing else:
/// it writes nothing, and the path of a request names no file but those. Requests whose `Host` is a name other than
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
    /// All runs below the folder, where it is no run itself.
    list: Option<PageList>,
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
    /// Whether there is a report of the runs.
    has_report: bool,
    runs: Vec<Row>,
    /// That nobody trains what is left, and the command that goes on with it.
    resume: Option<String>,
    /// All runs below the folder, newest first, where it is no run itself.
    list: Option<Vec<ListRow>>,
}

#[derive(Serialize)]
struct Row {
    words: Vec<String>,
    /// Where the run's own report is, beside one of several.
    report: Option<String>,
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
        Page::serve_at(folder, None, address)
    }

    /// Serves a list of all runs below `folder`, and each of them, as [`Page::serve`] does.
    ///
    /// # Errors
    /// As [`Page::serve`].
    pub fn serve_list(folder: &Path, address: SocketAddr) -> Result<Page> {
        Page::serve_at(folder, Some(PageList::new(folder)), address)
    }

    fn serve_at(folder: &Path, list: Option<PageList>, address: SocketAddr) -> Result<Page> {
        let (asked, argument) = (address, "Page::serve");
        let Listening {
            listener,
            address,
            runtime,
        } = listen(asked, argument)?;
        let shared = Arc::new(PageState {
            folder: folder.to_path_buf(),
            list,
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
            .map_err(refused(asked, argument))?;
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
    let listed = match &shared.list {
        Some(list) => list.asked_folder(request.uri()),
        None => Ok(None),
    };
    let asked = match listed {
        Ok(asked) => asked,
        Err(error) => return response(StatusCode::NOT_FOUND, TEXT, error.to_string()),
    };
    let folder = asked.as_deref().unwrap_or(&shared.folder);
    match path {
        STATE => return state(&shared, folder),
        "/" => {
            let page = match (&shared.list, &asked) {
                (Some(list), None) => list_index(&shared.folder, list),
                (_, asked) => index(folder, asked.as_ref().and(request.uri().query())),
            };
            return made(HTML, POLICY, page);
        }
        "/accuracy.svg" => return made(SVG, POLICY, picture(folder, Still::Accuracy)),
        "/loss.svg" => return made(SVG, POLICY, picture(folder, Still::Loss)),
        REPORT => return report(folder),
        _ => {}
    }
    if let Some(name) = path
        .strip_prefix('/')
        .and_then(|path| path.strip_suffix(REPORT))
    {
        return report_below(folder, name);
    }
    match FILES.iter().find(|file| file.0 == path) {
        Some((_, kind, content)) => response(StatusCode::OK, kind, (*content).to_string()),
        None => not_here(),
    }
}

/// The report in `folder`, if there is one.
fn report(folder: &Path) -> Response {
    let path = folder.join(files::REPORT);
    match path.is_file() {
        true => {
            let read = fs::read_to_string(&path).map_err(Error::io(path));
            made(HTML, REPORT_POLICY, read)
        }
        false => not_here(),
    }
}

/// The report of the run whose folder, right below `folder`, is called so: of those that are watched, and no other.
fn report_below(folder: &Path, name: &str) -> Response {
    let name = percent_decode_str(name).decode_utf8_lossy();
    match look(folder) {
        Ok(watched) => match watched.below.iter().find(|run| **run == name) {
            Some(run) => report(&folder.join(run)),
            None => not_here(),
        },
        Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.to_string()),
    }
}

fn not_here() -> Response {
    response(StatusCode::NOT_FOUND, TEXT, "not here".to_string())
}

const HTML: &str = "text/html; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What was made for this request, or why it could not be, under this content policy.
fn made(kind: &str, policy: &str, content: Result<String>) -> Response {
    match content {
        Ok(content) => http::response(StatusCode::OK, kind, policy, content),
        Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.to_string()),
    }
}

fn state(shared: &PageState, folder: &Path) -> Response {
    let (watched, mut problem) = match look(folder) {
        Ok(watched) => (Some(watched), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let list = shared.list.as_ref().filter(|_| folder == shared.folder);
    let list = list.and_then(|list| match list.rows() {
        Ok(rows) => Some(rows),
        Err(error) => {
            problem = Some(error.to_string());
            None
        }
    });
    let resume = watched.as_ref().and_then(WatchedFolder::resume_words);
    let rows = |watched: WatchedFolder| -> (Option<String>, Vec<Row>) {
        let reports: Vec<Option<String>> = watched.reports().take(watched.runs.len()).collect();
        let rows = watched
            .runs
            .into_iter()
            .zip(reports)
            .map(|(run, report)| Row {
                words: run.words(),
                report,
                run,
            });
        (watched.data, rows.collect())
    };
    let (data, runs) = watched.map_or((None, Vec::new()), rows);
    let body = serde_json::to_string(&Answer {
        problem,
        folder: folder.display().to_string(),
        data,
        has_report: report_in(folder),
        runs,
        resume,
        list,
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
