//! Answers, and refusals with their sentence, as JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use crate::error::Error;
use crate::http::response;
use crate::run::{Answer, Prediction};

const JSON: &str = "application/json";

/// An answer in JSON loads nothing, whatever a browser takes it for.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// After how many seconds one may ask again where too much waits.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Why a request is not answered, in a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub problem: String,
}

impl Refusal {
    pub fn new(status: StatusCode, problem: impl Into<String>) -> Refusal {
        Refusal {
            status,
            problem: problem.into(),
        }
    }

    /// Of what the run, or its device, could not answer.
    pub fn of(error: &Error) -> Refusal {
        let status = match error {
            Error::Data(_) => StatusCode::BAD_REQUEST,
            Error::Limit { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal::new(status, error.to_string())
    }

    pub fn into_response(self) -> Response {
        let status = self.status;
        let body = Problem {
            error: &self.problem,
        };
        hint(status, json(status, &body))
    }
}

/// Adds when to ask again, where one may.
pub(super) fn hint(status: StatusCode, mut response: Response) -> Response {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

#[derive(Serialize)]
struct Problem<'a> {
    error: &'a str,
}

/// The answer to one text.
#[derive(Serialize)]
struct One<'a> {
    tokens: usize,
    #[serde(flatten)]
    answer: Answer<'a>,
}

#[derive(Serialize)]
struct List<'a> {
    predictions: Vec<One<'a>>,
}

/// The answer to a single text.
pub(super) fn one(classes: &[String], prediction: &Prediction) -> Response {
    json(StatusCode::OK, &said(classes, prediction))
}

/// The answers to a list of texts, in its order.
pub(super) fn list(classes: &[String], predictions: &[Prediction]) -> Response {
    let predictions = predictions.iter().map(|one| said(classes, one)).collect();
    json(StatusCode::OK, &List { predictions })
}

fn said<'a>(classes: &'a [String], prediction: &'a Prediction) -> One<'a> {
    One {
        tokens: prediction.tokens,
        answer: Answer::new(classes, prediction),
    }
}

/// `value` as the body.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => response(status, JSON, POLICY, body + "\n"),
        // No value here refuses to become JSON.
        Err(error) => response(
            StatusCode::INTERNAL_SERVER_ERROR,
            crate::http::TEXT,
            POLICY,
            error.to_string(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_to_ask_again_where_that_helps() {
        let after = |status| {
            let response = Refusal::new(status, "no").into_response();
            assert_eq!(response.status(), status);
            response.headers().get(header::RETRY_AFTER).cloned()
        };
        let one = HeaderValue::from_static("1");
        assert_eq!(after(StatusCode::SERVICE_UNAVAILABLE), Some(one));
        assert_eq!(after(StatusCode::BAD_REQUEST), None);
    }

    #[test]
    fn an_error_has_the_status_of_whose_fault_it_is() {
        let status = |error: Error| Refusal::of(&error).status.as_u16();
        assert_eq!(status(Error::Data("no id for `x`".to_owned())), 400);
        assert_eq!(status(Error::Interrupted), 500);
        let limit = Error::Limit {
            what: "a buffer".to_owned(),
            need: "2".to_owned(),
            limit: "max",
            have: "1".to_owned(),
            remedy: None,
        };
        assert_eq!(status(limit), 413);
    }
}
