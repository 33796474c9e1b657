//! The page on which a run can be tried: a form whose answer is the page again. It needs no JavaScript.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use minijinja::{Value, context};

use super::reply::{Refusal, hint};
use crate::http::{self, TEXT};
use crate::run::{Prediction, TrainedRun};
use crate::template::{BASE_CSS, CHART_CSS, filled};

/// The page's styles: path, content.
const STYLES: [(&str, &str); 4] = [
    ("/base.css", BASE_CSS),
    ("/chart.css", CHART_CSS),
    ("/style.css", include_str!("../../assets/report/style.css")),
    ("/serve.css", include_str!("../../assets/serve/serve.css")),
];

const TEMPLATE: &str = include_str!("../../assets/serve/index.html");

/// Styles of its own and a form that comes back here; no script, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// What the page tells of the run.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub model: String,
    pub classes: Vec<String>,
    pub data: String,
    pub synthetic: bool,
}

impl About {
    pub fn of(run: &TrainedRun) -> About {
        About {
            model: run.weights.model.name().to_owned(),
            classes: run.classes.clone(),
            data: run.spec.data.name.clone(),
            synthetic: run.spec.data.synthetic,
        }
    }
}

/// The style at this path, if there is one.
pub(super) fn style(path: &str) -> Option<Response> {
    let (_, content) = STYLES.iter().find(|(name, _)| *name == path)?;
    let kind = "text/css; charset=utf-8";
    Some(http::response(StatusCode::OK, kind, POLICY, *content))
}

/// The page before anything was asked.
pub(super) fn empty(about: &About, headers: &HeaderMap) -> Response {
    page(StatusCode::OK, about, headers, "", context! {})
}

/// The page with what the run says of `text`.
pub(super) fn answered(
    about: &About,
    headers: &HeaderMap,
    text: &str,
    said: &[Prediction],
) -> Response {
    let first = said.first();
    let probabilities = first.map_or(&[][..], |prediction| &prediction.probabilities);
    let mut rows: Vec<_> = about.classes.iter().zip(probabilities).collect();
    rows.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let rows = rows.into_iter().map(|(name, probability)| {
        context! { name, probability, shown => format!("{probability:.4}") }
    });
    let answer = context! {
        label => first.map(|prediction| &prediction.class),
        tokens => first.map(|prediction| prediction.tokens),
        rows => rows.collect::<Vec<_>>(),
    };
    page(StatusCode::OK, about, headers, text, context! { answer })
}

/// The page with why there is no answer.
pub(super) fn refused(
    about: &About,
    headers: &HeaderMap,
    text: &str,
    refusal: &Refusal,
) -> Response {
    let problem = &refusal.problem;
    let page = page(refusal.status, about, headers, text, context! { problem });
    hint(refusal.status, page)
}

fn page(
    status: StatusCode,
    about: &About,
    headers: &HeaderMap,
    text: &str,
    outcome: Value,
) -> Response {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let content = context! {
        model => &about.model,
        classes => &about.classes,
        data => &about.data,
        synthetic => about.synthetic,
        host => host.unwrap_or("127.0.0.1"),
        text,
        ..outcome
    };
    match filled(&[("index.html", TEMPLATE)], "index.html", content) {
        Ok(body) => http::response(status, "text/html; charset=utf-8", POLICY, body),
        // The template takes whatever a text holds.
        Err(error) => http::response(
            StatusCode::INTERNAL_SERVER_ERROR,
            TEXT,
            POLICY,
            error.to_string(),
        ),
    }
}
