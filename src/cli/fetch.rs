//! `gatefold data fetch`: gets a corpus from its home, or says that it is there.

use anyhow::Result;
use gatefold::data::{Corpus, RemoteFile};

use super::args::FetchArgs;
use super::screen::grouped;

/// Fetches the corpus into the cache folder.
#[cfg(feature = "download")]
pub fn run(args: &FetchArgs, quiet: bool) -> Result<()> {
    use std::path::Path;
    use std::time::Duration;

    use gatefold::data::{FetchOptions, fetch};
    use serde::Serialize;

    use super::download_progress::DownloadProgress;
    use super::interrupt;
    use super::screen::{Output, field};

    #[derive(Serialize)]
    struct FetchedLine<'a> {
        corpus: &'a str,
        path: &'a Path,
        url: &'a str,
        bytes: u64,
        sha256: &'a str,
        already_there: bool,
        resumed_from: u64,
    }

    let output = Output {
        json: args.json,
        quiet,
    };
    let remote = remote(args)?;
    let path = args.corpus.path()?;
    let options = FetchOptions {
        timeout: Duration::from_secs(args.timeout),
        retries: args.retries,
        force: args.force,
    };
    interrupt::end_at_once(
        output,
        "Interrupted. What has come is kept, and the same command goes on from there.",
    )?;
    let mut progress = DownloadProgress::new(output, &args.corpus, &remote)?;
    let fetched = fetch(&remote, &path, &options, &mut |event| progress.event(event))?;
    drop(progress);

    let state = if fetched.already_there {
        "is there already"
    } else {
        "fetched"
    };
    output.result(&field(
        args.corpus.name,
        &format!(
            "{state}: {}, {} bytes with the right SHA-256; --data {} takes it",
            path.display(),
            grouped(fetched.bytes as usize),
            args.corpus.name
        ),
    ))?;
    output.event(
        "fetched",
        &FetchedLine {
            corpus: args.corpus.name,
            path: &path,
            url: remote.url(),
            bytes: fetched.bytes,
            sha256: remote.sha256(),
            already_there: fetched.already_there,
            resumed_from: fetched.resumed_from,
        },
    )
}

/// Says how to do without a program that can download.
#[cfg(not(feature = "download"))]
pub fn run(args: &FetchArgs, _quiet: bool) -> Result<()> {
    let remote = remote(args)?;
    Err(gatefold::Error::Data(format!(
        "this gatefold was built without the feature `download`; build it with that, or download {} \
         yourself ({}SHA-256 {}) and keep it as {}, where --data {} finds it",
        remote.url(),
        remote
            .size()
            .map(|size| format!("{} bytes, ", grouped(size as usize)))
            .unwrap_or_default(),
        remote.sha256(),
        args.corpus.path()?.display(),
        args.corpus.name
    ))
    .into())
}

/// What to ask for: the corpus, with what the options say otherwise.
fn remote(args: &FetchArgs) -> Result<RemoteFile> {
    let mut remote = Corpus::remote(&args.corpus);
    if let Some(url) = &args.url {
        remote = remote.at(url)?;
    }
    if let Some(sha256) = &args.sha256 {
        remote = remote.with_content(sha256, args.size)?;
    }
    Ok(remote)
}
