//! Reads the body of a request, of so many bytes at most, and for so long at most.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;

use super::reply::Refusal;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes beyond the limit that are read nevertheless: a client that is still sending would not see the answer.
const EXCESS: u64 = 16 << 20;

/// The body's bytes; a refusal where they are more than `most`, or do not come.
pub(super) async fn read(body: Body, most: usize) -> Result<Vec<u8>, Refusal> {
    if body.size_hint().lower() > most as u64 + EXCESS {
        return Err(too_large(most));
    }
    match tokio::time::timeout(PATIENCE, read_all(body, most)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not come within {} s", PATIENCE.as_secs()),
        )),
    }
}

async fn read_all(mut body: Body, most: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut total = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            let problem = format!("the body cannot be read: {error}");
            Refusal::new(StatusCode::BAD_REQUEST, problem)
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        total += data.len() as u64;
        match total <= most as u64 {
            true => bytes.extend_from_slice(&data),
            false => bytes = Vec::new(),
        }
        if total > most as u64 + EXCESS {
            break;
        }
    }
    match total <= most as u64 {
        true => Ok(bytes),
        false => Err(too_large(most)),
    }
}

fn too_large(most: usize) -> Refusal {
    let problem = format!(
        "a request holds at most {most} bytes; send fewer or shorter texts, or start the server with a larger limit"
    );
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, problem)
}
