//! What the pages that gatefold serves share: where it listens, which requests are for it, and the headers of its answers.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};

/// The type of plain text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// An address that is had, and what answers there is run by: on the thread that blocks on it, one after the other.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    /// With the port that was taken, where any was asked for.
    pub(crate) address: SocketAddr,
    pub(crate) runtime: Runtime,
}

/// Listens at the address that `argument` asks for; port 0 takes a free one.
///
/// # Errors
/// [`Error::Argument`] as [`refused`] tells it.
pub(crate) fn listen(asked: SocketAddr, argument: &'static str) -> Result<Listening> {
    let refused = refused(asked, argument);
    let listener = TcpListener::bind(asked).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(refused)?;
    Ok(Listening {
        listener,
        address,
        runtime,
    })
}

/// The error for an address, asked for by `argument`, at which nothing can be served.
pub(crate) fn refused(
    asked: SocketAddr,
    argument: &'static str,
) -> impl Fn(io::Error) -> Error + Copy {
    move |error| {
        let problem = format!("{asked}: {error}; give another port, 0 for one that is free");
        Error::argument(argument, problem)
    }
}

/// Whether the request is addressed to an IP address or to `localhost`, which no foreign name can be made to
/// mean.
pub(crate) fn has_own_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let Ok(host) = host.to_str() else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() && !name.is_empty() => name,
        _ => host,
    };
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost") || bare.unwrap_or(name).parse::<IpAddr>().is_ok()
}

/// An answer of this type, under this content policy. Nobody keeps it, and no other page embeds it.
pub(crate) fn response(
    status: StatusCode,
    kind: &str,
    policy: &str,
    body: impl Into<Body>,
) -> Response {
    let built = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header("cross-origin-resource-policy", "same-origin")
        .body(body.into());
    // Fails for a header that is none, which these are not.
    built.unwrap_or_default()
}
