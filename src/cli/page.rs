//! `--serve`: a run as a page.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use gatefold::watch::Page;

use super::screen::Output;

/// Serves the run in `folder` and tells where.
pub fn open(folder: &Path, address: SocketAddr, output: Output) -> Result<Page> {
    let page = Page::serve(folder, address)?;
    output.field("Page", &page.url());
    if !address.ip().is_loopback() {
        output.field("Note", "all who reach this address can look at the page");
    }
    Ok(page)
}
