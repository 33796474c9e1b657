//! How a run is shown as it goes.

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The folder of a run, a comparison or a sweep
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The page that shows a run as it goes.
#[cfg(feature = "serve")]
#[derive(Debug, Clone, Copy, Args)]
pub struct ServeArgs {
    /// Serve a page that shows the run, at this port of 127.0.0.1; 0 picks a free port
    ///
    /// With an address before the port, other machines can reach the page: 0.0.0.0:8080 lets everyone who reaches this
    /// machine see it. Visitors can look at the page, but change nothing.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = parse_address)]
    pub serve: Option<SocketAddr>,
}

/// Reads `8080` as a port of this machine alone, else an IP address and a port.
#[cfg(feature = "serve")]
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse()
        .map_err(|_| "give a port, 8080 say, or an IP address and a port, 0.0.0.0:8080 say".into())
}
