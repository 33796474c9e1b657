//! How a run is shown as it goes.

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The folder of a run or of a comparison
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
    /// Show the run as a page on this port of 127.0.0.1; 0 takes a free one
    ///
    /// ADDRESS:PORT makes it reachable from elsewhere, 0.0.0.0:8080 say from all who reach this machine.
    /// The page can be looked at, and nothing else.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = parse_address)]
    pub serve: Option<SocketAddr>,
}

/// Reads `8080` as a port of this machine alone, else an IP address and a port.
#[cfg(feature = "serve")]
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse()
        .map_err(|_| "give a port, 8080 say, or an IP address and a port, 0.0.0.0:8080 say".into())
}
