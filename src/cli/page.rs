//! `--serve`: a run as a page.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use gatefold::watch::Page;

use super::screen::Output;

/// Serves the run in `folder` and tells where.
pub fn open(folder: &Path, address: SocketAddr, output: Output) -> Result<Page> {
    told(Page::serve(folder, address)?, address, output)
}

/// Serves all runs below `folder` and tells where.
pub fn open_list(folder: &Path, address: SocketAddr, output: Output) -> Result<Page> {
    told(Page::serve_list(folder, address)?, address, output)
}

fn told(page: Page, address: SocketAddr, output: Output) -> Result<Page> {
    output.field("Page", &page.url());
    if !address.ip().is_loopback() {
        output.field("Note", "all who reach this address can look at the page");
    }
    Ok(page)
}
