//! How a run is shown as it goes.

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The folder of a run, a comparison or a sweep; or a folder above several, to list all runs in it
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
    /// Show the run in a browser, at http://127.0.0.1:PORT/; port 0 takes a free one
    ///
    /// Only this machine can open the page. To let others open it, put an address before the port: with 0.0.0.0:8080,
    /// everyone who can reach this machine can look. Nobody can change anything.
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
