//! Which request gets which answer.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use tracing::debug;

use super::body;
use super::options::ServeOptions;
use super::page::{self, About};
use super::reply::{self, Refusal};
use super::request::Asked;
use super::worker::{Queue, Refused};
use crate::http::has_own_host;
use crate::run::Prediction;

/// What all requests share.
#[derive(Debug)]
pub(super) struct Service {
    pub queue: Queue,
    pub about: About,
    pub options: ServeOptions,
}

/// What `/healthz` answers.
#[derive(Serialize)]
struct Health<'a> {
    status: &'a str,
    model: &'a str,
    classes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Service {
    /// Answers a request, whatever it is.
    pub async fn answer(&self, request: Request<Body>) -> Response {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.routed(&method, &path, request).await;
        debug!("{method} {path}: {}", answer.status());
        answer
    }

    async fn routed(&self, method: &Method, path: &str, request: Request<Body>) -> Response {
        // On this machine alone a foreign name in `Host` is a page from elsewhere that would get at it (DNS rebinding).
        // Where others may ask, the name is whatever they know the machine by.
        if self.options.address.ip().is_loopback() && !has_own_host(request.headers()) {
            let problem = "ask by the address that gatefold told, or by localhost";
            return Refusal::new(StatusCode::MISDIRECTED_REQUEST, problem).into_response();
        }
        let is_read = [Method::GET, Method::HEAD].contains(method);
        match path {
            "/predict" if method == Method::POST => self.predict(request).await,
            "/predict" => not_allowed("POST"),
            "/" if method == Method::POST => self.form(request).await,
            "/" if is_read => page::empty(&self.about, request.headers()),
            "/" => not_allowed("GET, HEAD, POST"),
            "/healthz" if is_read => self.health(),
            path => match page::style(path) {
                Some(style) if is_read => style,
                _ if path == "/healthz" || page::style(path).is_some() => not_allowed("GET, HEAD"),
                _ => {
                    let problem = "not here; there are /predict, /healthz and the page at /";
                    Refusal::new(StatusCode::NOT_FOUND, problem).into_response()
                }
            },
        }
    }

    fn health(&self) -> Response {
        let error = self.queue.failure();
        let (status, words) = match error {
            None => (StatusCode::OK, "ok"),
            Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
        };
        let health = Health {
            status: words,
            model: &self.about.model,
            classes: &self.about.classes,
            error,
        };
        reply::hint(status, reply::json(status, &health))
    }

    async fn predict(&self, request: Request<Body>) -> Response {
        let said = self.predicted(request).await;
        let classes = &self.about.classes;
        match said {
            Ok((true, predictions)) => reply::list(classes, &predictions),
            Ok((false, predictions)) => match &predictions[..] {
                [one] => reply::one(classes, one),
                _ => lost().into_response(),
            },
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Whether a list was asked about, and what the run says of its texts.
    async fn predicted(&self, request: Request<Body>) -> Result<(bool, Vec<Prediction>), Refusal> {
        if !is_json(request.headers()) {
            let problem = "give the header Content-Type: application/json, with JSON in the body";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem));
        }
        let bytes = body::read(request.into_body(), self.options.max_bytes).await?;
        let asked = Asked::from_json(&bytes)
            .map_err(|problem| Refusal::new(StatusCode::BAD_REQUEST, problem))?;
        drop(bytes);
        let (is_list, texts) = match asked {
            Asked::One(text) => (false, vec![text]),
            Asked::List(texts) => (true, texts),
        };
        let (count, most) = (texts.len(), self.options.max_texts);
        if count > most {
            let problem = format!("{count} texts; a request holds at most {most}, send several");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, problem));
        }
        Ok((is_list, self.said(texts).await?))
    }

    /// What the run says of these texts, as soon as it is their turn.
    async fn said(&self, texts: Vec<String>) -> Result<Vec<Prediction>, Refusal> {
        let unavailable = |problem: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, problem);
        let answer = self.queue.put(texts).map_err(|refused| match refused {
            Refused::Full => unavailable("too many texts wait already; ask again in a second"),
            Refused::Gone => unavailable("the device is gone; start the server again"),
        })?;
        let said = answer.await.map_err(|_| lost())?;
        said.map_err(|error| Refusal::of(&error))
    }

    /// The page with the answer to its form.
    async fn form(&self, request: Request<Body>) -> Response {
        let headers = request.headers().clone();
        let read = body::read(request.into_body(), self.options.max_bytes).await;
        let asked = read.and_then(|bytes| {
            Asked::from_form(&bytes)
                .map_err(|problem| Refusal::new(StatusCode::BAD_REQUEST, problem))
        });
        let text = match asked {
            Ok(text) => text,
            Err(refusal) => return page::refused(&self.about, &headers, "", &refusal),
        };
        match self.said(vec![text.clone()]).await {
            Ok(said) => page::answered(&self.about, &headers, &text, &said),
            Err(refusal) => page::refused(&self.about, &headers, &text, &refusal),
        }
    }
}

/// The refusal where the worker gave no answer.
fn lost() -> Refusal {
    let problem = "the answer is lost; this is an error in gatefold, please report it";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, problem)
}

fn not_allowed(methods: &'static str) -> Response {
    let problem = format!("{methods} alone");
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, problem);
    let mut response = refusal.into_response();
    let allowed = HeaderValue::from_static(methods);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// Whether the body is said to be JSON. A page of another site cannot say so without being asked back.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
