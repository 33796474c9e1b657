//! One request for a file, or for what is missing of it.

use std::io::{self, Read};
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE};
use ureq::http::{HeaderMap, HeaderName, Response, StatusCode};

/// A server that sends to another this often sends in a circle.
const MOST_REDIRECTS: u32 = 5;

/// An HTTP client with time limits. It takes proxies from the environment, as ureq does.
pub(super) struct Client {
    agent: Agent,
    timeout: Duration,
}

/// What a server sends.
pub(super) struct Reply {
    /// The offset in the file of the first byte of `body`.
    pub start: u64,
    /// Bytes of the whole file, where the server says it.
    pub size: Option<u64>,
    /// The server's name for this version of the file: a strong ETag, or its date.
    pub version: Option<String>,
    pub body: Body,
}

/// Bytes as they come in.
pub(super) struct Body {
    reader: ureq::BodyReader<'static>,
    timeout: Duration,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) struct Failure {
    pub problem: String,
    pub kind: FailureKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The next attempt may fare better: a cut connection, an overloaded server.
    Passing,
    /// What is here already is of no use to this server; the next attempt begins anew.
    Useless,
    /// Asking again would get the same answer.
    Lasting,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, problem: impl Into<String>) -> Failure {
        Failure {
            problem: problem.into(),
            kind,
        }
    }
}

impl Client {
    /// A client that waits for a connection, an answer, and each further byte no longer than `timeout`.
    pub(super) fn new(timeout: Duration) -> Client {
        let limit = Some(timeout);
        let agent = Agent::config_builder()
            .user_agent(concat!("gatefold/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .max_redirects(MOST_REDIRECTS)
            .timeout_resolve(limit)
            .timeout_connect(limit)
            .timeout_send_request(limit)
            .timeout_recv_response(limit)
            .timeout_per_read(limit)
            .timeout_per_write(limit)
            .build()
            .into();
        Client { agent, timeout }
    }

    /// Asks for the bytes of the file at `url` from offset `from` on.
    ///
    /// They are to be of `version`, if one is given. A server that has another by now, or that cannot
    /// send a part, sends the whole file, and the reply says so.
    pub(super) fn get(
        &self,
        url: &str,
        from: u64,
        version: Option<&str>,
    ) -> Result<Reply, Failure> {
        let mut request = self.agent.get(url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
            if let Some(version) = version {
                request = request.header(IF_RANGE, version);
            }
        }
        let response = request
            .call()
            .map_err(|error| failure(error, self.timeout))?;
        let headers = response.headers();
        let (start, size) = match response.status() {
            StatusCode::OK => (0, number(text(headers, CONTENT_LENGTH))),
            StatusCode::PARTIAL_CONTENT => content_range(headers, from)?,
            status => return Err(refusal(status)),
        };
        Ok(Reply {
            start,
            size,
            version: version_of(headers),
            body: Body {
                reader: into_reader(response),
                timeout: self.timeout,
            },
        })
    }
}

impl Body {
    /// Some more bytes, or 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|error| failure(error.into(), self.timeout)),
            }
        }
    }
}

fn into_reader(response: Response<ureq::Body>) -> ureq::BodyReader<'static> {
    response.into_body().into_reader()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}

/// A name that is the same only for the same bytes: what `If-Range` may have.
fn version_of(headers: &HeaderMap) -> Option<String> {
    let strong = text(headers, ETAG).filter(|tag| tag.starts_with('"'));
    strong.or(text(headers, LAST_MODIFIED)).map(str::to_owned)
}

/// The first byte's offset and the whole file's size, from `bytes FIRST-LAST/SIZE`.
fn content_range(headers: &HeaderMap, from: u64) -> Result<(u64, Option<u64>), Failure> {
    let stated = text(headers, CONTENT_RANGE).unwrap_or_default();
    let parts = stated.strip_prefix("bytes ").and_then(|range| {
        let (range, size) = range.split_once('/')?;
        let (first, _) = range.split_once('-')?;
        Some((number(Some(first))?, number(Some(size))))
    });
    match parts {
        Some((first, size)) if first == from => Ok((first, size)),
        _ => Err(Failure::new(
            FailureKind::Useless,
            format!("asked for the bytes from {from} on, the server sent others ({stated:?})"),
        )),
    }
}

fn refusal(status: StatusCode) -> Failure {
    let kind = match status {
        StatusCode::RANGE_NOT_SATISFIABLE => FailureKind::Useless,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => FailureKind::Passing,
        status if status.is_server_error() => FailureKind::Passing,
        _ => FailureKind::Lasting,
    };
    Failure::new(kind, format!("the server answers {status}"))
}

fn failure(error: ureq::Error, timeout: Duration) -> Failure {
    use FailureKind::{Lasting, Passing};
    let (kind, problem) = match error {
        ureq::Error::Timeout(_) => (
            Passing,
            format!(
                "nothing came for {} s (`FetchOptions::timeout` allows more)",
                timeout.as_secs_f64()
            ),
        ),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            (Passing, "the connection was cut".to_owned())
        }
        ureq::Error::Io(error) => (Passing, error.to_string()),
        ureq::Error::HostNotFound => (Passing, "no such host, or no network".to_owned()),
        ureq::Error::TooManyRedirects => (
            Lasting,
            format!("more than {MOST_REDIRECTS} redirects, one to the next"),
        ),
        ureq::Error::BadUri(problem) => (Lasting, format!("no address ({problem})")),
        error => (Passing, error.to_string()),
    };
    Failure::new(kind, problem)
}
